"""A schedule by name: turns or shifts, and the overrides that stand above them. Pure: the moment is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.roster import Duty
from bot.domain.rotation import Turn, Turns
from bot.domain.shifts import Shift


@dataclass(frozen=True, slots=True)
class Rota:
    """Who is on call by `turns`, but for `overrides`, whose people are on call instead; of those that overlap the one
    that is listed later wins.

    `kind`, "rotation" or "calendar", and `zone` are for telling people.
    """

    name: str
    kind: str
    turns: Turns
    zone: ZoneInfo
    overrides: tuple[Shift, ...] = ()

    def duty(self, at: datetime) -> Duty:
        """Who is on call at that moment."""
        turn = self._turn(at)
        until = "" if turn.until is None else f", until {turn.until.astimezone(self.zone):%a %Y-%m-%d %H:%M}"
        return Duty(turn.who, f"{'' if turn.who else 'nobody: '}{turn.what}{until}", turn.until)

    def _turn(self, at: datetime) -> Turn:
        last = max((index for index, one in enumerate(self.overrides) if one.holds(at)), default=-1)
        if last < 0:
            return self._cut(self.turns.turn(at), 0, at)
        found = self.overrides[last]
        return self._cut(Turn(found.who, f"override of {self.kind} {self.name}", found.ends_at), last + 1, at)

    def _cut(self, turn: Turn, first: int, at: datetime) -> Turn:
        """It ends where one of the overrides from `first` on begins."""
        begins = (one.starts_at for one in self.overrides[first:] if one.starts_at > at and one.ends_at > one.starts_at)
        ends = min(filter(None, [turn.until, *begins]), default=None)
        return Turn(turn.who, turn.what, ends)

"""Shifts: those that a calendar has, and overrides. Pure: the moment is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.rotation import Turn


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody (an id in the channel) is on call from a moment until another, both UTC, the second one excluded."""

    who: str
    starts_at: datetime
    ends_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it goes on at that moment."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Shifts:
    """All shifts of one calendar, as far as they are known: until `known_until` (None: it was never read).

    Of shifts that overlap the one that began last wins, so that a short one entered into a long one takes its place;
    of those that began together the shorter one, then the first by id. `names`: people by id, as the calendar has them.
    """

    name: str
    shifts: tuple[Shift, ...] = ()
    known_until: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def what(self) -> str:
        """ "calendar support"."""
        return f"calendar {self.name}"

    def turn(self, at: datetime) -> Turn:
        """Whose shift it is at that moment."""
        begins = min((one.starts_at for one in self.shifts if one.starts_at > at), default=None)
        current = sorted((one for one in self.shifts if one.holds(at)), key=_precedence)
        if current:
            first, *others = current
            ends = first.ends_at if begins is None else min(first.ends_at, begins)
            return Turn(first.who, f"{self.what}: {self._told(first, others)}", ends)
        return Turn("", self._why_nobody(at), begins)

    def _told(self, first: Shift, others: list[Shift]) -> str:
        over = [self._name(one) for one in others if one.who != first.who]
        return f"{self._name(first)}'s shift{f', which began after that of {over[0]}' if over else ''}"

    def _name(self, shift: Shift) -> str:
        return self.names.get(shift.who, shift.who)

    def _why_nobody(self, at: datetime) -> str:
        if self.known_until is None:
            return f"{self.what} was never read"
        return f"{self.what} has no shift" if at < self.known_until else f"{self.what} is not read so far ahead"


def _precedence(shift: Shift) -> tuple[float, datetime, str]:
    return -shift.starts_at.timestamp(), shift.ends_at, shift.who

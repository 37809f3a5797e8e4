"""People who take turns, day by day or week by week. Pure: the moment is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.domain.wall_clock import first_shown

_ONE_DAY = timedelta(days=1)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is ("": nobody's), what says so, and until when (UTC; None: for good)."""

    who: str
    what: str
    until: datetime | None


class Turns(Protocol):
    """Something that says whose turn it is when."""

    def turn(self, at: datetime) -> Turn:
        """Whose turn it is at that moment."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """`people` (ids) in order, over and over; the first begins on the day `start`. Nobody is on call before that.

    They hand over when clocks in `zone` first show `handover`, or, where they skip that, when they jump: each day, or
    on one `weekday` (0 = Monday) of each week. A start on another day makes the first turn shorter than a week.
    """

    name: str
    people: tuple[str, ...]
    start: date
    handover: time
    zone: ZoneInfo
    weekday: int | None = None

    @property
    def what(self) -> str:
        """ "weekly rotation support"."""
        return f"{'daily' if self.weekday is None else 'weekly'} rotation {self.name}"

    def turn(self, at: datetime) -> Turn:
        """Whose turn it is at that moment."""
        index = self._index(at)
        if index < 0:
            return Turn("", f"{self.what} has not begun", self.begins(0))
        return Turn(self.people[index % len(self.people)], self.what, self.begins(index + 1))

    def begins(self, index: int) -> datetime:
        """When (UTC) the `index`-th turn begins, counted from 0."""
        return first_shown(self._day(index), self.handover, self.zone)

    def _index(self, at: datetime) -> int:
        """The last turn that has begun, -1 for none."""
        # clocks that were put back past midnight show a day again of which the hand-over is over
        index = self._last_until(at.astimezone(self.zone).date() + _ONE_DAY)
        while index >= 0 and self.begins(index) > at:
            index -= 1
        return index

    def _day(self, index: int) -> date:
        if self.weekday is None:
            return self.start + index * _ONE_DAY
        return self.start if index == 0 else self._first_change + (index - 1) * _WEEK * _ONE_DAY

    def _last_until(self, day: date) -> int:
        """The last turn that begins on a day or before."""
        if day < self.start:
            return -1
        if self.weekday is None:
            return (day - self.start).days
        return 0 if day < self._first_change else 1 + (day - self._first_change).days // _WEEK

    @property
    def _first_change(self) -> date:
        """The first day after `start` on which a week's turn ends."""
        assert self.weekday is not None
        return self.start + ((self.weekday - self.start.weekday() - 1) % _WEEK + 1) * _ONE_DAY

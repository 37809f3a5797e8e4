"""What the services need for who is on call: the calendars outside, and the rows of what was read in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.shifts import Shift


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar holds: its shifts, and sentences about what in it could not be understood."""

    shifts: tuple[Shift, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarState:
    """How reading a calendar goes (moments UTC). `error` of the last try; `told_at`: since when the channel knows."""

    schedule: str
    read_at: datetime | None
    tried_at: datetime | None
    error: str
    told_at: datetime | None


class Calendar(Protocol):
    """A calendar somewhere."""

    def read(self, start: datetime, end: datetime) -> Reading:
        """Its shifts that touch a span of time (UTC). Raises Retriable or Refused."""


class OnCallTransaction(Protocol):
    """The part of a transaction that remembers what calendars hold."""

    def replace_shifts(self, schedule: str, shifts: Sequence[Shift], error: str) -> None:
        """Its calendar was read and holds these; `error`: what in it was not understood, or nothing."""

    def calendar_failed(self, schedule: str, error: str) -> None:
        """Its calendar was tried and not read; what was read before holds on."""

    def told_of_calendar(self, schedule: str, told_at: datetime | None) -> None:
        """Since when the channel knows that it cannot be read; None: it can."""

    def shifts(self) -> dict[str, list[Shift]]:
        """All that is known, by schedule, in the order in which they begin."""

    def calendars(self) -> list[CalendarState]:
        """How reading goes, of each calendar that was ever tried."""

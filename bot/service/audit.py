"""Asks how amends does, and judges it; asked often, it looks once a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.health import Expected, Finding, Health, Severity, Vitals, judge
from bot.errors import AmendsError
from bot.service.ports import Clock

FRESH = timedelta(seconds=1)
"""What was found is believed for so long, so that nobody who asks often burdens the database."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was seen, when (UTC), and what is wrong."""

    at: datetime
    health: Health
    vitals: Vitals


class Auditor:
    """May be asked by several threads at once: one looks, the others get what it found."""

    def __init__(self, look: Callable[[datetime], Vitals], expected: Expected, clock: Clock) -> None:
        """Nothing is looked at yet. `look` may raise what the database raises."""
        self._look, self._expected, self._clock = look, expected, clock
        self._trouble = ""
        self._one_at_a_time = threading.Lock()
        self._found: Audit | None = None

    def tick_failed(self, why: str) -> None:
        """Why the last tick failed, "" when it went well: with a database that is full nobody else can know it."""
        self._trouble = why

    def health(self) -> Health:
        """Never raises: a database that cannot be read is a finding like others."""
        return self.audit().health

    def audit(self) -> Audit:
        """The same, with what it was judged from."""
        with self._one_at_a_time:
            now = self._clock.now()
            if self._found is None or not timedelta() <= now - self._found.at < FRESH:
                self._found = self._judged(now)
            return self._found

    def _judged(self, now: datetime) -> Audit:
        try:
            seen = self._look(now)
        except AmendsError as problem:
            said = f"The database cannot be read: {problem}"
            return Audit(now, Health((Finding("database", Severity.UNHEALTHY, said),)), Vitals())
        return Audit(now, judge(seen, self._expected, now, self._trouble), seen)

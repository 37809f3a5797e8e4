"""What calendars of people on call hold, and how reading them goes, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bot.domain.shifts import Shift
from bot.service.oncall_ports import CalendarState
from bot.store import tables as t


class ShiftRows:
    """The part of a transaction that remembers who is on call."""

    connection: Connection
    now: datetime

    def replace_shifts(self, schedule: str, shifts: Sequence[Shift], error: str) -> None:
        """Its calendar was read and holds these; `error`: what in it was not understood, or nothing."""
        self.connection.execute(delete(t.shift).where(t.shift.c.schedule == schedule))
        rows = [
            {"schedule": schedule, "who": one.who, "starts_at": one.starts_at, "ends_at": one.ends_at} for one in shifts
        ]
        if rows:
            self.connection.execute(insert(t.shift), rows)
        self._note(schedule, read_at=self.now, tried_at=self.now, error=error)

    def calendar_failed(self, schedule: str, error: str) -> None:
        """Its calendar was tried and not read; what was read before holds on."""
        self._note(schedule, tried_at=self.now, error=error)

    def told_of_calendar(self, schedule: str, told_at: datetime | None) -> None:
        """Since when the channel knows that it cannot be read; None: it can."""
        c = t.calendar.c
        self.connection.execute(update(t.calendar).where(c.schedule == schedule).values(told_at=told_at))

    def shifts(self) -> dict[str, list[Shift]]:
        """All that is known, by schedule, in the order in which they begin."""
        return shifts_known(self.connection)

    def calendars(self) -> list[CalendarState]:
        """How reading goes, of each calendar that was ever tried."""
        return calendar_states(self.connection)

    def _note(self, schedule: str, **values: Any) -> None:
        here = t.calendar.c.schedule == schedule
        if not self.connection.execute(update(t.calendar).where(here).values(**values)).rowcount:
            self.connection.execute(insert(t.calendar).values(schedule=schedule, **values))


def shifts_known(connection: Connection) -> dict[str, list[Shift]]:
    """All shifts by schedule, in the order in which they begin."""
    c = t.shift.c
    found: dict[str, list[Shift]] = {}
    for row in connection.execute(select(t.shift).order_by(c.schedule, c.starts_at, c.ends_at, c.who)):
        found.setdefault(row.schedule, []).append(Shift(row.who, row.starts_at, row.ends_at))
    return found


def calendar_states(connection: Connection) -> list[CalendarState]:
    """How reading goes, of each calendar that was ever tried."""
    rows = connection.execute(select(t.calendar).order_by(t.calendar.c.schedule))
    return [CalendarState(row.schedule, row.read_at, row.tried_at, row.error, row.told_at) for row in rows]

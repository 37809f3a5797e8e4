"""When each working part of amends last did its work, as rows: written by the part itself, read by whoever audits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.domain.health import Pulse
from bot.store import tables as t

# Made once: one of these is a part of every tick.
_GOOD = update(t.pulse).where(t.pulse.c.name == bindparam("part")).values(good_at=bindparam("at"), error="")


class PulseRows:
    """The part of a transaction that deals with pulses."""

    connection: Connection
    now: datetime

    def pulse(self, name: str) -> None:
        """One statement, but for the first time."""
        if not self.connection.execute(_GOOD, {"part": name, "at": self.now}).rowcount:
            self._first_pulse(name, good_at=self.now, error="")

    def begin_pulse(self, name: str) -> None:
        """From now on it is under way."""
        self._set_pulse(name, begun_at=self.now, error="")

    def bad_pulse(self, name: str, error: str) -> None:
        """When it went well last stays."""
        self._set_pulse(name, error=error)

    def pulses(self) -> dict[str, Pulse]:
        """How each part does, by name."""
        return pulses(self.connection)

    def said_under(self, key: str) -> bool | None:
        """By the row of the outbox with that key."""
        state = self.connection.execute(select(t.outbox.c.state).where(t.outbox.c.key == key)).scalar()
        return None if state in (None, "dead", "withdrawn") else state == "sent"

    def _set_pulse(self, name: str, **values: Any) -> None:
        if not self.connection.execute(update(t.pulse).where(t.pulse.c.name == name).values(**values)).rowcount:
            self._first_pulse(name, **values)

    def _first_pulse(self, name: str, **values: Any) -> None:
        self.connection.execute(insert(t.pulse).values(**({"name": name, "begun_at": self.now} | values)))


def pulses(connection: Connection) -> dict[str, Pulse]:
    """All of them, by name."""
    rows = connection.execute(select(t.pulse.c.name, t.pulse.c.begun_at, t.pulse.c.good_at, t.pulse.c.error))
    return {row.name: Pulse(row.begun_at, row.good_at, row.error) for row in rows}

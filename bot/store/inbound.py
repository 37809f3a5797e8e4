"""What Slack tells us, as rows: kept before it is acknowledged, worked off once, its key remembered for days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.service.ports import InboundRow, Kind, Received, RowId
from bot.store import tables as t

# Made once: to put it together takes longer than to carry it out.
_KEEP = {
    name: dialect.insert(t.inbound).on_conflict_do_nothing().returning(t.inbound.c.id)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


class InboundRows:
    """The part of a transaction that deals with what comes from Slack."""

    connection: Connection
    now: datetime

    def once(self, told: Received) -> bool:
        """Only the key: there is nothing left to work off."""
        return self._insert_inbound([told], with_payload=False) == 1

    def receive(self, told: Sequence[Received]) -> int:
        """What was told before is passed over by its key."""
        return self._insert_inbound(told, with_payload=True) if told else 0

    def _insert_inbound(self, told: Sequence[Received], *, with_payload: bool) -> int:
        rows = [
            {"key": one.key, "kind": one.kind.value, "payload": one.payload if with_payload else None,
             "at": self.now, "not_before": self.now, "tries": 0, "error": ""}
            for one in told
        ]  # fmt: skip
        return len(self.connection.execute(_KEEP[self.connection.dialect.name], rows).all())

    def inbound(self, limit: int) -> list[InboundRow]:
        """In the order in which it came; what failed waits a little, and what came after it does not."""
        i = t.inbound.c
        rows = self.connection.execute(
            select(t.inbound)
            .where(i.payload.is_not(None), i.failed_at.is_(None), i.not_before <= self.now)
            .order_by(i.id)
            .limit(limit)
        )
        return [InboundRow(RowId(row.id), Kind(row.kind), row.payload, row.at, row.tries) for row in rows]

    def worked_off(self, row: RowId) -> bool:
        """The words go, the key stays."""
        i = t.inbound.c
        done = self.connection.execute(
            update(t.inbound).where(i.id == row, i.payload.is_not(None)).values(payload=null(), error="")
        )
        return done.rowcount == 1

    def inbound_waits(self, row: RowId, until: datetime, error: str) -> None:
        """It did nothing wrong."""
        self.connection.execute(update(t.inbound).where(t.inbound.c.id == row).values(not_before=until, error=error))

    def inbound_failed(self, row: RowId, again_at: datetime | None, error: str) -> None:
        """With a time it is tried again; without one it stays as it came, for whoever looks after it."""
        values: dict[str, Any] = {"error": error, "tries": t.inbound.c.tries + 1}
        values |= {"not_before": again_at} if again_at is not None else {"failed_at": self.now}
        self.connection.execute(update(t.inbound).where(t.inbound.c.id == row).values(**values))

    def forget_inbound(self, before: datetime) -> int:
        """Slack tells nothing again after so long."""
        i = t.inbound.c
        return int(self.connection.execute(delete(t.inbound).where(i.at < before, i.payload.is_(None))).rowcount)

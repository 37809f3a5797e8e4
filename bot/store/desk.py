"""What people see of their work: short lists of open cases, and the numbers of a week. Nothing is changed by it."""

from __future__ import annotations

from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from bot.domain.message import Direction
from bot.store import tables as t
from bot.store.listing import case_as_json, one_case
from bot.store.reviews import open_reviews

_OPEN = t.case.c.next_due_at.is_not(None)


class DeskRows:
    """The part of a transaction that people look at."""

    connection: Connection
    now: datetime

    def open_cases(self, limit: int, *, by: str = "", overdue_at: datetime | None = None) -> list[dict[str, Any]]:
        """Cases in which something is owed, what is due first on top; `by` whom they are taken, by id or name."""
        c, m = t.case.c, t.message.c
        rows = self.connection.execute(
            select(t.case)
            .where(_OPEN, *_taken_by(by), *_overdue(overdue_at))
            .order_by(c.next_due_at, c.id)
            .limit(limit)
        ).all()
        written = select(m.thread_id, func.count()).where(
            m.thread_id.in_([row.thread_id for row in rows]), m.direction == Direction.FROM_CUSTOMER.value
        )
        counts = {row[0]: row[1] for row in self.connection.execute(written.group_by(m.thread_id))}
        return [case_as_json(row, counts.get(row.thread_id, 0)) for row in rows]

    def count_open(self, *, by: str = "", overdue_at: datetime | None = None) -> int:
        """How many of those there are."""
        wanted = select(func.count()).select_from(t.case).where(_OPEN, *_taken_by(by), *_overdue(overdue_at))
        return int(self.connection.execute(wanted).scalar_one())

    def week(self, since: datetime) -> dict[str, Any]:
        """What happened since then: cases opened, answered, dismissed, and how long first answers took (seconds)."""
        c = t.case.c
        opened = self.connection.execute(
            select(func.count()).select_from(t.case).where(c.opened_at >= since)
        ).scalar_one()
        answered = self.connection.execute(select(c.waiting_since, c.answered_at).where(c.answered_at >= since)).all()
        e = t.event.c
        ended = self.connection.execute(
            select(e.to_state, func.count(func.distinct(e.case_id)))
            .where(e.at >= since, e.to_state.in_(("closed", "dismissed")), e.from_state != e.to_state)
            .group_by(e.to_state)
        )
        counts = {row[0]: int(row[1]) for row in ended}
        took = [(row.answered_at - row.waiting_since).total_seconds() for row in answered]
        return {
            "opened": int(opened), "answered": len(answered), "closed": counts.get("closed", 0),
            "dismissed": counts.get("dismissed", 0), "first_answer_seconds": median(took) if took else None,
        }  # fmt: skip

    def story(self, case: int) -> dict[str, Any] | None:
        """All of one case."""
        return one_case(self.connection, case)

    def reviews(self) -> list[dict[str, Any]]:
        """What is listed and not answered."""
        return open_reviews(self.connection)


def _taken_by(by: str) -> list[ColumnElement[bool]]:
    """Somebody in Slack is known by the id behind the name, others by the name that they gave."""
    claimed = t.case.c.claimed_by
    return [(claimed == by) | claimed.endswith(f"({by})", autoescape=True)] if by else []


def _overdue(at: datetime | None) -> list[ColumnElement[bool]]:
    """The customer has waited for longer than is fair: a rung fired and nobody took it, or a claim lapsed."""
    c = t.case.c
    if at is None:
        return []
    waits = c.state == "suspected"
    return [(waits & (c.rung > 0)) | (waits & (c.loop > 0)) | c.exhausted | (c.next_due_at <= at)]

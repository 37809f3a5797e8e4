"""The facts of a case's story, read at one go and without changing anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.domain.alert import Reason
from bot.domain.message import Direction, Medium
from bot.domain.story_facts import Facts, Read, Told
from bot.store import tables as t
from bot.store.cases import case_from_row, entry_from_row
from bot.store.messages import verdict_from_json


def story_facts(connection: Connection, case_id: int) -> Facts | None:
    """All that is known of a case; None when there is none."""
    row = connection.execute(select(t.case).where(t.case.c.id == case_id)).one_or_none()
    if row is None:
        return None
    m, e, o = t.message.c, t.event.c, t.outbox.c
    messages = connection.execute(select(t.message).where(m.thread_id == row.thread_id).order_by(m.seen_at, m.id))
    events = connection.execute(select(t.event).where(e.case_id == case_id).order_by(e.id))
    said = connection.execute(select(t.outbox).where(o.case_id == case_id).order_by(o.id))
    return Facts(
        case_from_row(row),
        tuple(_read(one, opened=one.id == row.message_id) for one in messages),
        tuple((entry_from_row(one), _due(one)) for one in events),
        tuple(_told(one) for one in said),
    )


def _read(row: Row[Any], *, opened: bool) -> Read:
    return Read(
        row.seen_at, row.received_at, row.sender_name or row.sender_address, Direction(row.direction),
        Medium(row.medium), row.subject, row.new_text, verdict_from_json(row.verdict) if row.verdict else None,
        opened, row.is_history, row.held_for is not None, row.retracted_at,
    )  # fmt: skip


def _due(event: Row[Any]) -> datetime | None:
    """The team's next deadline as it was from then on; an older amends did not write it down."""
    due = event.after.get("step_due_at") if event.after else None
    return datetime.fromisoformat(due) if due else None


def _told(row: Row[Any]) -> Told:
    return Told(
        Reason(row.reason), row.queued_at, row.state, row.loop, row.rung, row.mention, row.how,
        timedelta(seconds=row.late_seconds) if row.late_seconds is not None else None, row.deferred_until,
        row.sent_at, row.carried_by is not None, row.error,
    )  # fmt: skip

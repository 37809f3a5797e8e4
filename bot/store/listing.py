"""What people look at: cases as plain dicts of JSON types, read without changing anything."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, select

from bot.domain.message import Direction
from bot.store import tables as t


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None


def _from_customer(connection: Connection) -> dict[int, int]:
    m = t.message.c
    counted = (
        select(m.thread_id, func.count())
        .where(m.direction == Direction.FROM_CUSTOMER.value)
        .where(m.thread_id.in_(select(t.case.c.thread_id)))
        .group_by(m.thread_id)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}


def case_as_json(row: Row[Any], messages: int) -> dict[str, Any]:
    """A case as plain JSON; how many messages its customer wrote."""
    return {
        "id": row.id, "state": row.state, "labels": row.labels, "reason": row.reason,
        "customer": row.customer_name or row.customer_address, "opened_at": _iso(row.opened_at),
        "next_due_at": _iso(row.next_due_at), "messages": messages, "severity": row.severity,
        "claimed_by": row.claimed_by, "exhausted": row.exhausted,
    }  # fmt: skip


def cases(connection: Connection) -> list[dict[str, Any]]:
    """Every case, what is due first on top, ended ones last."""
    counts = _from_customer(connection)
    c = t.case.c
    rows = connection.execute(select(t.case).order_by(c.next_due_at.is_(None), c.next_due_at, c.id))
    return [case_as_json(row, counts.get(row.thread_id, 0)) for row in rows]


def one_case(connection: Connection, case_id: int) -> dict[str, Any] | None:
    """A case with its messages, its log and what was said about it; None when there is none."""
    row = connection.execute(select(t.case).where(t.case.c.id == case_id)).one_or_none()
    if row is None:
        return None
    m, e, o = t.message.c, t.event.c, t.outbox.c
    messages = connection.execute(select(t.message).where(m.thread_id == row.thread_id).order_by(m.received_at, m.id))
    events = connection.execute(select(t.event).where(e.case_id == case_id).order_by(e.id))
    said = connection.execute(select(t.outbox).where(o.case_id == case_id).order_by(o.id))
    story = [
        {"at": _iso(x.received_at), "from": x.sender_name or x.sender_address, "direction": x.direction,
         "subject": x.subject, "text": x.new_text, "verdict": x.verdict}
        for x in messages
    ]  # fmt: skip
    customers = sum(x["direction"] == Direction.FROM_CUSTOMER.value for x in story)
    return case_as_json(row, customers) | {
        "waiting_since": _iso(row.waiting_since),
        "thread": story,
        "log": [
            {"at": _iso(x.at), "who": x.who, "whence": x.whence, "what": x.what, "from": x.from_state,
             "to": x.to_state, "note": x.note}
            for x in events
        ],
        "alerts": [
            {"key": x.key, "reason": x.reason, "notify": x.notify, "state": x.state, "queued_at": _iso(x.queued_at),
             "sent_at": _iso(x.sent_at), "error": x.error}
            for x in said
        ],
    }  # fmt: skip


def case_of_message(connection: Connection, rfc_id: str) -> int | None:
    """The case of the thread that holds a Message-ID."""
    thread = select(t.message.c.thread_id).where(t.message.c.rfc_id == rfc_id)
    found: int | None = connection.execute(select(t.case.c.id).where(t.case.c.thread_id.in_(thread))).scalar()
    return found


def tally(connection: Connection) -> dict[str, int]:
    """Counts for a summary: what was read, what it became, what was said."""

    def count(table: Any, *conditions: Any) -> int:
        return int(connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())

    e, o = t.event.c, t.outbox.c
    rows = [row.labels for row in connection.execute(select(t.case.c.labels))]
    escalated = select(o.case_id).where(o.reason == "still_unanswered", o.state == "sent").distinct().subquery()
    return {
        "messages": count(t.message),
        "quarantined": count(t.quarantine),
        "cases": len(rows),
        "mistakes": sum("mistake" in labels for labels in rows),
        "ignored": sum("ignored" in labels for labels in rows),
        "staff_reports": count(t.case, t.case.c.reason == "staff_report"),
        "escalated": count(escalated),
        "exhausted": count(t.case, t.case.c.exhausted),
        "answered": count(t.case, t.case.c.answered_at.is_not(None)),
        "dismissed": count(t.case, t.case.c.state == "dismissed"),
        "closed": count(t.case, t.case.c.state == "closed"),
        "alerts_sent": count(t.outbox, o.state == "sent"),
        "log_entries": count(t.event, e.id.is_not(None)),
    }

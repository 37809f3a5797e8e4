"""How amends does, read from the rows in a few queries that all go by an index: cheap however many cases are open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from bot.domain.case import State
from bot.domain.health import CANARY, RECENT, UNSAID, Vitals
from bot.domain.watching import Watched
from bot.service.rows import NOT_WANTED
from bot.store import tables as t
from bot.store.pulses import pulses

# Of what is due nobody needs to know more exactly than this.
_MOST_DUE = 1_000
_OPEN = tuple(state.value for state in State if not state.resolved)
_UNSENT = ("pending", "carried", "sending", "unknown")
# Whether rungs come late shows in what was queued last.
_LATEST = 500
# A clock that was put right shows in the log for so many entries.
_LAST_ENTRIES = 100


def vitals(connection: Connection, now: datetime) -> Vitals:
    """What an audit judges."""
    due, due_since = _due(connection, now)
    told_since, told_failed = _told(connection, now)
    return Vitals(
        pulses=pulses(connection), due=due, due_since=due_since, unsent=_unsent(connection),
        unsaid_since=_unsaid_since(connection, now), dead=_dead(connection, now), in_doubt=_in_doubt(connection, now),
        folders=_folders(connection), told_since=told_since, told_failed=told_failed, calendars=_calendars(connection),
        quarantined=_count(connection, t.quarantine, t.quarantine.c.ended_at.is_(None)),
        canary_due_at=_one(connection, select(t.chore.c.due_at).where(t.chore.c.name == CANARY)),
        logged_at=_logged_at(connection),
    )  # fmt: skip


def open_by_state(connection: Connection) -> dict[str, int]:
    """How many cases are in each state in which something is owed; those that nobody has taken count as exhausted."""
    c = t.case.c
    owed = select(c.state, c.exhausted, func.count()).where(c.state.in_(_OPEN))
    counts: dict[str, int] = {}
    for state, is_exhausted, count in connection.execute(owed.group_by(c.state, c.exhausted)):
        counts[state] = counts.get(state, 0) + count
        if is_exhausted:
            counts["exhausted"] = counts.get("exhausted", 0) + count
    return counts


def next_due(connection: Connection) -> datetime | None:
    """The earliest deadline there is, of a case or of a question."""
    found = [_one(connection, select(func.min(column))) for column in (t.case.c.next_due_at, t.thread.c.answer_due_at)]
    return min((moment for moment in found if moment is not None), default=None)


def lateness(connection: Connection) -> float:
    """By how many seconds the latest of the last rungs was late; 0.0 if none was."""
    latest = select(t.outbox.c.late_seconds).order_by(t.outbox.c.id.desc()).limit(_LATEST).subquery()
    return float(connection.execute(select(func.max(latest.c.late_seconds))).scalar() or 0.0)


def _due(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    count, since = 0, list[datetime]()
    for column in (t.case.c.next_due_at, t.thread.c.answer_due_at):
        first = select(column.label("at")).where(column <= now).order_by(column).limit(_MOST_DUE).subquery()
        found, oldest = connection.execute(select(func.count(), func.min(first.c.at))).one()
        count += found
        since += [oldest] if oldest is not None else []
    return count, min(since, default=None)


def _unsent(connection: Connection) -> dict[str, int]:
    state = t.outbox.c.state
    return {row[0]: row[1] for row in connection.execute(
        select(state, func.count()).where(state.in_(_UNSENT)).group_by(state)
    )}  # fmt: skip


def _unsaid_since(connection: Connection, now: datetime) -> datetime | None:
    """What was put off on purpose and never tried counts from the moment it was put off to.

    A row that was tried in vain counts from when it was queued, however far its next try was put off.
    """
    o = t.outbox.c
    waits = o.state.in_(("pending", "sending", "unknown")) & ((o.attempts > 0) | (o.not_before <= now))
    since = func.min(func.coalesce(o.deferred_until, o.queued_at), type_=t.Utc)
    return _one(connection, select(since).where(waits))


def _dead(connection: Connection, now: datetime) -> int:
    o = t.outbox.c
    return _count(connection, t.outbox, (o.state == "dead") & (o.not_before >= now - RECENT) & (o.error != NOT_WANTED))


def _in_doubt(connection: Connection, now: datetime) -> int:
    o = t.outbox.c
    return _count(connection, t.outbox, o.state.in_(("sending", "unknown")) & (o.look_up_at < now - UNSAID))


def _folders(connection: Connection) -> tuple[Watched, ...]:
    rows = connection.execute(select(t.watch).order_by(t.watch.c.account, t.watch.c.folder))
    return tuple(
        Watched(row.account, row.folder, row.begun_at, row.good_at, row.error, row.told_at is not None) for row in rows
    )


def _told(connection: Connection, now: datetime) -> tuple[datetime | None, int]:
    i = t.inbound.c
    waiting = select(i.at).where(i.payload.is_not(None), i.failed_at.is_(None)).order_by(i.id).limit(1)
    failed = _count(connection, t.inbound, (i.at >= now - RECENT) & i.failed_at.is_not(None))
    return _one(connection, waiting), failed


def _calendars(connection: Connection) -> dict[str, str]:
    c = t.calendar.c
    return {row[0]: row[1] for row in connection.execute(select(c.schedule, c.error).where(c.error != ""))}


def _logged_at(connection: Connection) -> datetime | None:
    last = select(t.event.c.at).order_by(t.event.c.id.desc()).limit(_LAST_ENTRIES).subquery()
    return _one(connection, select(func.max(last.c.at, type_=t.Utc)))


def _count(connection: Connection, table: Any, condition: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())


def _one(connection: Connection, wanted: Any) -> datetime | None:
    found: datetime | None = connection.execute(wanted).scalar()
    return found

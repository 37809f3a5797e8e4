"""Cases, their log and their deadlines, as rows."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, true, update

from bot.domain.alert import CaseId, Reason
from bot.domain.case import Case, Entry, State
from bot.domain.escalation import How, Ladder, Notify, Rung
from bot.domain.hours import Delay
from bot.domain.message import Direction, Medium, MessageId, Person, ThreadId
from bot.domain.review import Stratum
from bot.domain.silence import Waiting
from bot.domain.verdict import Label
from bot.errors import LostRace
from bot.store import tables as t


def ladder_to_json(ladder: Ladder) -> dict[str, Any]:
    """The policy as it stood when the case opened."""
    return {
        "name": ladder.name,
        "reasons": sorted(ladder.reasons),
        "rungs": [
            {
                "seconds": r.after.length.total_seconds(), "working": r.after.working, "notify": r.notify.value,
                "who": r.who, "how": r.how.value,
            }
            for r in ladder.rungs
        ],
        "repeat": ladder.repeat, "severity": ladder.severity, "value": ladder.value, "media": sorted(ladder.media),
        "team": ladder.team,
    }  # fmt: skip


def ladder_from_json(raw: dict[str, Any]) -> Ladder:
    """The same policy again, whichever amends wrote it."""
    rungs = tuple(
        Rung(
            Delay(timedelta(seconds=r["seconds"]), r["working"]), Notify(r["notify"]), r.get("who", ""),
            How(r.get("how") or _how_of_old(r["notify"])),
        )
        for r in raw["rungs"]
    )  # fmt: skip
    return Ladder(
        raw["name"], rungs, frozenset(raw["reasons"]), raw.get("repeat", 0), raw.get("severity", 0),
        raw.get("value", 0.0), frozenset(raw.get("media", ())), raw.get("team", ""),
    )  # fmt: skip


def _how_of_old(notify: str) -> str:
    """Before rungs could say how they speak, whoever pinged somebody spoke to the channel."""
    return How.THREAD.value if notify == Notify.CHANNEL.value else How.CHANNEL.value


@functools.lru_cache(maxsize=256)
def ladder_from_text(text: str) -> Ladder:
    """Thousands of cases share a few policies, and reading one takes longer than all the rest of a case."""
    return ladder_from_json(json.loads(text))


def labels_to_json(labels: frozenset[Label]) -> list[str]:
    """Sorted, so that equal sets are equal text."""
    return sorted((label.value for label in labels), reverse=True)


def case_from_row(row: Row[Any]) -> Case:
    """A row of the case table as a Case."""
    return Case(
        id=CaseId(row.id), thread=ThreadId(row.thread_id), state=State(row.state), reason=Reason(row.reason),
        labels=frozenset(Label(x) for x in row.labels), severity=row.severity, confidence=row.confidence,
        customer=Person(row.customer_address, row.customer_name), opened_at=row.opened_at,
        waiting_since=row.waiting_since, clock_start=row.clock_start, ladder=ladder_from_json(row.ladder),
        next_due_at=row.next_due_at, rung=row.rung, loop=row.loop, exhausted=row.exhausted, snoozed=row.snoozed,
        claimed_by=row.claimed_by, answered_at=row.answered_at, generation=row.generation,
        step_due_at=row.step_due_at, answer_due_at=row.answer_due_at,
    )  # fmt: skip


def _changing(case: Case) -> dict[str, Any]:
    """What a change may write."""
    return {
        "state": case.state.value, "reason": case.reason.value, "labels": labels_to_json(case.labels),
        "severity": case.severity, "confidence": case.confidence, "waiting_since": case.waiting_since,
        "clock_start": case.clock_start, "next_due_at": case.next_due_at, "rung": case.rung, "loop": case.loop,
        "exhausted": case.exhausted, "snoozed": case.snoozed, "claimed_by": case.claimed_by,
        "answered_at": case.answered_at, "step_due_at": case.step_due_at, "answer_due_at": case.answer_due_at,
    }  # fmt: skip


# Made once: to put them together takes longer than to carry them out; every tick asks for what is due, and a history
# is tracked thousands of times.
_DUE_WAITS = (
    select(t.thread)
    .where(t.thread.c.answer_due_at <= bindparam("now"))
    .order_by(t.thread.c.answer_due_at, t.thread.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TRACK = (
    update(t.thread)
    .where(t.thread.c.id == bindparam("number"))
    .values(
        waiting_since=bindparam("since"), waiting_count=bindparam("count"), answer_due_at=bindparam("due_at"),
        waiting_clock=bindparam("clock"),
    )
)  # fmt: skip


def log_row(number: CaseId, entry: Entry, case: Case) -> dict[str, Any]:
    """A line of the log, with where the case stands on its ladder and what is due from then on."""
    return {
        "case_id": number, "at": entry.at, "who": entry.who, "whence": entry.whence, "what": entry.what,
        "from_state": entry.from_state.value if entry.from_state else None, "to_state": entry.to_state.value,
        "note": entry.note, "after": _after(case),
    }  # fmt: skip


def _after(case: Case) -> dict[str, Any]:
    return {
        "rung": case.rung, "loop": case.loop, "exhausted": case.exhausted, "snoozed": case.snoozed,
        "claimed_by": case.claimed_by, "next_due_at": _iso(case.next_due_at), "step_due_at": _iso(case.step_due_at),
        "answer_due_at": _iso(case.answer_due_at),
    }  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


class CaseRows:
    """The part of a transaction that deals with cases."""

    connection: Connection
    now: datetime

    def open_case(self, case: Case, entry: Entry, message: MessageId | None = None) -> CaseId:
        """Insert; what opened it is `message`, else the thread's latest customer message."""
        fixed = {
            "thread_id": case.thread, "message_id": message or latest_from_customer(self.connection, case.thread),
            "ladder": ladder_to_json(case.ladder), "opened_at": case.opened_at,
            "customer_address": case.customer.address, "customer_name": case.customer.name, "generation": 0,
        }  # fmt: skip
        made = self.connection.execute(insert(t.case).values(**fixed, **_changing(case)).returning(t.case.c.id))
        case_id = CaseId(made.scalar_one())
        self._log(case_id, entry, case)
        return case_id

    def change_case(self, case: Case, entry: Entry) -> None:
        """Compare and set on the generation; no row means that somebody else was first."""
        c = t.case.c
        changed = self.connection.execute(
            update(t.case)
            .where(c.id == case.id, c.generation == case.generation)
            .values(**_changing(case), generation=case.generation + 1)
        )
        if changed.rowcount != 1:
            raise LostRace(f"Case {case.id} was changed by somebody else at the same moment.")
        self.connection.execute(
            update(t.card).where(t.card.c.case_id == case.id).values(wanted=case.generation + 1, not_before=self.now)
        )
        self._log(case.id, entry, case)

    def _log(self, number: CaseId, entry: Entry, case: Case) -> None:
        self.connection.execute(insert(t.event).values(log_row(number, entry, case)))

    def case(self, case: CaseId) -> Case | None:
        """One case by its number."""
        row = self.connection.execute(select(t.case).where(t.case.c.id == case)).one_or_none()
        return case_from_row(row) if row is not None else None

    def due_waits(self, limit: int) -> list[tuple[Waiting, Person, Medium]]:
        """Threads whose customer waited too long, and where that customer wrote last.

        Where another process stores a message at this moment, the thread is left out: it may be the answer.
        """
        rows = self.connection.execute(_DUE_WAITS, {"now": self.now, "most": limit}).all()
        media = self._media([row.id for row in rows]) if rows else {}
        return [
            (waiting_from_row(row), Person(row.customer_address, row.customer_name), media.get(row.id, Medium.MAIL))
            for row in rows
        ]

    def _media(self, threads: Sequence[int]) -> dict[int, Medium]:
        m = t.message.c
        newest = select(func.max(m.id)).where(m.thread_id.in_(threads)).group_by(m.thread_id)
        found = self.connection.execute(select(m.thread_id, m.medium).where(m.id.in_(newest)))
        return {thread: Medium(medium) for thread, medium in found}

    def next_due(self) -> datetime | None:
        """The earliest deadline there is."""
        due = (select(func.min(t.case.c.next_due_at)), select(func.min(t.thread.c.answer_due_at)))
        moments = [self.connection.execute(each).scalar() for each in due]
        return min((m for m in moments if m is not None), default=None)

    def track(self, thread: ThreadId, waiting: Waiting | None) -> None:
        """Write or clear the waiting of a thread."""
        values: dict[str, Any] = {"since": None, "count": 0, "due_at": None, "clock": None}
        if waiting is not None:
            values = {
                "since": waiting.since, "count": waiting.count, "due_at": waiting.due_at, "clock": waiting.clock,
            }  # fmt: skip
        self.connection.execute(_TRACK, values | {"number": thread})


def entry_from_row(row: Row[Any]) -> Entry:
    """A line of the event log."""
    before = State(row.from_state) if row.from_state else None
    return Entry(row.at, row.who, row.whence, row.what, before, State(row.to_state), row.note)


def waiting_from_row(row: Row[Any]) -> Waiting:
    """The waiting columns of a thread row."""
    return Waiting(ThreadId(row.id), row.waiting_since, row.waiting_count, row.answer_due_at, row.waiting_clock)


def latest_from_customer(connection: Connection, thread: ThreadId) -> int:
    """The row of the newest message that the customer of a thread wrote.

    What was taken back comes last, and talk about what a colleague reported after what reports something.
    """
    m = t.message.c
    talk = (m.medium == Medium.WORK_CHANNEL.value) & func.coalesce(m.stratum != Stratum.ALERT.value, true())
    wanted = (m.thread_id == thread) & (m.direction == Direction.FROM_CUSTOMER.value)
    newest = (m.received_at.desc(), m.id.desc())
    found = connection.execute(select(m.id).where(wanted).order_by(m.retracted_at.is_not(None), talk, *newest).limit(1))
    return int(found.scalar_one())

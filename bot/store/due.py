"""What is due, and what comes of it, in few statements for many cases: a tick costs what is due, not what is open."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, cast, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.actions import ChangeCase
from bot.domain.alert import AlertKey, CaseId, Notice, Reason, Say, Topic
from bot.domain.case import Case, State
from bot.domain.message import Person, ThreadId
from bot.domain.verdict import Label
from bot.errors import LostRace
from bot.service.due_ports import PUSH_AHEAD
from bot.store import tables as t
from bot.store.bulk import Insert, Update, run
from bot.store.cases import ladder_from_text, log_row
from bot.store.outbox import announce, row_of

log = logging.getLogger(__name__)

_c = t.case.c
_TEXTS = {"ladder", "labels"}  # read as texts: many cases share them, and to decode each takes longer than all the rest
_READ = (
    "id", "thread_id", "state", "reason", "labels", "severity", "confidence", "customer_address", "customer_name",
    "opened_at", "waiting_since", "clock_start", "ladder", "next_due_at", "rung", "loop", "exhausted", "snoozed",
    "claimed_by", "answered_at", "generation", "step_due_at", "answer_due_at",
)  # fmt: skip
# Made once: to put a statement together takes longer than to carry it out.
_DUE: Select[Any] = (
    select(*(cast(_c[name], Text).label(name) if name in _TEXTS else _c[name] for name in _READ))
    .where(_c.next_due_at <= bindparam("now"))
    .order_by(_c.next_due_at, _c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
# PostgreSQL guesses that next to nothing is due; in a storm it would read and sort all of it for each transaction.
_IN_ORDER = "SET LOCAL enable_bitmapscan = off"
_CHANGE = Update(
    t.case,
    ("state", "clock_start", "next_due_at", "step_due_at", "answer_due_at", "rung", "loop", "exhausted", "snoozed",
     "claimed_by", "generation"),
    ("id", "generation"),
)  # fmt: skip
_LOG = Insert(t.event, ("case_id", "at", "who", "whence", "what", "from_state", "to_state", "note", "after"))
_QUEUE = Insert(
    t.outbox,
    ("key", "case_id", "reason", "opens", "notify", "who", "mention", "how", "loop", "rung", "late_seconds", "state",
     "queued_at", "not_before", "deferred_until", "attempts", "error", "twin_looks"),
    once="key",
)  # fmt: skip
_REDRAW = (
    update(t.card)
    .where(t.card.c.case_id.in_(bindparam("numbers", expanding=True)))
    .values(wanted=select(_c.generation).where(_c.id == t.card.c.case_id).scalar_subquery(), not_before=bindparam("at"))
)


class DueRows:
    """The part of a transaction that deals with what is due."""

    connection: Connection
    now: datetime

    def due_cases(self, limit: int) -> list[Case]:
        """By the index on next_due_at, the longest overdue first. What cannot be read is pushed ahead and told of."""
        if self.connection.dialect.name == "postgresql":
            self.connection.exec_driver_sql(_IN_ORDER)
        found = []
        for row in self.connection.execute(_DUE, {"now": self.now, "most": limit}).all():
            try:
                found.append(_case(row))
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
                kind = type(problem).__name__
                log.error("case %s cannot be read (%s); it is tried again in %s", row[0], kind, PUSH_AHEAD)
                self.defective(CaseId(row[0]), self.now + PUSH_AHEAD)
        return found

    def defective(self, case: CaseId, until: datetime) -> None:
        """A case that cannot be decided is looked at again then; people hear of it once a day."""
        self.connection.execute(update(t.case).where(_c.id == case).values(next_due_at=until))
        key = AlertKey(f"defective:{case}:{self.now:%Y-%m-%d}")
        lines = (f"Case {case} cannot be decided, so nobody is told when it is overdue.",)
        advice = f"Look after it by hand (`amends show {case}`); the log of amends run says what is wrong."
        announce(self.connection, self.now, Notice(key, Topic.HEALTH, "A case cannot be escalated", lines, advice))

    def defective_wait(self, thread: ThreadId, until: datetime) -> None:
        """The same for a customer who waits for an answer."""
        self.connection.execute(update(t.thread).where(t.thread.c.id == thread).values(answer_due_at=until))
        key = AlertKey(f"defective-wait:{thread}:{self.now:%Y-%m-%d}")
        lines = (f"Thread {thread}: that nobody answered it in time cannot be made a case.",)
        advice = "The log of amends run says what is wrong."
        announce(self.connection, self.now, Notice(key, Topic.HEALTH, "A question cannot be escalated", lines, advice))

    def change_cases(self, changes: Sequence[ChangeCase]) -> None:
        """All of them, with their log lines and what they say, or LostRace where one had been changed meanwhile.

        Nothing is withdrawn: time withdraws nothing.
        """
        assert not any(one.withdraw for one in changes), "time withdraws nothing"
        if not changes:
            return
        if run(self.connection, _CHANGE, [_changed(one.case) for one in changes]) != len(changes):
            raise LostRace("A case was changed by somebody else at the same moment.")
        run(self.connection, _LOG, [_logged(one) for one in changes])
        self.connection.execute(_REDRAW, {"numbers": [one.case.id for one in changes], "at": self.now})
        run(self.connection, _QUEUE, [_queued(one.case.id, say, self.now) for one in changes for say in one.say])

    # pings

    def planned_pings(self, addresses: Collection[str]) -> dict[str, datetime]:
        """When the latest ping to each of them was planned for."""
        p = t.ping.c
        found = self.connection.execute(select(p.address, p.planned_at).where(p.address.in_(addresses)))
        return {row.address: row.planned_at for row in found}

    def plan_pings(self, planned: dict[str, datetime]) -> None:
        """Remember them."""
        if not planned:
            return
        upsert = _dialect(self.connection).insert(t.ping)
        again = upsert.on_conflict_do_update(
            index_elements=["address"], set_={"planned_at": upsert.excluded.planned_at}
        )
        self.connection.execute(again, [{"address": who, "planned_at": at} for who, at in planned.items()])

    def last_pings(self, cases: Collection[CaseId]) -> dict[tuple[CaseId, str], datetime]:
        """When each of these cases pinged whom last, or will."""
        o = t.outbox.c
        at = func.max(func.coalesce(o.deferred_until, o.queued_at), type_=t.Utc).label("at")
        said = o.case_id.in_(cases) & (o.mention != "") & o.state.not_in(("withdrawn", "dead"))
        found = self.connection.execute(select(o.case_id, o.mention, at).where(said).group_by(o.case_id, o.mention))
        return {(CaseId(row.case_id), row.mention): row.at for row in found}


def _changed(case: Case) -> tuple[Any, ...]:
    """What time may change of a case; its words, labels and severity are others' business."""
    return (
        case.state.value, case.clock_start, case.next_due_at, case.step_due_at, case.answer_due_at, case.rung,
        case.loop, case.exhausted, case.snoozed, case.claimed_by, case.generation + 1, case.id, case.generation,
    )  # fmt: skip


def _logged(change: ChangeCase) -> tuple[Any, ...]:
    row = log_row(change.case.id, change.entry, change.case)
    return (*(row[name] for name in _LOG.columns[:-1]), json.dumps(row["after"]))


def _queued(case: CaseId, say: Say, now: datetime) -> tuple[Any, ...]:
    row = row_of(case, say, now) | {"twin_looks": 0}
    return tuple(row[name] for name in _QUEUE.columns)


def _case(row: Any) -> Case:
    """By position: to ask a row for twenty names takes longer than to make a case of them."""
    (number, thread, state, reason, labels, severity, confidence, address, name, opened, waiting, clock, ladder, due,
     rung, loop, exhausted, snoozed, claimed_by, answered, generation, step, answer) = row  # fmt: skip
    return Case(
        thread=thread, state=State(state), reason=Reason(reason), labels=_labels(labels), severity=severity,
        confidence=confidence, customer=Person(address, name), opened_at=opened, waiting_since=waiting,
        clock_start=clock, ladder=ladder_from_text(ladder), next_due_at=due, rung=rung, loop=loop, exhausted=exhausted,
        snoozed=snoozed, claimed_by=claimed_by, answered_at=answered, generation=generation, id=number,
        step_due_at=step, answer_due_at=answer,
    )  # fmt: skip


@functools.lru_cache(maxsize=256)
def _labels(text: str) -> frozenset[Label]:
    return frozenset(Label(one) for one in json.loads(text))


def _dialect(connection: Connection) -> Any:
    return postgresql if connection.dialect.name == "postgresql" else sqlite

"""What an audit reads of the rows: only what it should, and by an index."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from bot.domain.alert import AlertKey, CaseId, Notice, Reason, Say, Topic
from bot.domain.case import State
from bot.domain.escalation import Notify
from bot.domain.health import Vitals
from bot.domain.message import Person, Place, Unreadable
from bot.service.ports import Kind, Received
from bot.service.rows import NOT_WANTED
from bot.store import tables as t
from bot.store import vitals
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import DAY, HOUR, MINUTE
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.rows import open_case

LEASE, SETTLE = timedelta(seconds=15), timedelta(seconds=5)
DUE = MONDAY + 15 * MINUTE


@pytest.fixture
def case(store: SqlStore) -> CaseId:
    return store.transact(open_case)


def seen(store: SqlStore, clock: SimulatedClock) -> Vitals:
    return store.read(lambda connection: vitals.vitals(connection, clock.now()))


def queue(store: SqlStore, case: CaseId, rung: int = 0, **values: Any) -> None:
    """An alert; `values` names columns of its row."""

    def work(tx: SqlTransaction) -> None:
        say = Say(Reason.STILL_UNANSWERED, Notify.CHANNEL, 0, rung)
        tx.queue(case, say)
        if values:
            tx.connection.execute(update(t.outbox).where(t.outbox.c.key == say.key(case)).values(**values))

    store.transact(work)


def test_of_an_empty_database_there_is_nothing_to_say(store: SqlStore, clock: SimulatedClock) -> None:
    assert seen(store, clock) == Vitals()


def test_deadlines_count_from_the_moment_they_come(store: SqlStore, case: CaseId, clock: SimulatedClock) -> None:
    assert (seen(store, clock).due, seen(store, clock).due_since) == (0, None)
    clock.set(DUE)
    store.transact(lambda tx: open_case(tx, Person("jo@x.example"), next_due_at=DUE + HOUR))
    assert (seen(store, clock).due, seen(store, clock).due_since) == (1, DUE)


def test_a_question_that_waited_too_long_is_a_deadline_like_others(
    store: SqlStore, case: CaseId, clock: SimulatedClock
) -> None:
    store.transact(lambda tx: tx.connection.execute(update(t.thread).values(answer_due_at=MONDAY - MINUTE)))
    assert (seen(store, clock).due, seen(store, clock).due_since) == (1, MONDAY - MINUTE)


def test_an_alert_waits_from_when_it_was_queued_however_often_it_is_put_off(
    store: SqlStore, case: CaseId, clock: SimulatedClock
) -> None:
    queue(store, case)
    clock.advance(HOUR)
    row = store.transact(lambda tx: tx.claim(LEASE, SETTLE))
    assert row is not None
    assert seen(store, clock).unsaid_since == MONDAY
    store.transact(lambda tx: tx.release(row, tx.now + HOUR, "Slack cannot be reached."))
    found = seen(store, clock)
    assert (found.unsaid_since, found.unsent) == (MONDAY, {"pending": 1})


def test_a_ping_that_waits_for_daylight_is_not_late_before_then(
    store: SqlStore, case: CaseId, clock: SimulatedClock
) -> None:
    queue(store, case, not_before=MONDAY + HOUR, deferred_until=MONDAY + HOUR)
    assert seen(store, clock).unsaid_since is None
    clock.advance(2 * HOUR)
    assert seen(store, clock).unsaid_since == MONDAY + HOUR


@pytest.mark.parametrize("state", ["sent", "withdrawn", "dead", "carried"])
def test_what_is_done_with_does_not_wait(store: SqlStore, case: CaseId, clock: SimulatedClock, state: str) -> None:
    queue(store, case, state=state)
    assert seen(store, clock).unsaid_since is None


def test_what_was_given_up_is_told_of_for_a_day_unless_nobody_wanted_it_any_more(
    store: SqlStore, case: CaseId, clock: SimulatedClock
) -> None:
    queue(store, case, 0, state="dead", error="msg_too_long")
    queue(store, case, 1, state="dead", error=NOT_WANTED)
    assert seen(store, clock).dead == 1
    clock.advance(2 * DAY)
    assert seen(store, clock).dead == 0


def test_nobody_doubts_what_is_being_looked_up(store: SqlStore, case: CaseId, clock: SimulatedClock) -> None:
    queue(store, case, state="unknown", look_up_at=MONDAY)
    clock.advance(2 * MINUTE)
    assert seen(store, clock).in_doubt == 0
    clock.advance(MINUTE)
    assert seen(store, clock).in_doubt == 1


def test_words_of_slack_wait_until_they_are_worked_off_or_given_up(store: SqlStore, clock: SimulatedClock) -> None:
    told = [Received(Kind.EVENT, key, {"text": "hello"}) for key in ("one", "two")]
    store.transact(lambda tx: tx.receive(told))
    found = seen(store, clock)
    assert (found.told_since, found.told_failed) == (MONDAY, 0)
    one, two = store.transact(lambda tx: tx.inbound(10))
    store.transact(lambda tx: tx.worked_off(one.id))
    store.transact(lambda tx: tx.inbound_failed(two.id, None, "a defect"))
    found = seen(store, clock)
    assert (found.told_since, found.told_failed) == (None, 1)
    clock.advance(2 * DAY)
    assert seen(store, clock).told_failed == 0


def test_folders_calendars_quarantine_and_the_canary_are_as_they_stand(store: SqlStore, clock: SimulatedClock) -> None:
    def write(tx: SqlTransaction) -> None:
        tx.begin_watch("support", "support/INBOX")
        tx.quarantine(Unreadable(Place("support", "INBOX", 1, 9), b"raw", "No."))
        tx.plan_chore("canary", DUE)
        for schedule, error in (("support", "No such host."), ("sales", "")):
            tx.connection.execute(insert(t.calendar).values(schedule=schedule, error=error))

    store.transact(write)
    found = seen(store, clock)
    assert [one.folder for one in found.folders] == ["support/INBOX"]
    assert (found.calendars, found.quarantined, found.canary_due_at) == ({"support": "No such host."}, 1, DUE)


def test_open_cases_are_counted_by_state_and_the_exhausted_ones_besides(store: SqlStore) -> None:
    def write(tx: SqlTransaction) -> None:
        open_case(tx, Person("a@x.example"))
        open_case(tx, Person("b@x.example"), exhausted=True)
        open_case(tx, Person("c@x.example"), state=State.CONTACTED)
        open_case(tx, Person("d@x.example"), state=State.CLOSED, next_due_at=None, exhausted=True)

    store.transact(write)
    assert store.read(vitals.open_by_state) == {"suspected": 2, "contacted": 1, "exhausted": 1}
    assert store.read(vitals.next_due) == DUE


def test_the_latest_of_the_last_rungs_tells_the_lateness(store: SqlStore, case: CaseId) -> None:
    assert store.read(vitals.lateness) == 0.0
    queue(store, case, 0, late_seconds=4.5)
    queue(store, case, 1)
    assert store.read(vitals.lateness) == 4.5


def test_a_clock_that_was_ahead_shows_in_the_last_hundred_entries(store: SqlStore, clock: SimulatedClock) -> None:
    clock.advance(3 * HOUR)
    ahead = store.transact(open_case)
    clock.set(MONDAY)
    assert seen(store, clock).logged_at == MONDAY + 3 * HOUR
    entry = {"case_id": ahead, "at": MONDAY, "who": "", "whence": "", "what": "", "to_state": "suspected", "note": ""}
    store.transact(lambda tx: tx.connection.execute(insert(t.event), [entry] * 99))
    assert seen(store, clock).logged_at == MONDAY + 3 * HOUR
    store.transact(lambda tx: tx.connection.execute(insert(t.event), [entry]))
    assert seen(store, clock).logged_at == MONDAY


def test_a_notice_waits_like_an_alert(store: SqlStore, clock: SimulatedClock) -> None:
    store.transact(lambda tx: tx.announce(Notice(AlertKey("health:1"), Topic.HEALTH, "Hello", (), "")))
    assert seen(store, clock).unsaid_since == MONDAY


def test_no_query_reads_a_large_table_from_end_to_end(store: SqlStore, clock: SimulatedClock) -> None:
    """SQLite says SCAN, and USING no index, of what it reads whole."""
    if store.engine.dialect.name != "sqlite":
        return
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _u, words, values, *_: asked.append((words, values)))
    seen(store, clock)
    store.read(vitals.open_by_state)
    store.read(vitals.lateness)
    explained = [(f"EXPLAIN QUERY PLAN {words}", values) for words, values in asked if words.startswith("SELECT")]
    plans = [row[3] for one in explained for row in store.read(lambda c, it=one: c.exec_driver_sql(*it).all())]  # type: ignore[misc]
    large = ("case_", "thread", "outbox", "inbound", "message", "event")
    whole = [plan for plan in plans if plan.startswith("SCAN ") and plan.split()[1] in large]
    assert [plan for plan in whole if "USING" not in plan] == ["SCAN event", "SCAN outbox"], (
        "their last rows, by number"
    )
    assert any("case_ USING COVERING INDEX ix_case_state" in plan for plan in plans), plans

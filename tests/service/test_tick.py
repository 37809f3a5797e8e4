"""Time passes: everything due fires, fifty rows a transaction, and one row that cannot be decided stops nobody."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.actions import ChangeCase
from bot.domain.alert import CaseId, Reason
from bot.domain.case import Entry, State
from bot.domain.escalation import Notify
from bot.domain.message import Arrival, Medium, Person, ThreadId
from bot.domain.silence import Waiting
from bot.errors import LostRace
from bot.service.due_ports import PUSH_AHEAD
from bot.service.ports import Transaction
from bot.service.tick import BATCH, Ticked, tick
from bot.store.store import SqlTransaction
from tests.fakes.between import Between
from tests.fakes.build import HOUR, MINUTE, POLICY, case, message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World
from tests.store.rows import make_due

FIRST = "still_unanswered to channel"


def open_cases(world: World, count: int) -> list[CaseId]:
    """Cases of as many customers, all due a minute after each other from 9:15 on; nothing is queued."""

    def work(tx: Transaction) -> list[CaseId]:
        made = []
        for number in range(count):
            arrived = message(sender=Person(f"c{number}@customer.example"), rfc_id=f"<{number}@c>")
            thread = tx.remember(Arrival(arrived), None)
            assert thread is not None
            due = MONDAY + (15 + number) * MINUTE
            opened = case(thread=thread, customer=arrived.sender, next_due_at=due, clock_start=due - 15 * MINUTE)
            made.append(tx.open_case(opened, Entry(tx.now, "amends", "mail", "opened", None, State.SUSPECTED)))
        return made

    return world.store.transact(work)


def wait_for(world: World, count: int) -> None:
    """As many customers who asked something at nine, without a case."""
    for number in range(count):
        world.customer("Where is my order?", sender=Person(f"w{number}@customer.example"))


def test_nothing_due_is_one_look_and_changes_nothing(world: World) -> None:
    open_cases(world, 3)
    between = Between(world.store)
    assert tick(between, POLICY) == Ticked()
    assert between.done == 1


def test_a_deadline_that_is_exactly_now_has_come(world: World) -> None:
    (one, _) = open_cases(world, 2)
    world.clock.advance(15 * MINUTE)
    assert tick(world.store, POLICY) == Ticked(due=1, queued=1)
    assert world.outbox() == [(f"{one}:still_unanswered:0:0:channel", "pending")]
    assert tick(world.store, POLICY) == Ticked()


def test_more_due_rows_than_a_transaction_takes_all_fire_in_several(world: World) -> None:
    many = 2 * BATCH + 30
    open_cases(world, many)
    world.clock.advance(9 * HOUR)
    between = Between(world.store)
    assert tick(between, POLICY) == Ticked(due=many, queued=many)
    assert between.done == 3
    assert len(world.outbox()) == many


def test_cases_and_silences_share_the_rows_of_a_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    open_cases(world, BATCH - 1)
    wait_for(world, 3)
    world.clock.advance(9 * HOUR)
    asked: list[int] = []
    real = SqlTransaction.due_waits

    def due_waits(tx: SqlTransaction, limit: int) -> list[tuple[Waiting, Person, Medium]]:
        asked.append(limit)
        return real(tx, limit)

    monkeypatch.setattr(SqlTransaction, "due_waits", due_waits)
    assert tick(world.store, POLICY) == Ticked(due=BATCH + 2, queued=BATCH + 2)
    assert asked == [1, BATCH]


def test_the_longest_overdue_comes_first(world: World) -> None:
    cases = open_cases(world, 3)
    world.clock.advance(9 * HOUR)
    late = world.case(cases[2])
    world.store.transact(lambda tx: make_due(tx, late.id, MONDAY + MINUTE))
    world.engine()
    told = world.hears(f"{FIRST}, late 8h 43m", f"{FIRST}, late 8h 45m", f"{FIRST}, late 8h 44m")
    assert [post.alert.case for post in told] == [cases[2], cases[0], cases[1]]


def fail_for(case_id: CaseId, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """After cases, log entries and what they say are written, it fails where one of them is this case."""
    real = SqlTransaction.change_cases

    def change(tx: SqlTransaction, changes: Sequence[ChangeCase]) -> None:
        real(tx, changes)
        if case_id in [one.case.id for one in changes]:
            raise error

    monkeypatch.setattr(SqlTransaction, "change_cases", change)


def test_a_case_that_cannot_be_decided_is_pushed_ahead_and_the_others_commit(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before, poisoned, behind = open_cases(world, 3)
    untouched = world.case(poisoned)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        fail_for(poisoned, patch, ValueError("poison"))
        world.clock.advance(HOUR)
        assert tick(world.store, POLICY) == Ticked(due=3, queued=2, failed=1)
        assert "a due row could not be decided" in caplog.text
        assert tick(world.store, POLICY) == Ticked(due=0)
    assert world.case(poisoned) == replace(untouched, next_due_at=MONDAY + HOUR + PUSH_AHEAD)
    assert world.log(poisoned) == ["opened"]
    assert [world.log(it) for it in (before, behind)] == [["opened", "still_unanswered"]] * 2
    world.delivery.run()
    told = "health: A case cannot be escalated"
    world.hears(f"{FIRST}, late 45m", told, f"{FIRST}, late 43m")
    world.passes(PUSH_AHEAD)
    world.hears(f"{FIRST}, late 49m")


def test_many_cases_that_cannot_be_decided_do_not_hold_up_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = open_cases(world, BATCH + 1)
    real = SqlTransaction.change_cases

    def change(tx: SqlTransaction, changes: Sequence[ChangeCase]) -> None:
        if [one.case.id for one in changes] != [cases[-1]]:
            raise ValueError("poison")
        real(tx, changes)

    monkeypatch.setattr(SqlTransaction, "change_cases", change)
    world.clock.advance(9 * HOUR)
    assert tick(world.store, POLICY) == Ticked(due=BATCH + 1, queued=1, failed=BATCH)


def test_a_silence_that_cannot_be_decided_is_pushed_ahead_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(world, 2)
    world.clock.advance(8 * HOUR)
    real = SqlTransaction.track

    def track(tx: SqlTransaction, thread: ThreadId, waiting: Waiting | None) -> None:
        if thread == 1:
            raise ValueError("poison")
        real(tx, thread, waiting)

    with monkeypatch.context() as patch:
        patch.setattr(SqlTransaction, "track", track)
        assert tick(world.store, POLICY) == Ticked(due=2, queued=1, failed=1)
    world.delivery.run()
    world.hears("health: A question cannot be escalated", "unanswered to channel")
    world.passes(PUSH_AHEAD)
    world.hears("unanswered to channel")


def test_a_case_that_somebody_else_changed_at_the_same_moment_is_left_to_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their deadline stands: pushing it ahead would move what they have just decided."""
    lost, other = open_cases(world, 2)
    as_they_left_it = world.case(lost)
    real = SqlTransaction.change_cases

    def change(tx: SqlTransaction, changes: Sequence[ChangeCase]) -> None:
        if lost in [one.case.id for one in changes]:
            raise LostRace
        real(tx, changes)

    monkeypatch.setattr(SqlTransaction, "change_cases", change)
    world.clock.advance(20 * MINUTE)
    assert tick(world.store, POLICY) == Ticked(due=2, queued=1)
    assert world.case(lost) == as_they_left_it
    assert world.log(other) == ["opened", "still_unanswered"]


def test_a_rung_fires_once_however_often_the_engine_beats(world: World) -> None:
    open_cases(world, 1)
    world.clock.advance(15 * MINUTE)
    for _ in range(5):
        world.engine()
    (post,) = world.hears(FIRST)
    assert (post.alert.reason, post.alert.notify) == (Reason.STILL_UNANSWERED, Notify.CHANNEL)

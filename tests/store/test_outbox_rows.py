"""Who may say what now: one row of a case at a time, the oldest first, leased to one sender."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.alert import CaseId, Reason, Say
from bot.domain.escalation import Notify
from bot.domain.message import Person
from bot.service.ports import OutboxRow, Ref
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import HOUR, MINUTE
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.rows import open_case

LEASE, SETTLE = timedelta(seconds=15), timedelta(seconds=5)


def say(rung: int, late: timedelta | None = None) -> Say:
    return Say(Reason.STILL_UNANSWERED, Notify.ON_CALL, 0, rung, late)


def queued(store: SqlStore, *customers: str) -> list[CaseId]:
    """A case a customer, each with two rows."""

    def work(tx: SqlTransaction, customer: str) -> CaseId:
        case_id = open_case(tx, Person(customer))
        for rung in (0, 1):
            tx.queue(case_id, say(rung))
        return case_id

    return store.transact(lambda tx: [work(tx, customer) for customer in customers])


def claim(store: SqlStore) -> OutboxRow | None:
    return store.transact(lambda tx: tx.claim(LEASE, SETTLE))


def rung_of(row: OutboxRow) -> int:
    assert row.say is not None
    return row.say.rung


def test_a_claimed_row_is_what_was_queued_and_ours_until_its_lease_ends(store: SqlStore, clock: SimulatedClock) -> None:
    case_id = store.transact(open_case)
    late = say(0, timedelta(minutes=585, microseconds=7))
    store.transact(lambda tx: tx.queue(case_id, late))
    clock.advance(HOUR)
    row = claim(store)
    assert row is not None
    assert (row.key, row.about, row.say, row.queued_at) == (late.key(case_id), case_id, late, MONDAY)
    assert (row.attempts, row.lease_until) == (1, MONDAY + HOUR + LEASE)


def test_a_row_is_claimed_once_and_the_next_of_its_case_only_when_it_is_settled(store: SqlStore) -> None:
    one, other = queued(store, "mo@x.example", "jo@x.example")
    first, second = claim(store), claim(store)
    assert first is not None
    assert second is not None
    assert [(row.about, rung_of(row)) for row in (first, second)] == [(one, 0), (other, 0)]
    assert claim(store) is None
    assert store.transact(lambda tx: tx.settle(second, Ref("1.2"))) is True
    third = claim(store)
    assert third is not None
    assert (third.about, rung_of(third)) == (other, 1)
    assert claim(store) is None


@pytest.mark.parametrize("end", ["bury", "withdraw"])
def test_a_row_that_ended_unsent_holds_up_nobody(store: SqlStore, end: str) -> None:
    (case_id,) = queued(store, "mo@x.example")
    row = claim(store)
    assert row is not None
    if end == "bury":
        store.transact(lambda tx: tx.bury(row, "refused"))
    else:
        store.transact(lambda tx: tx.release(row, tx.now, "later"))
        assert store.transact(lambda tx: tx.withdraw(case_id)) == 2
        store.transact(lambda tx: tx.queue(case_id, say(2)))
    following = claim(store)
    assert following is not None
    assert rung_of(following) == (1 if end == "bury" else 2)


def test_only_what_was_surely_not_sent_is_withdrawn(store: SqlStore) -> None:
    one, other = queued(store, "mo@x.example", "jo@x.example")
    row = claim(store)
    assert row is not None
    assert row.about == one
    assert store.transact(lambda tx: tx.withdraw(one)) == 1
    assert store.transact(lambda tx: tx.withdraw(one)) == 0
    assert store.transact(lambda tx: tx.withdraw(other)) == 2
    assert store.transact(lambda tx: tx.settle(row, Ref("1.1"))) is True


def test_what_is_to_wait_waits(store: SqlStore, clock: SimulatedClock) -> None:
    queued(store, "mo@x.example")
    row = claim(store)
    assert row is not None
    store.transact(lambda tx: tx.release(row, tx.now + MINUTE, "busy"))
    clock.advance(MINUTE - timedelta(microseconds=1))
    assert claim(store) is None
    clock.advance(timedelta(microseconds=1))
    again = claim(store)
    assert again is not None
    assert (again.key, again.attempts) == (row.key, 2)


def test_a_row_under_way_is_nobody_elses_before_its_lease_and_the_time_to_settle_are_over(
    store: SqlStore, clock: SimulatedClock
) -> None:
    queued(store, "mo@x.example")
    row = claim(store)
    assert row is not None
    clock.advance(LEASE + SETTLE - timedelta(microseconds=1))
    assert store.transact(lambda tx: tx.unresolved(LEASE)) is None
    clock.advance(timedelta(microseconds=1))
    found = store.transact(lambda tx: tx.unresolved(LEASE))
    assert found is not None
    assert (found.key, found.attempts) == (row.key, 1)
    assert store.transact(lambda tx: tx.unresolved(LEASE)) is None


def test_settling_twice_says_that_somebody_was_first(store: SqlStore) -> None:
    queued(store, "mo@x.example")
    row = claim(store)
    assert row is not None
    assert store.transact(lambda tx: [tx.settle(row, Ref("1.1")), tx.settle(row, Ref("1.2"))]) == [True, False]
    store.transact(lambda tx: tx.release(row, tx.now, "too late"))
    store.transact(lambda tx: tx.hold(row, tx.now, "too late"))
    store.transact(lambda tx: tx.bury(row, "too late"))
    assert store.transact(lambda tx: tx.unresolved(LEASE)) is None
    following = claim(store)
    assert following is not None
    assert rung_of(following) == 1


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_two_processes_never_claim_one_row_nor_two_rows_of_one_case(
    store: SqlStore, url: str, clock: SimulatedClock
) -> None:
    """The other process claims while our claim is not committed yet: it neither waits nor takes the same case."""
    queued(store, "mo@x.example", "jo@x.example")
    theirs = SqlStore(url, clock)
    ours, other, nothing = store.transact(lambda tx: (tx.claim(LEASE, SETTLE), claim(theirs), claim(theirs)))
    theirs.close()
    assert ours is not None
    assert other is not None
    assert {ours.about, other.about} == {1, 2}
    assert nothing is None

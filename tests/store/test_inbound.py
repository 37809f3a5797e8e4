"""What Slack tells, as rows on both engines: once each, in order, and forgotten in time."""

from __future__ import annotations

from datetime import timedelta

from bot.service.ports import Kind, Received
from bot.store.store import SqlStore
from tests.fakes.clock import SimulatedClock


def told(key: str) -> Received:
    return Received(Kind.ACTION, key, {"key": key, "odd": ["\ud83d", "\x00", None, 1.5]})


def test_the_same_key_is_kept_once_within_and_across_transactions(store: SqlStore) -> None:
    assert store.transact(lambda tx: tx.receive([told("a"), told("b"), told("a")])) == 2
    assert store.transact(lambda tx: tx.receive([told("b"), told("c")])) == 1
    assert store.transact(lambda tx: tx.receive([])) == 0
    rows = store.transact(lambda tx: tx.inbound(10))
    assert [(row.kind, row.payload) for row in rows] == [(Kind.ACTION, told(key).payload) for key in "abc"]


def test_of_two_who_work_one_off_only_one_does(store: SqlStore) -> None:
    store.transact(lambda tx: tx.receive([told("a")]))
    (row,) = store.transact(lambda tx: tx.inbound(10))
    assert [store.transact(lambda tx: tx.worked_off(row.id)) for _ in range(2)] == [True, False]


def test_what_is_carried_out_at_once_leaves_its_key_and_nothing_to_work_off(store: SqlStore) -> None:
    assert [store.transact(lambda tx: tx.once(told("a"))) for _ in range(2)] == [True, False]
    assert store.transact(lambda tx: tx.receive([told("a")])) == 0
    assert store.transact(lambda tx: tx.inbound(10)) == []


def test_what_failed_for_good_stays_with_its_words(store: SqlStore, clock: SimulatedClock) -> None:
    store.transact(lambda tx: tx.receive([told("a")]))
    (row,) = store.transact(lambda tx: tx.inbound(10))
    store.transact(lambda tx: tx.inbound_failed(row.id, clock.now() + timedelta(seconds=2), "once"))
    assert store.transact(lambda tx: tx.inbound(10)) == []
    clock.advance(timedelta(seconds=2))
    assert [(one.id, one.tries) for one in store.transact(lambda tx: tx.inbound(10))] == [(row.id, 1)]
    store.transact(lambda tx: tx.inbound_failed(row.id, None, "for good"))
    clock.advance(timedelta(days=30))
    assert store.transact(lambda tx: tx.inbound(10)) == []
    assert store.transact(lambda tx: tx.forget_inbound(clock.now())) == 0

"""What may stand there twice is on record as such, with when it is looked for; and cards in doubt are drawn again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.alert import AlertKey, CaseId, Notice, Reason, Say, Topic
from bot.domain.escalation import Notify
from bot.service.ports import OutboxRow, Ref, StaleCard
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.fakes.build import MINUTE
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.rows import open_case

LEASE, SETTLE = timedelta(seconds=15), timedelta(seconds=5)
OURS, THEIRS = Ref("C1:1.1"), Ref("C1:2.2")


def queued(store: SqlStore) -> CaseId:
    case = store.transact(open_case)
    store.transact(lambda tx: tx.queue(case, Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0)))
    return case


def claimed(store: SqlStore) -> OutboxRow:
    row = store.transact(lambda tx: tx.claim(LEASE, SETTLE))
    assert row is not None
    return row


def column(store: SqlStore, name: str) -> Any:
    return store.read(lambda c: c.execute(select(t.outbox.c[name]).order_by(t.outbox.c.id).limit(1)).scalar())


def test_what_was_said_once_is_not_looked_for(store: SqlStore) -> None:
    queued(store)
    row = claimed(store)
    assert store.transact(lambda tx: tx.settle(row, OURS))
    assert column(store, "twins_due_at") is None
    assert store.transact(lambda tx: tx.twin_to_look_for(LEASE)) is None


def test_what_was_said_again_is_looked_for_a_minute_and_ten_minutes_after_it_was_sent(
    store: SqlStore, clock: SimulatedClock
) -> None:
    queued(store)
    row = claimed(store)
    store.transact(lambda tx: tx.release(row, tx.now, "not found", said_again=True))
    again = claimed(store)
    store.transact(lambda tx: tx.settle(again, OURS))
    for due in (MONDAY + MINUTE, MONDAY + 10 * MINUTE):
        assert column(store, "twins_due_at") == due
        clock.set(due)
        found = store.transact(lambda tx: tx.twin_to_look_for(LEASE))
        assert found is not None
        assert (found[0].key, found[1]) == (row.key, OURS)
        assert store.transact(lambda tx: tx.twin_to_look_for(LEASE)) is None, "it is somebody's already"
        store.transact(lambda tx, found=found: tx.looked_for_twin(found[0]))  # type: ignore[misc]
    assert column(store, "twins_due_at") is None


def test_whoever_settles_after_its_lease_went_to_another_leaves_it_in_doubt(
    store: SqlStore, clock: SimulatedClock
) -> None:
    queued(store)
    late = claimed(store)
    clock.advance(LEASE + SETTLE)
    assert store.transact(lambda tx: tx.unresolved(LEASE)) is not None
    assert store.transact(lambda tx: tx.settle(late, OURS))
    assert column(store, "twins_due_at") == clock.now() + MINUTE


def test_whoever_settles_second_with_another_message_has_it_looked_for_at_once(
    store: SqlStore, clock: SimulatedClock
) -> None:
    queued(store)
    row = claimed(store)
    store.transact(lambda tx: tx.settle(row, OURS))
    clock.advance(MINUTE)
    assert not store.transact(lambda tx: tx.settle(row, OURS))
    assert column(store, "twins_due_at") is None, "it is the same one"
    assert not store.transact(lambda tx: tx.settle(row, THEIRS))
    assert (column(store, "twins_due_at"), column(store, "ref")) == (clock.now(), OURS)


def test_several_that_were_found_are_looked_for_at_once(store: SqlStore, clock: SimulatedClock) -> None:
    queued(store)
    row = claimed(store)
    store.transact(lambda tx: tx.settle(row, OURS, twins=True))
    assert column(store, "twins_due_at") == clock.now()


def test_what_a_buried_list_was_to_carry_waits_again(store: SqlStore) -> None:
    case = queued(store)
    store.transact(lambda tx: tx.announce(Notice(AlertKey("digest:x"), Topic.DIGEST, "1 more", ("a",), "")))
    o = t.outbox.c
    store.transact(lambda tx: tx.connection.execute(
        t.outbox.update().where(o.case_id == case).values(state="carried", carried_by=2)
    ))  # fmt: skip
    row = claimed(store)
    assert isinstance(row.about, Notice)
    store.transact(lambda tx: tx.bury(row, "refused"))
    told = store.read(lambda c: [tuple(r) for r in c.execute(select(o.state, o.carried_by).order_by(o.id))])
    assert told == [("pending", None), ("dead", None)]


# cards


def stale(store: SqlStore) -> StaleCard | None:
    return store.transact(lambda tx: tx.stale_card(LEASE))


def with_card(store: SqlStore) -> CaseId:
    """Posted by somebody of whom nobody knows what it showed."""
    case = queued(store)
    row = claimed(store)
    store.transact(lambda tx: tx.settle(row, OURS, -1))
    return case


def test_a_card_drawn_at_the_first_attempt_is_done(store: SqlStore, clock: SimulatedClock) -> None:
    with_card(store)
    card = stale(store)
    assert card is not None
    assert (card.ref, card.attempts) == (OURS, 0)
    store.transact(lambda tx: tx.card_drawn(card))
    clock.advance(60 * MINUTE)
    assert stale(store) is None


def test_a_card_drawn_at_a_later_attempt_is_drawn_again_after_one_and_after_ten_minutes(
    store: SqlStore, clock: SimulatedClock
) -> None:
    with_card(store)
    assert stale(store) is not None
    clock.advance(LEASE)
    for wait in (timedelta(), MINUTE, 10 * MINUTE):
        clock.advance(wait - timedelta(microseconds=1) if wait else wait)
        assert not wait or stale(store) is None
        clock.advance(timedelta(microseconds=1))
        card = stale(store)
        assert card is not None
        store.transact(lambda tx, card=card: tx.card_drawn(card))  # type: ignore[misc]
    clock.advance(60 * MINUTE)
    assert stale(store) is None


def test_a_card_drawn_by_somebody_whose_lease_was_over_is_drawn_anew(store: SqlStore, clock: SimulatedClock) -> None:
    with_card(store)
    late = stale(store)
    clock.advance(LEASE)
    card = stale(store)
    assert late is not None
    assert card is not None
    store.transact(lambda tx: tx.card_drawn(card))
    assert stale(store) is None
    store.transact(lambda tx: tx.card_drawn(late))
    assert stale(store) is not None


def test_only_the_card_that_is_gone_is_let_go(store: SqlStore) -> None:
    case = with_card(store)
    store.transact(lambda tx: tx.card_gone(case, THEIRS))
    assert stale(store) is not None
    store.transact(lambda tx: tx.card_gone(case, OURS))
    assert store.read(lambda c: c.execute(select(t.card)).all()) == []

"""What belongs to no case waits in the same outbox, once for ever, and is in nobody's way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from bot.domain.alert import AlertKey, Notice, Reason, Say, Topic
from bot.domain.escalation import Notify
from bot.domain.message import Person
from bot.errors import StoreUnfit
from bot.service.ports import OutboxRow, Ref
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.edges.cards import NASTY
from tests.fakes.build import HOUR
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.rows import open_case

LEASE, SETTLE = timedelta(seconds=15), timedelta(seconds=5)
CARD = Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0)


def notice(key: str = "review:2026-03-03", *lines: str) -> Notice:
    told = lines or ("1 · sample, 10% · Mo: “Where is it?”",)
    return Notice(AlertKey(key), Topic.REVIEW, "Daily review: 1 message", told, "Answer each.")


def announce(store: SqlStore, told: Notice) -> bool:
    return store.transact(lambda tx: tx.announce(told))


def claim(store: SqlStore) -> OutboxRow | None:
    return store.transact(lambda tx: tx.claim(LEASE, SETTLE))


def claimed(store: SqlStore) -> OutboxRow:
    row = claim(store)
    assert row is not None, "nothing waits"
    return row


def rows(store: SqlStore) -> int:
    return store.read(lambda c: int(c.execute(select(func.count()).select_from(t.outbox)).scalar_one()))


def test_a_notice_is_announced_once_whatever_it_says_the_second_time(store: SqlStore) -> None:
    assert announce(store, notice())
    assert not announce(store, notice("review:2026-03-03", "something else"))
    assert announce(store, notice("review:2026-03-04"))
    assert rows(store) == 2


def test_even_when_it_was_said_it_is_not_announced_again(store: SqlStore) -> None:
    announce(store, notice())
    row = claimed(store)
    assert store.transact(lambda tx: tx.settle(row, Ref("C1:1.1")))
    assert not announce(store, notice())
    assert claim(store) is None


def test_a_claimed_notice_is_what_was_announced_and_goes_to_the_channel(store: SqlStore, clock: SimulatedClock) -> None:
    told = Notice(AlertKey("drift:vocabulary:m1"), Topic.DRIFT, "The inbox is changing", ("one", "two"), "Look.")
    announce(store, told)
    clock.advance(HOUR)
    row = claimed(store)
    assert (row.key, row.about, row.queued_at, row.attempts) == (told.key, told, MONDAY, 1)
    assert row.say is None, "it says nothing about a case"
    assert store.read(lambda c: c.execute(select(t.outbox.c.notify)).scalar_one()) == "channel"
    assert store.transact(lambda tx: tx.alert_for(row)) == (told, None)


@pytest.mark.parametrize("long", [False, True])
def test_customers_words_are_kept_letter_by_letter(store: SqlStore, long: bool) -> None:
    """They are made harmless where they are shown, and not before."""
    told = notice("review:1", *(nasty for nasty in NASTY if (len(nasty) > 1000) is long))
    announce(store, told)
    assert claimed(store).about == told


def test_neither_notices_nor_cases_hold_each_other_up(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    announce(store, notice("one"))
    store.transact(lambda tx: tx.queue(case_id, CARD))
    announce(store, notice("two"))
    assert [claimed(store).key for _ in range(3)] == ["one", CARD.key(case_id), "two"]
    assert claim(store) is None


def test_what_is_taken_back_of_a_case_is_no_notice(store: SqlStore) -> None:
    case_id = store.transact(lambda tx: open_case(tx, Person("jo@x.example")))
    announce(store, notice())
    assert store.transact(lambda tx: tx.withdraw(case_id)) == 0
    assert claimed(store).key == notice().key


def test_a_notice_whose_sender_vanished_is_found_again_as_a_notice(store: SqlStore, clock: SimulatedClock) -> None:
    announce(store, notice())
    claimed(store)
    clock.advance(LEASE + SETTLE - timedelta(microseconds=1))
    assert store.transact(lambda tx: tx.unresolved(LEASE)) is None
    clock.advance(timedelta(microseconds=1))
    found = store.transact(lambda tx: tx.unresolved(LEASE))
    assert found is not None
    assert (found.about, found.attempts) == (notice(), 1)


def test_a_notice_that_could_not_be_said_waits_and_is_the_same_then(store: SqlStore, clock: SimulatedClock) -> None:
    announce(store, notice())
    row = claimed(store)
    store.transact(lambda tx: tx.release(row, tx.now + HOUR, "busy"))
    assert claim(store) is None
    clock.advance(HOUR)
    again = claimed(store)
    assert (again.about, again.attempts) == (row.about, 2)


@pytest.mark.parametrize("both", [True, False])
def test_the_database_refuses_a_row_about_nothing_and_one_about_two_things(store: SqlStore, both: bool) -> None:
    case_id = store.transact(open_case)
    subject = {"case_id": case_id, "notice": {"title": "x", "lines": [], "advice": ""}} if both else {}
    row = insert(t.outbox).values(
        key="x", reason="review", opens=False, notify="channel", loop=0, rung=0, state="pending", queued_at=MONDAY,
        not_before=MONDAY, attempts=0, error="", **subject,
    )  # fmt: skip
    with pytest.raises(StoreUnfit, match="ck_outbox_subject"):
        store.transact(lambda tx: tx.connection.execute(row))

"""Many messages stored at once are what they would be one by one: the same threads, messages, places and references."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.message import Arrival, Direction, Message, MessageId, Person, Place, ThreadId
from bot.domain.silence import Turn, Waiting
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.fakes.build import COLLEAGUE, CUSTOMER, DAY, HOUR, MISTAKE, NOTHING, message
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.world import World, everything

JO = Person("jo@customer.example", "Jo")
ALIKE = ("thread", "message", t.reference.name, "place")


def arrival(one: Message, uid: int, folder: str = "INBOX", account: str = "support", validity: int = 1) -> Arrival:
    return Arrival(one, Place(account, folder, validity, uid), is_history=uid % 2 == 0)


def keep(store: SqlStore, *batch: Arrival) -> int:
    return store.transact(lambda tx: tx.keep(batch, batch[0].place.account if batch and batch[0].place else ""))


def one_by_one(store: SqlStore, arrivals: Sequence[Arrival]) -> int:
    """How many were new."""
    return sum(
        store.transact(lambda tx, it=one: tx.remember(it, None)) is not None  # type: ignore[misc]
        for one in arrivals
    )


# the property

SENDERS = (CUSTOMER, JO, COLLEAGUE)
IDS = ("", "<1@x>", "<2@x>", "<3@x>", "<4@x>")
# close together, at the edges of a fortnight, and far apart
MOMENTS = (0, 1, 13, 14, 15, 27, 28, 29, 60)
MAILS = st.builds(
    lambda sender, kind, text, subject, own, refs, days, to: message(
        text, sender=sender, direction=kind, subject=subject, rfc_id=own, references=tuple(refs),
        received_at=MONDAY + days * DAY, recipients=to,
    ),
    st.sampled_from(SENDERS), st.sampled_from(list(Direction)), st.sampled_from(["One", "Two"]),
    st.sampled_from(["Order 17", "Re: order 17", "Else", ""]), st.sampled_from(IDS),
    st.lists(st.sampled_from(IDS[1:]), max_size=3), st.sampled_from(MOMENTS),
    st.sampled_from([("support@acme.example",), ("sales@acme.example",), ()]),
)  # fmt: skip
PLACES = st.tuples(st.integers(1, 30), st.sampled_from(["INBOX", "Sent"]), st.integers(1, 2))
FOLDERS = st.lists(
    st.tuples(st.sampled_from(["support", "sales"]), st.lists(st.tuples(MAILS, PLACES), min_size=1, max_size=8)),
    min_size=1, max_size=4,
)  # fmt: skip


@contextmanager
def two_stores() -> Iterator[tuple[SqlStore, SqlStore]]:
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder, name) for name in ("many", "one")]
        for home in homes:
            home.mkdir()
        with World.at(homes[0]) as many, World.at(homes[1]) as one:
            yield many.store, one.store


def without_hold(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """What both ways of storing must agree on."""
    at = [column.name for column in t.message.columns].index("held_for")
    kept = {name: rows[name] for name in ALIKE}
    kept["message"] = [row[:at] + row[at + 1 :] for row in rows["message"]]
    return kept


@given(FOLDERS)
@example([("support", [(message("One", recipients=("a@acme.example",)), (1, "INBOX", 1)),
                       (message("One", recipients=("b@acme.example",)), (2, "INBOX", 1)),
                       (message("One"), (2, "INBOX", 1))])])  # fmt: skip
def test_many_at_once_and_one_by_one_come_to_the_same(batches: list[tuple[str, Any]]) -> None:
    """Batch by batch, with replies before what they answer, copies, and places that were read before."""
    with two_stores() as (many, one):
        for account, mails in batches:
            batch = [arrival(mail, uid, folder, account, validity) for mail, (uid, folder, validity) in mails]
            assert keep(many, *batch) == one_by_one(one, batch)
        assert without_hold(everything(many)) == without_hold(everything(one))


# what the property rests on, on both engines


def rows(store: SqlStore, *columns: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.read(lambda c: c.execute(select(*columns).order_by(columns[0])).all())]


def test_a_batch_makes_threads_messages_references_and_places(store: SqlStore) -> None:
    first = message("One", rfc_id="<1@x>")
    reply = message("Two", rfc_id="<2@x>", references=("<1@x>", "<0@x>"), subject="Else", sender=JO)
    other = message("Three", subject="Order 18")
    assert keep(store, arrival(first, 1), arrival(reply, 2), arrival(other, 3)) == 3
    assert rows(store, t.message.c.id, t.message.c.thread_id) == [(1, 1), (2, 1), (3, 2)]
    assert rows(store, t.thread.c.id, t.thread.c.customer_address) == [(1, CUSTOMER.address), (2, CUSTOMER.address)]
    assert sorted(rows(store, t.reference.c.rfc_id, t.reference.c.message_id)) == [("<0@x>", 2), ("<1@x>", 2)]
    assert rows(store, t.place.c.uid, t.place.c.message_id) == [(1, 1), (2, 2), (3, 3)]


def test_the_same_batch_again_stores_nothing(store: SqlStore) -> None:
    batch = [arrival(message(f"Number {n}", subject=f"Order {n}"), n) for n in range(1, 5)]
    assert keep(store, *batch) == 4
    before = everything(store)
    assert keep(store, *batch) == 0
    assert everything(store) == before
    assert keep(store) == 0


def test_of_a_copy_both_addresses_are_remembered_however_it_comes(store: SqlStore) -> None:
    """T13: one mail to two of our addresses."""
    to = [message("One", recipients=(f"{name}@acme.example",)) for name in ("support", "sales", "orders", "sales")]
    keep(store, arrival(to[0], 1), arrival(to[1], 2))
    keep(store, arrival(to[2], 3))
    store.transact(lambda tx: tx.remember(arrival(to[3], 4), None))
    ((_, found),) = rows(store, t.message.c.id, t.message.c.recipients)
    assert found == ["support@acme.example", "sales@acme.example", "orders@acme.example"]


def test_a_live_copy_of_a_message_adds_the_address_that_it_came_by(store: SqlStore) -> None:
    one, other = (message("One", recipients=(f"{name}@acme.example",)) for name in ("support", "sales"))
    assert [store.transact(lambda tx, m=m, n=n: tx.remember(arrival(m, n), None)) is not None  # type: ignore[misc]
            for n, m in enumerate((one, other), 1)] == [True, False]  # fmt: skip
    assert rows(store, t.message.c.id, t.message.c.recipients) == [
        (
            1,
            ["support@acme.example", "sales@acme.example"],
        )
    ]


def test_our_own_words_that_come_first_leave_the_thread_to_the_first_customer(store: SqlStore) -> None:
    letter = message("Your order is late.", direction=Direction.FROM_US, sender=COLLEAGUE, rfc_id="<0@x>")
    answer, later = (
        message(f"{who.name} writes", sender=who, references=("<0@x>",), subject="Else", received_at=MONDAY + HOUR)
        for who in (CUSTOMER, JO)
    )
    keep(store, arrival(letter, 1, "Sent"))
    keep(store, arrival(answer, 1), arrival(later, 2))
    (found,) = rows(store, t.thread.c.customer_address, t.thread.c.last_message_at)
    assert found == (CUSTOMER.address, MONDAY + HOUR)


# what waits


def held(store: SqlStore, account: str = "support", beyond: int = 0, limit: int = 9) -> list[ThreadId]:
    return store.transact(lambda tx: tx.held_threads(account, ThreadId(beyond), limit))


def test_what_was_kept_waits_for_its_account_thread_by_thread(store: SqlStore) -> None:
    keep(store, *[arrival(message(f"Number {n}", subject=f"Order {n}"), n) for n in range(1, 5)])
    keep(store, arrival(message("Elsewhere", subject="Order 5"), 1, account="sales"))
    assert (held(store), held(store, "sales"), held(store, "else")) == ([1, 2, 3, 4], [5], [])
    assert (held(store, limit=2), held(store, beyond=2), held(store, beyond=4)) == ([1, 2], [3, 4], [])


def test_what_waits_comes_in_the_order_of_its_arrival_and_goes_when_it_is_decided(store: SqlStore) -> None:
    late, early = message("Late", received_at=MONDAY + HOUR), message("Early", received_at=MONDAY)
    keep(store, arrival(late, 1), arrival(early, 2))
    found = store.transact(lambda tx: tx.held([ThreadId(1)]))[ThreadId(1)]
    assert [(one.message.new_text, one.verdict, one.is_history) for one in found] == [
        ("Early", None, True), ("Late", None, False),
    ]  # fmt: skip
    store.transact(lambda tx: tx.decided_on({found[0].id: MISTAKE, found[1].id: None}))
    assert (held(store), store.transact(lambda tx: tx.held([ThreadId(1)]))) == ([], {})
    assert [bool(row[1]) for row in rows(store, t.message.c.id, t.message.c.verdict)] == [False, True]
    store.transact(lambda tx: tx.decided_on({}))


def test_turns_tell_who_wrote_when_in_held_and_in_other_mail(store: SqlStore) -> None:
    store.transact(lambda tx: tx.remember(arrival(message("One", received_at=MONDAY), 1), NOTHING))
    ours = message("Two", direction=Direction.FROM_US, sender=COLLEAGUE, rfc_id="<2@x>", received_at=MONDAY + HOUR)
    keep(store, arrival(message("Three", received_at=MONDAY + 2 * HOUR), 2), arrival(ours, 3))
    told = store.transact(lambda tx: tx.turns([ThreadId(1), ThreadId(2), ThreadId(9)]))
    assert told == {
        ThreadId(1): [Turn(MessageId(1), Direction.FROM_CUSTOMER, MONDAY),
                      Turn(MessageId(2), Direction.FROM_CUSTOMER, MONDAY + 2 * HOUR)],
        ThreadId(2): [Turn(MessageId(3), Direction.FROM_US, MONDAY + HOUR)],
    }  # fmt: skip


def test_a_thread_is_busy_while_somebody_waits_in_it_or_there_is_a_case(store: SqlStore) -> None:
    keep(store, *[arrival(message(f"Number {n}", subject=f"Order {n}"), n) for n in (1, 2)])
    both = [ThreadId(1), ThreadId(2)]
    assert store.transact(lambda tx: tx.busy(both)) == set()
    store.transact(lambda tx: tx.track(ThreadId(2), Waiting(ThreadId(2), MONDAY, 1, MONDAY)))
    assert store.transact(lambda tx: tx.busy(both)) == {2}
    store.transact(lambda tx: tx.track(ThreadId(2), None))
    assert store.transact(lambda tx: tx.busy(both)) == set()


@pytest.mark.parametrize("days", [13, 15])
def test_a_subject_is_remembered_for_a_fortnight_also_within_a_batch(store: SqlStore, days: int) -> None:
    again = message("Again", received_at=MONDAY + timedelta(days=days))
    keep(store, arrival(message("One"), 1), arrival(again, 2))
    assert len(rows(store, t.thread.c.id)) == (1 if days < 14 else 2)


def test_two_processes_that_store_the_same_batch_store_it_once(
    store: SqlStore, url: str, clock: SimulatedClock
) -> None:
    other = SqlStore(url, clock)
    batch = [arrival(message(f"Number {n}", subject=f"Order {n}"), n) for n in range(1, 5)]
    assert (keep(store, *batch), keep(other, *batch)) == (4, 0)
    other.close()

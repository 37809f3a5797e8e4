"""What a customer had written before a message, from rows: in its thread, since our last answer, and no more."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Arrival, Direction, Medium, Message, Person, ThreadId
from bot.domain.silence import Earlier, earlier_in
from bot.store.messages import SAME_SUBJECT
from bot.store.store import SqlStore
from tests.fakes.build import COLLEAGUE, HOUR, MINUTE, message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

JO = Person("jo@customer.example", "Jo")
NONE = Earlier()
OURS: dict[str, Any] = {"sender": COLLEAGUE, "direction": Direction.FROM_US, "references": ("<1@x>",)}


def mail(hours: float, **other: Any) -> Message:
    """A customer's mail so many hours after the first."""
    return message(f"After {hours} h", received_at=MONDAY + hours * HOUR, **other)


FIRST = mail(0, rfc_id="<1@x>")


def earlier(store: SqlStore, asked: Message, *before: Message) -> Earlier:
    for one in before:
        store.transact(lambda tx, it=one: tx.remember(Arrival(it), None))  # type: ignore[misc]
    return store.transact(lambda tx: tx.earlier(asked))


def test_before_a_first_mail_there_is_nothing(store: SqlStore) -> None:
    assert earlier(store, FIRST) == NONE
    assert earlier(store, mail(1, subject="Order 18"), FIRST) == NONE


@pytest.mark.parametrize("other", [{}, {"references": ("<1@x>",), "subject": "Else"}], ids=["subject", "reference"])
def test_what_the_customer_wrote_in_the_thread_is_counted_and_dated_by_the_first(
    store: SqlStore, other: dict[str, Any]
) -> None:
    assert earlier(store, mail(9, **other), FIRST, mail(2)) == Earlier(2, MONDAY)


def test_our_last_answer_ends_the_count(store: SqlStore) -> None:
    thread = (FIRST, mail(1, **OURS), mail(2), mail(3))
    assert earlier(store, mail(4), *thread) == Earlier(2, MONDAY + 2 * HOUR)
    assert earlier(store, mail(9), mail(5, **OURS)) == NONE


def test_a_mail_does_not_count_itself_nor_what_came_at_the_same_moment_or_later(store: SqlStore) -> None:
    asked = mail(2)
    assert earlier(store, asked, FIRST, asked, mail(2, references=("<1@x>",)), mail(3)) == Earlier(1, MONDAY)


def test_machines_are_no_customers_and_answer_nothing(store: SqlStore) -> None:
    away = mail(1, direction=Direction.AUTOMATIC, references=("<1@x>",))
    assert earlier(store, mail(2), FIRST, away) == Earlier(1, MONDAY)


def test_another_customer_with_the_same_subject_has_a_past_of_its_own(store: SqlStore) -> None:
    assert earlier(store, mail(2, sender=JO), FIRST, mail(1)) == NONE


def test_a_subject_is_remembered_for_a_fortnight(store: SqlStore) -> None:
    fortnight = SAME_SUBJECT / HOUR
    assert earlier(store, mail(fortnight), FIRST) == Earlier(1, MONDAY)
    assert earlier(store, mail(fortnight + MINUTE / HOUR)) == NONE


def test_what_a_colleague_reports_has_no_past(store: SqlStore) -> None:
    assert earlier(store, mail(1, medium=Medium.WORK_CHANNEL), FIRST) == NONE


def test_an_answer_to_an_unknown_mail_has_none_either(store: SqlStore) -> None:
    assert earlier(store, mail(1, references=("<unknown@x>",), subject=""), FIRST) == NONE


@given(st.lists(st.sampled_from(list(Direction)), min_size=1, max_size=8))
def test_a_thread_seen_as_a_whole_tells_the_same_as_asking_for_each_mail(directions: list[Direction]) -> None:
    """What is settled after an outage is judged as if it had come one by one."""
    mails = [
        mail(n, rfc_id=f"<{n}@x>", direction=who, references=tuple(f"<{m}@x>" for m in reversed(range(n))))
        for n, who in enumerate(directions)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, World.at(Path(folder)) as world:
        asked = []
        for one in mails:
            asked.append(world.store.transact(lambda tx, it=one: tx.earlier(it)))  # type: ignore[misc]
            world.store.transact(lambda tx, it=one: tx.remember(Arrival(it), None))  # type: ignore[misc]
        turns = world.store.transact(lambda tx: tx.turns([ThreadId(1)]))[ThreadId(1)]
    assert list(earlier_in(turns).values()) == asked

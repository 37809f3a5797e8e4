"""Which messages belong together: known references first, then sender and subject; a subject alone joins nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Arrival, Direction, Medium, Message, Person, ThreadId
from bot.domain.silence import Waiting
from bot.store.messages import SAME_SUBJECT, verdict_from_json, verdict_to_json
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import COLLEAGUE, DAY, HOUR, MISTAKE, message, verdict
from tests.fakes.clock import MONDAY

JO = Person("jo@customer.example", "Jo")
FIRST = message("First", rfc_id="<1@customer.example>")


def remember(store: SqlStore, *messages: Message) -> list[ThreadId | None]:
    return store.transact(lambda tx: [tx.remember(Arrival(one), None) for one in messages])


class UndoneError(Exception):
    """Takes back what a transaction wrote, so that one database serves many small cases."""


def together(store: SqlStore, *messages: Message) -> bool:
    """Whether all of these would be in one thread; nothing of it stays."""
    threads: list[ThreadId | None] = []

    def work(tx: SqlTransaction) -> None:
        threads.extend(tx.remember(Arrival(one), None) for one in messages)
        raise UndoneError

    with pytest.raises(UndoneError):
        store.transact(work)
    assert None not in threads, "these messages are not different ones"
    return len(set(threads)) == 1


REPLIES: list[dict[str, Any]] = [
    {"references": ("<1@customer.example>",), "sender": JO, "subject": "Else"},
    {"references": ("<unknown@x>", "<1@customer.example>"), "sender": JO, "subject": "Else"},
    {"references": ("<1@customer.example>",), "sender": COLLEAGUE, "direction": Direction.FROM_US},
    {"subject": "Re: order  17"},
    {"subject": "Order 17", "received_at": MONDAY + SAME_SUBJECT},
    {"subject": "Order 17", "received_at": MONDAY - SAME_SUBJECT},
]


def test_a_known_reference_or_the_same_sender_and_subject_within_a_fortnight_join_a_thread(store: SqlStore) -> None:
    for reply in REPLIES:
        assert together(store, FIRST, message("Second", **reply)), reply


OTHERS: list[dict[str, Any]] = [
    {"subject": "Order 17", "sender": JO},
    {"subject": "Order 18"},
    {"subject": "Order 17", "received_at": MONDAY + SAME_SUBJECT + timedelta(seconds=1)},
    {"references": ("<unknown@x>",), "sender": JO},
    {"subject": "Order 17", "medium": Medium.WORK_CHANNEL},
    {"subject": "Order 17", "direction": Direction.FROM_US},
]


def test_anything_else_begins_a_thread_of_its_own(store: SqlStore) -> None:
    for other in OTHERS:
        assert not together(store, FIRST, message("Second", **other)), other


def test_messages_without_a_subject_are_joined_by_references_only(store: SqlStore) -> None:
    assert not together(store, message("One", subject="Re:"), message("Two", subject=""))


def test_the_nearest_known_reference_decides(store: SqlStore) -> None:
    other = message("Other", rfc_id="<2@x>", sender=JO)
    reply = message("Reply", references=("<2@x>", "<1@customer.example>"), subject="")
    first, second, joined = remember(store, FIRST, other, reply)
    assert first != second
    assert joined == second


def test_an_answer_that_was_stored_before_its_question_keeps_them_together(store: SqlStore) -> None:
    answer = message("Answer", direction=Direction.FROM_US, sender=COLLEAGUE, references=("<1@customer.example>",))
    assert together(store, answer, FIRST)


def test_activity_keeps_a_subject_alive(store: SqlStore) -> None:
    weeks = [message(f"Week {n}", received_at=MONDAY + n * 10 * DAY) for n in range(4)]
    assert together(store, *weeks)


def test_an_old_message_that_arrives_late_does_not_make_a_thread_older(store: SqlStore) -> None:
    old = message("Old", received_at=MONDAY - 13 * DAY)
    late = message("Late", received_at=MONDAY + 13 * DAY)
    assert together(store, FIRST, old, late)


def test_facts_tell_the_order_of_words_in_a_thread(store: SqlStore) -> None:
    question = replace(FIRST, received_at=MONDAY)
    ours = message("Answer", direction=Direction.FROM_US, sender=COLLEAGUE, references=(FIRST.rfc_id,),
                   received_at=MONDAY + HOUR)  # fmt: skip
    again = message("Again", received_at=MONDAY + 2 * HOUR)
    (thread, *_) = remember(store, question, ours, again)
    assert thread is not None
    asked = [store.transact(lambda tx, m=m: tx.facts(m, None, thread)) for m in (question, ours, again)]  # type: ignore[misc]
    assert [facts.overtaken for facts in asked] == [True, True, False]
    assert asked[2].customer_messages == 1
    assert (asked[2].case, asked[2].waiting) == (None, None)


def test_waiting_is_remembered_found_when_due_and_forgotten(store: SqlStore) -> None:
    (thread,) = remember(store, FIRST)
    assert thread is not None
    waiting = Waiting(thread, MONDAY - HOUR, 2, MONDAY)
    store.transact(lambda tx: tx.track(thread, waiting))
    assert store.transact(lambda tx: tx.facts(FIRST, None, thread)).waiting == waiting
    assert store.transact(lambda tx: tx.due_waits(9)) == [(waiting, FIRST.sender, Medium.MAIL)]
    store.transact(lambda tx: tx.defective_wait(thread, MONDAY + HOUR))
    assert store.transact(lambda tx: tx.due_waits(9)) == []
    store.transact(lambda tx: tx.track(thread, None))
    assert store.transact(lambda tx: tx.facts(FIRST, None, thread)).waiting is None


def test_the_longest_headers_that_reading_lets_through_are_no_reason_to_lose_a_message(store: SqlStore) -> None:
    """PostgreSQL refuses index entries of more than 2,704 bytes; these do not compress, at four bytes a letter."""
    long = "".join(chr(0x20000 + (n * 7919) % 40_000) for n in range(500))
    writer = Person(f"{long[:306]}@{'x' * 8}.example")
    strange = message("Long", subject=long, rfc_id=f"<{long[:498]}>", references=(f"<{long[1:499]}>",), sender=writer)
    assert together(store, strange, message("Reply", subject="Re", references=(f"<{long[:498]}>",)))
    assert together(store, strange, message("Again", subject=f"Re: {long}", sender=writer))


@given(st.builds(verdict, st.sampled_from(list(MISTAKE.labels)), severity=st.integers(0, 3), unsure=st.booleans()))
def test_a_verdict_is_kept_as_it_was(said: object) -> None:
    assert isinstance(said, type(MISTAKE))
    assert verdict_from_json(verdict_to_json(said)) == said

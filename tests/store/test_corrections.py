"""What people said a text really is, as the classifier would be asked about it: not more than was known then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import update

from bot.domain.message import Arrival, Medium, ThreadId
from bot.domain.verdict import Label, Verdict
from bot.service.ports import Correction
from bot.store import tables as t
from bot.store.models import corrections
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import HOUR, MINUTE, NOTHING, message
from tests.fakes.clock import MONDAY, SimulatedClock

MISTAKE = frozenset({Label.MISTAKE})


def corrected(store: SqlStore, text: str, judged: Verdict | None = NOTHING, **other: Any) -> None:
    """A mail arrives; a person says at once that it is a mistake."""

    def work(tx: SqlTransaction) -> None:
        tx.remember(Arrival(message(text, **other)), judged)
        (latest, *_) = [one for one in tx.review_candidates() if text in one.words]
        tx.answer_review(tx.list_for_review(latest), latest.id, MISTAKE, "ana", "")

    store.transact(work)


def test_a_mail_that_begins_a_thread_is_learnt_with_its_subject(store: SqlStore, clock: SimulatedClock) -> None:
    clock.advance(HOUR)
    corrected(store, "The lid broke.")
    assert store.read(corrections) == [
        Correction("The lid broke.", "Order 17", "mail", MISTAKE, 1, ThreadId(1), MONDAY + HOUR)
    ]


def test_a_reply_is_learnt_without_the_subject_that_it_only_carries_along(store: SqlStore) -> None:
    corrected(store, "And the tea is stale.", references=("<1@x>", "<0@x>"))
    assert [one.subject for one in store.read(corrections)] == [""]


def test_a_correction_knows_how_long_the_customer_had_waited_when_it_was_judged(store: SqlStore) -> None:
    corrected(store, "Still nothing.", replace(NOTHING, unanswered=2, waiting_hours=30.5))
    (told,) = store.read(corrections)
    assert (told.unanswered, told.waiting_hours) == (2, 30.5)


def test_what_an_older_amends_judged_had_no_such_knowledge(store: SqlStore) -> None:
    corrected(store, "The lid broke.")
    for verdict in ({"mistake": 0.1, "ignored": 0.1, "labels": []}, None):
        store.transact(lambda tx, it=verdict: tx.connection.execute(update(t.message).values(verdict=it)))  # type: ignore[misc]
        (told,) = store.read(corrections)
        assert (told.unanswered, told.waiting_hours) == (0, 0.0)


def test_a_word_of_a_colleague_keeps_its_medium(store: SqlStore) -> None:
    corrected(store, "He was charged twice.", subject="", medium=Medium.WORK_CHANNEL)
    assert [(one.medium, one.subject) for one in store.read(corrections)] == [("work_channel", "")]


def test_mails_of_one_thread_say_so(store: SqlStore, clock: SimulatedClock) -> None:
    for text, subject in (("One.", "Order 17"), ("Two.", "Re: Order 17"), ("Else.", "Order 18")):
        corrected(store, text, subject=subject)
        clock.advance(MINUTE)
    first, second, other = (one.thread for one in store.read(corrections))
    assert first == second != other

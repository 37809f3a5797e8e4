"""What people are asked to look at, what they said of it, and how much of the mail that was, as rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.message import Arrival, Direction, MessageId, Person, ThreadId
from bot.domain.review import Answer, Candidate, Counted, Stratum, prevalence
from bot.domain.verdict import Label, Verdict
from bot.errors import StoreUnfit
from bot.service.review import answer
from bot.store import tables as t
from bot.store.models import corrections
from bot.store.reviews import open_reviews, strata
from bot.store.store import SqlStore
from tests.fakes.build import COLLEAGUE, CUSTOMER, DAY, HOUR, MISTAKE, NOTHING, POLICY, message, verdict
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.rows import open_case

UNSURE = verdict(unsure=True)
LONG_AGO = MONDAY - 365 * DAY


def customer(number: int) -> Person:
    return Person(f"c{number}@customer.example", f"C{number}")


def arrive(store: SqlStore, text: str, judged: Verdict | None = NOTHING, **other: Any) -> ThreadId:
    """A customer's mail, stored with its verdict."""
    thread = store.transact(lambda tx: tx.remember(Arrival(message(text, **other)), judged))
    assert thread is not None, "this mail is known"
    return thread


def candidates(store: SqlStore) -> list[Candidate]:
    return store.transact(lambda tx: tx.review_candidates())


def words(store: SqlStore) -> list[str]:
    return [one.words for one in candidates(store)]


def list_all(store: SqlStore) -> list[int]:
    """All candidates are put on the list; their numbers."""
    return store.transact(lambda tx: [tx.list_for_review(one) for one in tx.review_candidates()])


def open_numbers(store: SqlStore) -> list[int]:
    return [int(one["id"]) for one in store.read(open_reviews)]


# who may be listed


def test_a_candidate_is_what_a_person_needs_to_know_and_the_draw_needs(store: SqlStore) -> None:
    asked = message("The lid broke.")
    arrive(store, "The lid broke.", replace(UNSURE, mistake=0.4, ignored=0.2))
    (found,) = candidates(store)
    assert found == Candidate(
        MessageId(1), asked.identity, Stratum.UNSURE, 0.4, "Mo", "Order 17: The lid broke."
    )  # fmt: skip


def test_a_nameless_customer_is_called_by_the_address_and_a_mail_without_a_subject_by_its_words(
    store: SqlStore,
) -> None:
    arrive(store, "x" * 5000, sender=Person("jo@x.example"), subject="")
    (found,) = candidates(store)
    assert (found.customer, found.words) == ("jo@x.example", "x" * 400)


def test_only_what_customers_wrote_and_nothing_was_alerted_about_is_listed(store: SqlStore) -> None:
    arrive(store, "Quiet", sender=customer(1))
    arrive(store, "Unsure", UNSURE, sender=customer(2))
    arrive(store, "Alerted", MISTAKE, sender=customer(3))
    arrive(store, "Ours", None, sender=COLLEAGUE, direction=Direction.FROM_US)
    arrive(store, "Away", None, sender=customer(4), direction=Direction.AUTOMATIC)
    arrive(store, "Not judged", None, sender=customer(5))
    store.transact(lambda tx: open_case(tx, customer(6)))
    arrive(store, "In a case", sender=customer(6))
    assert words(store) == ["Order 17: Quiet", "Order 17: Unsure"]


def test_what_is_listed_is_no_candidate_again_and_neither_is_what_was_passed_over(
    store: SqlStore, clock: SimulatedClock
) -> None:
    arrive(store, "Listed")
    arrive(store, "Passed over", sender=customer(1))
    clock.advance(DAY)
    (first, _) = candidates(store)
    store.transact(lambda tx: tx.list_for_review(first))
    assert candidates(store) == []
    clock.advance(timedelta(seconds=1))
    arrive(store, "New", sender=customer(2))
    assert words(store) == ["Order 17: New"]


def test_a_clock_that_is_put_back_lists_nothing_twice(store: SqlStore, clock: SimulatedClock) -> None:
    arrive(store, "The lid broke.")
    clock.set(MONDAY - HOUR)
    assert len(list_all(store)) == 1
    clock.set(MONDAY + HOUR)
    assert candidates(store) == []


def test_a_list_after_a_long_pause_looks_back_a_week(store: SqlStore, clock: SimulatedClock) -> None:
    arrive(store, "Old")
    clock.advance(timedelta(microseconds=1))
    arrive(store, "Younger", sender=customer(1))
    clock.set(MONDAY + 7 * DAY)
    assert words(store) == ["Order 17: Younger"]


def test_it_counts_when_a_mail_was_seen_and_not_when_it_was_written(store: SqlStore) -> None:
    arrive(store, "Written long ago, read today", received_at=MONDAY - 60 * DAY)
    assert len(candidates(store)) == 1


def test_a_message_is_on_the_list_once_and_for_all(store: SqlStore) -> None:
    arrive(store, "The lid broke.")
    (found,) = candidates(store)
    list_all(store)
    with pytest.raises(StoreUnfit, match=r"(?i)unique"):
        store.transact(lambda tx: tx.list_for_review(found))


def test_beside_its_message_a_verdict_leaves_what_is_counted(store: SqlStore) -> None:
    arrive(store, "Quiet", replace(NOTHING, unseen=0.25))
    arrive(store, "Unsure", UNSURE, sender=customer(1))
    arrive(store, "Alerted", MISTAKE, sender=customer(2))
    arrive(store, "Not judged", None, sender=customer(3))
    m = t.message.c
    rows = store.read(lambda c: c.execute(select(m.stratum, m.unseen).order_by(m.id)).all())
    assert [tuple(row) for row in rows] == [("quiet", 0.25), ("unsure", 0.0), ("alert", 0.0), (None, None)]


# what is known of a listed message


def test_a_number_that_nobody_gave_is_nobodys(store: SqlStore) -> None:
    assert store.transact(lambda tx: tx.reviewed(1)) is None


def test_a_listed_message_is_found_with_its_customer_and_the_time_of_waiting(store: SqlStore) -> None:
    thread = arrive(store, "The lid broke.", received_at=MONDAY - HOUR)
    (number,) = list_all(store)
    found = store.transact(lambda tx: tx.reviewed(number))
    assert found is not None
    assert (found.message, found.thread, found.customer) == (MessageId(1), thread, CUSTOMER)
    assert (found.received_at, found.answered, found.in_a_case) == (MONDAY - HOUR, False, False)


@pytest.mark.parametrize(("hours", "answered"), [(-1, False), (1, True)])
def test_only_what_we_wrote_later_is_an_answer(store: SqlStore, hours: int, answered: bool) -> None:
    arrive(store, "The lid broke.", rfc_id="<1@x>")
    (number,) = list_all(store)
    arrive(store, "Hello", None, sender=COLLEAGUE, direction=Direction.FROM_US, references=("<1@x>",),
           received_at=MONDAY + hours * HOUR)  # fmt: skip
    found = store.transact(lambda tx: tx.reviewed(number))
    assert found is not None
    assert found.answered is answered


def test_neither_a_machine_nor_the_customer_nor_another_thread_answers(store: SqlStore) -> None:
    arrive(store, "The lid broke.", rfc_id="<1@x>")
    (number,) = list_all(store)
    later: dict[str, Any] = {"received_at": MONDAY + HOUR}
    arrive(store, "Away", None, direction=Direction.AUTOMATIC, references=("<1@x>",), **later)
    arrive(store, "And?", references=("<1@x>",), **later)
    arrive(store, "To Jo", None, sender=COLLEAGUE, direction=Direction.FROM_US, **later)
    store.transact(lambda tx: open_case(tx, customer(1)))
    found = store.transact(lambda tx: tx.reviewed(number))
    assert found is not None
    assert (found.answered, found.in_a_case) == (False, False)


# answers


def say(store: SqlStore, number: int, said: Answer) -> bool:
    came = answer(store, POLICY, number, said, who="ana", note="I asked him")
    return came.endswith("A case was opened for it.")


def test_an_answer_is_a_correction_of_the_message_and_takes_it_from_the_list(store: SqlStore) -> None:
    arrive(store, "The lid broke.")
    arrive(store, "The tea is stale.", sender=customer(1))
    one, other = list_all(store)
    say(store, other, Answer.IGNORED)
    assert open_numbers(store) == [one]
    (kept,) = store.read(lambda c: c.execute(select(t.correction)).all())
    assert (kept.message_id, kept.labels, kept.who, kept.note) == (2, ["mistake", "ignored"], "ana", "I asked him")
    assert [(x.text, x.labels) for x in store.read(corrections)] == [("The tea is stale.", frozenset(Label))]


def test_what_is_open_is_shown_with_the_newest_list_first(store: SqlStore, clock: SimulatedClock) -> None:
    arrive(store, "The lid broke.", replace(UNSURE, mistake=0.4))
    list_all(store)
    clock.advance(DAY)
    arrive(store, "x" * 900, sender=Person("jo@x.example"))
    arrive(store, "The tea is stale.", sender=customer(1))
    list_all(store)
    newest, second, oldest = store.read(open_reviews)
    assert [one["text"] for one in (newest, second)] == ["x" * 400, "The tea is stale."]
    assert oldest == {
        "id": 1, "why": "unsure", "listed_at": "2026-03-02T09:00:00+00:00", "received_at": "2026-03-02T09:00:00+00:00",
        "customer": "Mo", "subject": "Order 17", "text": "The lid broke.", "mistake": 0.4, "ignored": 0.1,
    }  # fmt: skip


# how much of the mail that was


def counted(store: SqlStore, since: datetime = LONG_AGO) -> dict[Stratum, Counted]:
    return store.read(lambda connection: strata(connection, since))


def test_without_mail_there_is_nothing_to_count(store: SqlStore) -> None:
    assert counted(store) == {}
    assert prevalence(counted(store)) is None


def test_of_each_stratum_it_is_counted_how_many_there_were_were_looked_at_and_were_mistakes(store: SqlStore) -> None:
    for number in range(4):
        arrive(store, f"Quiet {number}", sender=customer(number))
    for number in range(3):
        arrive(store, f"Unsure {number}", UNSURE, sender=customer(10 + number))
    quiet, *_, unsure, other = list_all(store)
    say(store, quiet, Answer.NEITHER)
    say(store, unsure, Answer.NEITHER)
    say(store, other, Answer.NEITHER)
    say(store, other, Answer.IGNORED)
    assert counted(store) == {Stratum.QUIET: Counted(4, 1, 0), Stratum.UNSURE: Counted(3, 2, 1)}


def test_the_latest_word_on_a_message_is_the_one_that_counts(store: SqlStore) -> None:
    arrive(store, "The lid broke.", rfc_id="<1@x>")
    (number,) = list_all(store)
    arrive(store, "Sorry.", None, sender=COLLEAGUE, direction=Direction.FROM_US, references=("<1@x>",),
           received_at=MONDAY + HOUR)  # fmt: skip
    for said, mistakes in ((Answer.MISTAKE, 1), (Answer.NEITHER, 0), (Answer.IGNORED, 1)):
        say(store, number, said)
        assert counted(store) == {Stratum.QUIET: Counted(1, 1, mistakes)}


def test_only_what_came_since_then_is_counted(store: SqlStore, clock: SimulatedClock) -> None:
    arrive(store, "Old")
    clock.advance(DAY)
    arrive(store, "New", sender=customer(1))
    assert counted(store, MONDAY) == {Stratum.QUIET: Counted(1, 0, 0)}
    assert counted(store, MONDAY + DAY) == {}

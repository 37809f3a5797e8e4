"""How often people dismiss what the classifier alerted about, and how many words it never saw, counted from rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.alert import CaseId, Reason
from bot.domain.case import Entry, State, Step
from bot.domain.drift import Share
from bot.domain.message import Arrival, Direction, Person
from bot.domain.review import Answer, Counted, Stratum
from bot.service.feedback import step
from bot.service.review import answer
from bot.store.reviews import strata
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import COLLEAGUE, DAY, HOUR, NOTHING, POLICY, message, verdict
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.rows import open_case

WEEK = 7 * DAY
NOTHING_DECIDED = Share(0, 0)


def a_case(store: SqlStore, number: int, *steps: str, reason: Reason = Reason.MISTAKE) -> None:
    """A case in which people did these things at this moment, one after the other."""

    def work(tx: SqlTransaction) -> None:
        opened = open_case(tx, Person(f"c{number}@x.example"), reason=reason)
        for what in steps:
            found = tx.case(opened)
            assert found is not None
            state = State(what)
            moved = replace(found, state=state, next_due_at=None if state.resolved else MONDAY + WEEK)
            tx.change_case(moved, Entry(tx.now, "ana", "cli", what, found.state, state, ""))

    store.transact(work)


def decided(store: SqlStore, since: datetime = MONDAY - DAY, until: datetime = MONDAY + 99 * DAY) -> Share:
    return store.transact(lambda tx: tx.decided(since, until))


def test_where_nobody_decided_anything_there_is_no_share(store: SqlStore) -> None:
    assert decided(store) == NOTHING_DECIDED
    a_case(store, 1)
    a_case(store, 2, "acknowledged")
    assert decided(store) == NOTHING_DECIDED


def test_who_dismisses_disagrees_and_who_does_anything_for_the_customer_agrees(store: SqlStore) -> None:
    a_case(store, 1, "dismissed")
    for number, what in enumerate(("contacted", "amends_made", "fixed", "evidence_sent", "closed"), 2):
        a_case(store, number, what)
    assert decided(store) == Share(1, 6)


def test_a_case_is_decided_once_however_many_steps_were_taken(store: SqlStore) -> None:
    a_case(store, 1, "acknowledged", "contacted", "amends_made", "closed")
    a_case(store, 2, "contacted", "dismissed")
    assert decided(store) == Share(1, 2)


@pytest.mark.parametrize("reason", [one for one in Reason if one.opens])
def test_a_silence_is_no_opinion_of_the_classifier(store: SqlStore, reason: Reason) -> None:
    a_case(store, 1, "dismissed", reason=reason)
    assert decided(store) == (NOTHING_DECIDED if reason is Reason.UNANSWERED else Share(1, 1))


def test_each_decision_is_of_one_week(store: SqlStore, clock: SimulatedClock) -> None:
    a_case(store, 1, "dismissed")
    clock.advance(WEEK)
    a_case(store, 2, "closed")
    assert decided(store, MONDAY - WEEK, MONDAY) == Share(1, 1)
    assert decided(store, MONDAY, MONDAY + WEEK) == Share(0, 1)
    assert decided(store, MONDAY + WEEK, MONDAY + 2 * WEEK) == NOTHING_DECIDED


def missed(store: SqlStore, *, case: int) -> None:
    """The classifier was quiet; a person found the mistake, and the customer was contacted."""
    store.transact(lambda tx: tx.remember(Arrival(message("The lid broke.", rfc_id="<1@x>")), NOTHING))
    (number,) = store.transact(lambda tx: [tx.list_for_review(one) for one in tx.review_candidates()])
    assert answer(store, POLICY, number, Answer.MISTAKE, who="ana")
    step(store, POLICY, CaseId(case), Step.CONTACTED, who="ana", whence="cli")


def test_what_people_found_themselves_is_no_alert_that_they_agreed_with(store: SqlStore) -> None:
    missed(store, case=1)
    assert decided(store) == NOTHING_DECIDED


def test_what_people_found_themselves_is_one_look_at_the_quiet_and_none_at_the_alerts(store: SqlStore) -> None:
    """Else every mistake that the classifier missed would make its alerts look better."""
    a_case(store, 1, "dismissed")
    missed(store, case=2)
    found = store.read(lambda connection: strata(connection, MONDAY - DAY))
    assert found == {Stratum.ALERT: Counted(1, 1, 0), Stratum.QUIET: Counted(1, 1, 1)}


def test_alerts_are_looked_at_as_soon_as_somebody_decided(store: SqlStore) -> None:
    for number, steps in enumerate([(), ("acknowledged",), ("contacted",), ("dismissed",), ("closed",)]):
        a_case(store, number, *steps)
    a_case(store, 9, "dismissed", reason=Reason.UNANSWERED)
    found = store.read(lambda connection: strata(connection, MONDAY - DAY))
    assert found == {Stratum.ALERT: Counted(6, 3, 2)}


# words that the classifier never saw


def arrive(store: SqlStore, number: int, share: float | None) -> None:
    judged = replace(verdict(), unseen=share) if share is not None else None
    store.transact(lambda tx: tx.remember(Arrival(message(f"Mail {number}")), judged))


def unseen(store: SqlStore, since: datetime, until: datetime) -> tuple[float, int]:
    found = store.transact(lambda tx: tx.unseen(since, until))
    return round(found.rate, 9), found.whole


def test_unseen_words_are_a_mean_over_the_mails_of_a_time(store: SqlStore, clock: SimulatedClock) -> None:
    for number, share in enumerate([0.5, 0.1, 0.0]):
        arrive(store, number, share)
    clock.advance(WEEK)
    arrive(store, 3, 0.25)
    assert unseen(store, MONDAY - WEEK, MONDAY) == (0.2, 3)
    assert unseen(store, MONDAY, MONDAY + WEEK) == (0.25, 1)
    assert unseen(store, MONDAY - HOUR, MONDAY - timedelta(microseconds=1)) == (0.0, 0)


def test_mail_that_was_not_judged_has_no_share(store: SqlStore) -> None:
    arrive(store, 1, 0.5)
    arrive(store, 2, None)
    ours = message("Sorry.", sender=COLLEAGUE, direction=Direction.FROM_US)
    store.transact(lambda tx: tx.remember(Arrival(ours), None))
    assert unseen(store, MONDAY - DAY, MONDAY) == (0.5, 1)

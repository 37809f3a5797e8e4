"""Why amends speaks: keys under which nothing is said twice, and what is still worth saying when its turn comes."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from bot.domain.alert import CaseId, Reason, Say
from bot.domain.case import State
from bot.domain.escalation import Notify
from bot.domain.triage import still_wanted
from tests.fakes.build import MINUTE, case
from tests.fakes.clock import MONDAY

OPENING = [Reason.MISTAKE, Reason.IGNORED, Reason.STAFF_REPORT, Reason.UNANSWERED]
OF_THE_LADDER = [*OPENING, Reason.STILL_UNANSWERED, Reason.CLAIM_LAPSED, Reason.EXHAUSTED]


def test_the_key_names_case_reason_loop_rung_and_target() -> None:
    assert Say(Reason.STILL_UNANSWERED, Notify.ON_CALL, 2, 1).key(CaseId(42)) == "42:still_unanswered:2:1:on_call"


def test_different_things_have_different_keys_and_lateness_is_not_one_of_them() -> None:
    parts = itertools.product(Reason, Notify, range(3), range(3), (CaseId(1), CaseId(11)))
    keys = [Say(reason, notify, loop, rung).key(case_id) for reason, notify, loop, rung, case_id in parts]
    assert len(set(keys)) == len(keys)
    say = Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0)
    late = Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0, timedelta(hours=1))
    assert say.key(CaseId(1)) == late.key(CaseId(1))


def test_every_reason_can_say_why_it_speaks() -> None:
    sentences = [reason.sentence for reason in Reason]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert len(set(sentences)) == len(Reason)


def test_exactly_the_reasons_that_open_a_case_are_cards() -> None:
    assert [reason for reason in Reason if reason.opens] == OPENING


def wanted(state: State, reason: Reason, *, loop: int = 0, snoozed: bool = False) -> bool:
    return still_wanted(case(state, loop=1, snoozed=snoozed), Say(reason, Notify.CHANNEL, 1 + loop, 0))


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("state", [State.CLOSED, State.DISMISSED])
def test_nothing_is_said_about_what_is_settled(state: State, reason: Reason) -> None:
    assert not wanted(state, reason)


@pytest.mark.parametrize("reason", OF_THE_LADDER)
def test_the_ladder_speaks_only_while_nobody_has_taken_the_case(reason: Reason) -> None:
    assert [state for state in State if wanted(state, reason)] == [State.SUSPECTED]


@pytest.mark.parametrize("reason", OF_THE_LADDER)
def test_a_round_that_is_over_is_not_continued(reason: Reason) -> None:
    assert not wanted(State.SUSPECTED, reason, loop=-1)


def test_that_the_customer_wrote_again_matters_until_the_first_answer() -> None:
    states = [state for state in State if wanted(state, Reason.WROTE_AGAIN)]
    assert states == [State.SUSPECTED, State.ACKNOWLEDGED]


def test_a_next_step_is_overdue_only_after_the_first_answer_and_in_its_own_round() -> None:
    owed = [State.CONTACTED, State.AMENDS_MADE, State.FIXED, State.EVIDENCE_SENT]
    assert [state for state in State if wanted(state, Reason.NEXT_STEP_OVERDUE)] == owed
    assert not any(wanted(state, Reason.NEXT_STEP_OVERDUE, loop=-1) for state in State)


@pytest.mark.parametrize("reason", Reason)
def test_while_a_case_is_put_off_nothing_is_said_about_it_but_that_the_first_answer_is_overdue(reason: Reason) -> None:
    heard = [state for state in State if wanted(state, reason, snoozed=True)]
    customers_own = reason is Reason.FIRST_RESPONSE_OVERDUE
    assert heard == ([State.SUSPECTED, State.ACKNOWLEDGED] if customers_own else [])


def test_that_a_snooze_is_over_is_said_whatever_the_open_case_has_become() -> None:
    assert [s for s in State if wanted(s, Reason.SNOOZE_OVER)] == [s for s in State if not s.resolved]


def test_a_case_is_wanted_in_the_round_it_is_in() -> None:
    fresh = case(loop=0, next_due_at=MONDAY + MINUTE)
    assert still_wanted(fresh, Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0))

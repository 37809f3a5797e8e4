"""What a message, a silence, a deadline or a person's word leads to, where no story tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.alert import Reason, Say
from bot.domain.case import Case, State, Step
from bot.domain.escalation import Notify
from bot.domain.hours import Delay
from bot.domain.message import Direction, Medium, Message, ThreadId
from bot.domain.silence import Waiting
from bot.domain.triage import (
    Action,
    ChangeCase,
    Correct,
    Facts,
    OpenCase,
    Track,
    on_due,
    on_message,
    on_silence,
    snooze,
    take_step,
)
from bot.domain.verdict import Label, Verdict
from bot.errors import IllegalStep, UsageError
from tests.fakes.build import (
    COLLEAGUE,
    CUSTOMER,
    DAY,
    HOUR,
    LADDER,
    MINUTE,
    MISTAKE,
    NOTHING,
    POLICY,
    at,
    case,
    ladder,
    message,
    verdict,
)
from tests.fakes.clock import MONDAY

THREAD = ThreadId(3)


def decide(
    arrived: Message,
    judged: Verdict | None = NOTHING,
    *,
    about: Case | None = None,
    waiting: Waiting | None = None,
    messages: int = 1,
    overtaken: bool = False,
    is_history: bool = False,
) -> tuple[Action, ...]:
    facts = Facts(arrived, judged, THREAD, about, waiting, messages, overtaken, is_history)
    return on_message(facts, POLICY, MONDAY)


def taken(about: Case, what: Step, note: str = "") -> tuple[Action, ...]:
    return take_step(about, what, POLICY, MONDAY, who="ana", whence="cli", note=note)


@pytest.mark.parametrize("is_history", [True, False])
def test_history_is_due_from_when_it_came_and_other_mail_from_when_it_is_seen(is_history: bool) -> None:
    """Whatever came while amends was away waits since then, but nobody could have been told in time."""
    came = MONDAY - 3 * DAY
    clock = came if is_history else MONDAY
    due = POLICY.hours.add(clock, POLICY.patience.first_response)
    asked = message("Where is it?", received_at=came)
    assert decide(asked, is_history=is_history) == (Track(THREAD, Waiting(THREAD, came, 1, due, clock)),)
    (_, opened) = decide(asked, MISTAKE, is_history=is_history)
    assert isinstance(opened, OpenCase)
    assert (opened.case.waiting_since, opened.case.opened_at) == (came, MONDAY)


def test_mail_from_the_future_waits_from_now() -> None:
    (track,) = decide(message("Where is it?", received_at=MONDAY + DAY), is_history=True)
    assert isinstance(track, Track)
    assert track.waiting is not None
    assert track.waiting.since == MONDAY


def test_a_message_without_a_verdict_is_still_waited_for() -> None:
    due = POLICY.hours.add(MONDAY, POLICY.patience.first_response)
    assert decide(message("Where is it?"), None) == (Track(THREAD, Waiting(THREAD, MONDAY, 1, due, MONDAY)),)


def test_an_unsure_verdict_without_labels_opens_nothing() -> None:
    assert decide(message("You know what you did."), verdict(unsure=True)) == ()


def test_a_new_case_is_at_least_of_severity_one_and_as_likely_as_its_likeliest_label() -> None:
    both = replace(verdict(Label.MISTAKE, Label.IGNORED, severity=0), ignored=0.95)
    track, opened = decide(message(), both)
    assert track == Track(THREAD, None)
    assert isinstance(opened, OpenCase)
    assert (opened.case.severity, opened.case.confidence) == (1, 0.95)
    assert opened.case.reason is Reason.IGNORED  # who was ignored is told so first
    assert opened.say == Say(Reason.IGNORED, Notify.CHANNEL, 0, 0)


def test_a_complaint_after_a_question_waits_since_the_question() -> None:
    since = MONDAY - HOUR
    _, opened = decide(message(), MISTAKE, waiting=Waiting(THREAD, since, 1, MONDAY + HOUR))
    assert isinstance(opened, OpenCase)
    assert (opened.case.waiting_since, opened.case.clock_start) == (since, MONDAY)


def test_every_further_message_is_counted_and_the_deadline_stays() -> None:
    waiting = Waiting(THREAD, MONDAY - HOUR, 1, MONDAY + HOUR)
    assert decide(message("By the way, it is blue."), waiting=waiting) == (Track(THREAD, replace(waiting, count=2)),)


def test_a_third_message_that_asks_nothing_is_no_ignored_request() -> None:
    waiting = Waiting(THREAD, MONDAY - HOUR, 2, MONDAY + HOUR)
    assert decide(message("It is blue."), waiting=waiting) == (Track(THREAD, replace(waiting, count=3)),)


def test_a_question_in_the_work_channel_is_not_a_customers() -> None:
    assert decide(message("Who is in today?", medium=Medium.WORK_CHANNEL)) == ()


def test_what_was_overtaken_or_automatic_leads_to_nothing() -> None:
    assert decide(message(), MISTAKE, overtaken=True) == ()
    assert decide(message(direction=Direction.AUTOMATIC), MISTAKE) == ()
    assert decide(message(direction=Direction.FROM_US), about=case(), overtaken=True) == ()


def test_our_answer_in_a_thread_without_case_ends_the_waiting_and_where_nobody_waits_it_does_nothing() -> None:
    ours = message(direction=Direction.FROM_US, sender=COLLEAGUE)
    waiting = Waiting(THREAD, MONDAY, 1, MONDAY + HOUR)
    assert decide(ours, waiting=waiting) == (Track(THREAD, None),)
    assert decide(ours) == ()


@pytest.mark.parametrize("state", [state for state in State if not state.awaits_first_answer])
def test_our_further_letters_do_not_move_a_case(state: State) -> None:
    assert decide(message(direction=Direction.FROM_US, sender=COLLEAGUE), about=case(state)) == ()


def test_labels_are_never_lost_and_severity_and_confidence_never_fall() -> None:
    grave = case(severity=3, confidence=0.99, generation=5)
    (change,) = decide(message("Answer!"), verdict(Label.IGNORED, severity=1), about=grave, messages=2)
    assert isinstance(change, ChangeCase)
    assert (change.case.labels, change.case.severity, change.case.confidence) == (frozenset(Label), 3, 0.99)
    assert change.say == (Say(Reason.WROTE_AGAIN, Notify.CHANNEL, 0, 5),)


def test_news_before_the_answer_is_logged_and_nobody_is_told() -> None:
    (change,) = decide(message("It is blue."), about=case(), messages=2)
    assert isinstance(change, ChangeCase)
    assert (change.case, change.say, change.entry.what) == (case(), (), "wrote")


def test_a_silence_opens_a_case_that_waits_since_the_question() -> None:
    waiting = Waiting(THREAD, MONDAY - 8 * HOUR, 1, MONDAY)
    track, opened = on_silence(waiting, CUSTOMER, POLICY, MONDAY)
    assert track == Track(THREAD, None)
    assert isinstance(opened, OpenCase)
    assert (opened.case.waiting_since, opened.case.clock_start, opened.case.confidence) == (waiting.since, MONDAY, 1.0)
    assert opened.case.next_due_at == at("09:15")


@pytest.mark.parametrize("state", [state for state in State if not state.resolved])
@pytest.mark.parametrize("snoozed", [False, True])
@pytest.mark.parametrize("rung", [0, 2, 3, 9])
def test_whatever_is_due_says_exactly_one_thing_and_has_a_next_deadline_ahead(
    state: State, snoozed: bool, rung: int
) -> None:
    due = case(state, snoozed=snoozed, rung=rung, next_due_at=MONDAY + DAY)
    (change,) = on_due(due, POLICY, MONDAY + DAY)
    assert isinstance(change, ChangeCase)
    assert len(change.say) == 1
    assert change.case.next_due_at is not None
    assert change.case.next_due_at > MONDAY + DAY
    assert not change.case.snoozed


def test_a_second_round_has_other_keys_than_the_first() -> None:
    first = case(State.ACKNOWLEDGED, claimed_by="ana", rung=1)
    (lapsed,) = on_due(first, POLICY, MONDAY)
    assert isinstance(lapsed, ChangeCase)
    (again,) = on_due(lapsed.case, POLICY, MONDAY + 15 * MINUTE)
    assert isinstance(again, ChangeCase)
    assert [say.key(first.id) for say in (*lapsed.say, *again.say)] == [
        "7:claim_lapsed:1:0:channel", "7:still_unanswered:1:0:channel",
    ]  # fmt: skip
    assert lapsed.entry.note == "ana"


def test_a_dismissal_teaches_the_classifier_that_nothing_was_wrong() -> None:
    change, correct = taken(case(), Step.DISMISSED, "their own slip")
    assert isinstance(change, ChangeCase)
    assert (change.case.state, change.case.next_due_at, change.withdraw) == (State.DISMISSED, None, True)
    assert correct == Correct(case(), frozenset(), "ana", "their own slip")


def test_a_dismissal_without_a_reason_changes_nothing() -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        taken(case(), Step.DISMISSED)


def test_what_cannot_be_done_is_refused_before_a_reason_is_asked_for() -> None:
    with pytest.raises(IllegalStep, match="The case is fixed; it cannot become dismissed"):
        taken(case(State.FIXED), Step.DISMISSED)


@pytest.mark.parametrize(
    ("state", "step", "due"),
    [
        (State.SUSPECTED, Step.ACKNOWLEDGED, at("13:00")),
        (State.SUSPECTED, Step.CONTACTED, at("17:00", MONDAY + DAY)),
        (State.CONTACTED, Step.FIXED, at("17:00", MONDAY + DAY)),
        (State.FIXED, Step.CLOSED, None),
    ],
)
def test_every_step_has_its_own_deadline(state: State, step: Step, due: object) -> None:
    change = taken(case(state), step, "why")[0]
    assert isinstance(change, ChangeCase)
    assert (change.case.next_due_at, change.withdraw, change.entry.who, change.entry.whence) == (
        due,
        True,
        "ana",
        "cli",
    )


def test_amends_after_the_fix_are_noted_and_the_case_stays_fixed() -> None:
    change = taken(case(State.FIXED), Step.AMENDS_MADE)[0]
    assert isinstance(change, ChangeCase)
    assert (change.case.state, change.entry.what) == (State.FIXED, "amends_made")


def test_reopening_by_hand_starts_a_fresh_clock_and_says_why_in_the_log() -> None:
    change = taken(case(State.CLOSED, rung=3, exhausted=True, claimed_by="ana"), Step.REOPENED, "it happened again")[0]
    assert isinstance(change, ChangeCase)
    fresh = change.case
    assert (fresh.state, fresh.loop, fresh.rung, fresh.exhausted, fresh.claimed_by) == (
        State.SUSPECTED, 1, 0, False, "",
    )  # fmt: skip
    assert (fresh.next_due_at, change.entry.note) == (at("09:15"), "it happened again")
    assert change.say == (Say(Reason.MISTAKE, Notify.CHANNEL, 1, 0),)


def test_a_step_ends_a_snooze_and_an_exhausted_ladder() -> None:
    change = taken(case(snoozed=True, exhausted=True), Step.ACKNOWLEDGED)[0]
    assert isinstance(change, ChangeCase)
    assert (change.case.snoozed, change.case.exhausted) == (False, False)


@pytest.mark.parametrize("ago", [timedelta(), timedelta(seconds=1)])
def test_a_case_is_put_off_only_to_a_moment_that_is_still_to_come(ago: timedelta) -> None:
    with pytest.raises(UsageError, match="still to come"):
        snooze(case(), MONDAY - ago, MONDAY, who="ana", whence="cli")


@pytest.mark.parametrize("state", [State.CLOSED, State.DISMISSED])
def test_what_is_settled_cannot_be_put_off(state: State) -> None:
    with pytest.raises(UsageError, match="nothing to put off"):
        snooze(case(state), MONDAY + HOUR, MONDAY, who="ana", whence="cli")


def test_putting_off_withdraws_what_waits_to_be_said() -> None:
    (change,) = snooze(case(), MONDAY + HOUR, MONDAY, who="ana", whence="cli")
    assert isinstance(change, ChangeCase)
    assert (change.case.snoozed, change.case.next_due_at, change.withdraw) == (True, MONDAY + HOUR, True)
    assert change.entry.note == "until 2026-03-02 10:00 UTC"


def test_the_policy_of_a_case_is_the_one_it_opened_with() -> None:
    other = replace(POLICY, ladders=(ladder((Delay(MINUTE), Notify.LEAD)),))
    (change,) = on_due(case(), other, at("09:15"))
    assert isinstance(change, ChangeCase)
    assert (change.case.ladder, change.case.next_due_at) == (LADDER, at("10:00"))

"""What happens to a complaint as time passes; the decisions of the domain, told over the real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alert import Reason
from bot.domain.case import State, Step
from bot.domain.escalation import Notify
from bot.domain.hours import Delay
from bot.domain.verdict import Label
from tests.fakes.build import (
    CUSTOMER,
    DAY,
    HOUR,
    HOURS,
    IGNORED,
    MINUTE,
    MISTAKE,
    NOTHING,
    POLICY,
    at,
    ladder,
    message,
)
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

TUESDAY = MONDAY + DAY


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World.at(tmp_path) as world:
        yield world


def test_a_complaint_that_nobody_takes_climbs_the_ladder_once_and_is_then_nagged_about_daily(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    (card,) = world.hears("mistake to channel")
    assert (card.at, card.root) == (MONDAY, None)
    world.passes(15 * MINUTE - timedelta(seconds=1))
    world.hears()
    world.passes(timedelta(seconds=1))
    (first,) = world.hears("still_unanswered to channel")
    world.until(at("10:00"))
    (second,) = world.hears("still_unanswered to on_call")
    world.until(at("13:00"))
    (third,) = world.hears("still_unanswered to lead")
    assert [post.root for post in (first, second, third)] == [card.ref] * 3
    assert [post.alert.mention for post in (first, second, third)] == ["", "S0ONCALL", "U0LEAD"]
    assert not world.case().exhausted
    world.until(at("17:00"))
    (promised,) = world.hears("first_response_overdue to on_call")
    assert (promised.alert.mention, promised.root) == ("S0ONCALL", card.ref)
    for day in (1, 2, 3):
        world.until(at("13:00", MONDAY + day * DAY))
        (nag,) = world.hears("exhausted to channel")
        assert (nag.at, nag.root) == (at("13:00", MONDAY + day * DAY), card.ref)
        assert world.case().exhausted
    world.passes(HOUR)


def test_the_lead_is_told_after_four_working_hours_and_not_at_night(tmp_path: Path) -> None:
    with World.at(tmp_path, start=at("15:30")) as world:
        world.customer("You charged me twice.", MISTAKE)
        world.hears("mistake to channel")
        world.passes(12 * HOUR)
        world.hears("still_unanswered to channel", "still_unanswered to on_call")
        world.until(at("11:30", TUESDAY) - timedelta(seconds=1))
        world.passes(timedelta(seconds=1))
        world.hears("still_unanswered to lead")


def test_an_acknowledged_case_is_silent_until_the_claim_lapses_and_then_the_ladder_starts_again(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.passes(10 * MINUTE)
    claimed = world.step(Step.ACKNOWLEDGED, who="ana")
    assert (claimed.state, claimed.claimed_by, claimed.next_due_at) == (State.ACKNOWLEDGED, "ana", at("13:10"))
    world.until(at("13:10") - timedelta(seconds=1))
    world.hears()
    world.passes(timedelta(seconds=1))
    world.hears("claim_lapsed to channel")
    assert (world.state(), world.case().claimed_by) == (State.SUSPECTED, "")
    world.until(at("13:25"))
    world.hears("still_unanswered to channel")
    world.until(at("14:10"))
    world.hears("still_unanswered to on_call")
    world.step(Step.ACKNOWLEDGED, who="jo")
    world.until(at("17:00"))
    world.hears("first_response_overdue to on_call")  # that somebody took it is no answer
    world.until(at("10:10", TUESDAY))
    world.hears("claim_lapsed to channel")
    world.step(Step.CLOSED, note="settled by phone")
    world.passes(9 * DAY)


def test_our_reply_from_the_sent_folder_stops_the_clock(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.passes(5 * MINUTE)
    world.colleague("We are sorry; the money is on its way.", to=complaint)
    case = world.case()
    assert (case.state, case.answered_at) == (State.CONTACTED, at("09:05"))
    assert case.next_due_at == at("09:05", MONDAY + 2 * DAY)  # sixteen working hours until the next step
    assert world.log() == ["opened", "contacted"]
    world.until(at("09:05", MONDAY + 2 * DAY))
    (overdue,) = world.hears("next_step_overdue to channel")
    assert overdue.root is not None
    world.until(at("09:05", MONDAY + 4 * DAY))
    world.hears("next_step_overdue to channel")
    world.step(Step.FIXED)
    world.step(Step.AMENDS_MADE)
    world.step(Step.EVIDENCE_SENT)
    assert world.step(Step.CLOSED).next_due_at is None
    world.passes(30 * DAY)


def test_a_reply_by_a_colleague_after_a_claim_stops_the_clock_too(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.step(Step.ACKNOWLEDGED, who="jo")
    world.colleague("We are sorry.", to=complaint)
    assert (world.state(), world.case().claimed_by) == (State.CONTACTED, "jo")
    world.passes(4 * HOUR)


def test_nobody_is_alerted_when_our_reply_was_stored_before_the_message_it_answers(world: World) -> None:
    """The Sent folder was read first; the customer's mail is older than our answer to it."""
    complaint: dict[str, Any] = {"rfc_id": "<c@customer.example>", "received_at": MONDAY - HOUR}
    world.colleague("We are sorry.", to=message(**complaint))
    world.customer("You charged me twice.", MISTAKE, **complaint)
    world.passes(7 * DAY)
    assert world.cases() == 0


def test_an_older_reply_does_not_stop_the_clock_of_a_newer_complaint(world: World) -> None:
    """Our answer at nine was read only after the customer had complained at half past."""
    question = world.customer("Where is my order?")
    world.passes(30 * MINUTE)
    world.customer("It never came, and you charged me.", MISTAKE, references=(question.rfc_id,))
    world.hears("mistake to channel")
    world.colleague("It is on its way.", to=question, received_at=MONDAY + MINUTE)
    assert world.state() is State.SUSPECTED
    world.passes(15 * MINUTE)
    world.hears("still_unanswered to channel")


def test_three_chasers_make_an_ignored_request(world: World) -> None:
    world.customer("When will you reply?")
    world.passes(HOUR)
    world.customer("Any news? Could you check?")
    assert world.cases() == 0
    world.passes(HOUR)
    world.customer("Hello, can you answer me please?")
    (card,) = world.hears("ignored to channel")
    assert (card.alert.messages, card.alert.waiting_since) == (3, MONDAY)
    assert (world.case().reason, world.case().labels) == (Reason.IGNORED, frozenset({Label.IGNORED}))


def test_a_question_without_an_answer_for_eight_working_hours_becomes_an_ignored_case(tmp_path: Path) -> None:
    with World.at(tmp_path, start=at("14:00")) as world:
        world.customer("Where is my order?")
        world.until(at("14:00", TUESDAY) - timedelta(seconds=1))
        assert world.cases() == 0
        world.passes(timedelta(seconds=1))
        (card,) = world.hears("unanswered to channel")
        assert (card.alert.customer, card.alert.words, card.alert.waiting_since) == (
            "Mo", "Where is my order?", at("14:00"),
        )  # fmt: skip
        assert (world.case().labels, world.state()) == (frozenset({Label.IGNORED}), State.SUSPECTED)
        world.passes(15 * MINUTE)
        world.hears("still_unanswered to channel")


def test_an_answered_question_never_becomes_a_case(world: World) -> None:
    question = world.customer("Where is my order?")
    world.passes(HOUR)
    world.colleague("On its way.", to=question)
    world.passes(14 * DAY)
    assert world.cases() == 0


def test_thanks_after_the_answer_change_nothing(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.passes(5 * MINUTE)
    world.colleague("We are sorry.", to=complaint)
    before = world.case()
    world.passes(HOUR)
    world.customer("Thank you, all is well.")
    assert world.case() == replace(before, generation=before.generation + 1)
    assert world.log() == ["opened", "contacted", "wrote"]


def test_a_new_complaint_reopens_a_closed_case_under_its_card(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    (old,) = world.hears("mistake to channel")
    world.colleague("We are sorry.", to=complaint)
    world.step(Step.CLOSED, note="settled by phone")
    world.passes(2 * DAY)
    world.customer("You did it again!", IGNORED, references=(complaint.rfc_id,))
    (again,) = world.hears("mistake to channel")
    assert (again.root, again.alert.words) == (old.ref, "You did it again!")
    assert again.alert.key != old.alert.key
    assert world.channel.cards[old.ref].words == "You did it again!"
    case = world.case()
    assert (case.state, case.loop, case.waiting_since, case.answered_at) == (
        State.SUSPECTED, 1, MONDAY + 2 * DAY, None,
    )  # fmt: skip
    assert case.labels == {Label.MISTAKE, Label.IGNORED}
    world.passes(15 * MINUTE)
    (reply,) = world.hears("still_unanswered to channel")
    assert reply.root == old.ref


def test_a_question_after_the_answer_reopens_a_case_that_was_on_its_way(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.colleague("We are sorry.", to=complaint)
    world.step(Step.FIXED)
    world.customer("And where is the money?", references=(complaint.rfc_id,))
    world.hears("mistake to channel")
    assert world.log()[-1] == "reopened"


def test_a_dismissed_case_is_over_until_the_customer_writes_again(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.step(Step.DISMISSED, note="it was their bank")
    world.passes(3 * DAY)
    world.customer("It was not my bank. Please check!")
    world.hears("mistake to channel")
    assert world.state() is State.SUSPECTED


def test_who_writes_again_before_the_answer_is_heard_in_the_thread_and_does_not_restart_the_clock(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    (card,) = world.hears("mistake to channel")
    world.passes(10 * MINUTE)
    world.customer("Hello? Please answer.", references=(complaint.rfc_id,))
    (again,) = world.hears("wrote_again to channel")
    assert (again.root, again.alert.words) == (card.ref, "Hello? Please answer.")
    world.passes(5 * MINUTE)
    world.hears("still_unanswered to channel")
    world.customer("This is my third mail, please!", references=(complaint.rfc_id,))
    world.hears("wrote_again to channel")
    assert world.case().labels == {Label.MISTAKE, Label.IGNORED}


def test_every_further_message_is_heard_even_when_an_answer_to_an_earlier_one_is_read_late(world: World) -> None:
    """Our answer lies between the first and the second message; it settles nothing and must silence nothing."""
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.passes(10 * MINUTE)
    world.customer("Please answer.", references=(complaint.rfc_id,))
    world.hears("wrote_again to channel")
    world.colleague("We look into it.", to=complaint, received_at=at("09:05"))
    assert world.state() is State.SUSPECTED
    world.passes(MINUTE)
    world.customer("Will you answer, please?", references=(complaint.rfc_id,))
    world.hears("wrote_again to channel")


def test_automatic_mail_opens_nothing_and_answers_nothing(world: World) -> None:
    world.judge.script["You charged me twice; I am away."] = MISTAKE
    world.machine("You charged me twice; I am away.", subject="Out of office")
    assert (world.cases(), world.judge.asked) == (0, [])
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.machine("We have got your mail.", to=complaint)
    assert world.state() is State.SUSPECTED
    world.passes(15 * MINUTE)
    world.hears("still_unanswered to channel")


def test_a_staff_report_opens_a_case_and_other_talk_in_the_work_channel_does_not(world: World) -> None:
    world.staff("All invoices of May are wrong.", verdict=MISTAKE)
    (card,) = world.hears("staff_report to channel")
    assert (card.alert.medium, card.alert.customer) == ("work_channel", "Ana")
    assert world.log() == ["opened"]
    world.passes(15 * MINUTE)
    world.hears("still_unanswered to channel")
    world.step(Step.CLOSED, note="all invoices corrected")
    world.staff("Could somebody bring cake?", verdict=NOTHING)
    world.passes(7 * DAY)
    assert world.cases() == 1


def test_after_ten_hours_of_downtime_one_rung_fires_marked_late_and_then_gaps_are_kept(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.down(10 * HOUR)
    world.hears("still_unanswered to channel, late 9h 45m")
    world.passes(timedelta(seconds=1))
    world.hears("first_response_overdue to on_call, late 2h")
    world.passes(45 * MINUTE - timedelta(seconds=2))
    world.hears()
    world.passes(timedelta(seconds=1))
    world.hears("still_unanswered to on_call")
    world.until(at("13:00", TUESDAY))
    world.hears("still_unanswered to lead")


def test_a_clock_that_is_put_back_says_nothing_twice_and_one_that_jumps_ahead_fires_one_rung(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.passes(15 * MINUTE)
    world.hears("still_unanswered to channel")
    world.clock.advance(-3 * HOUR)
    world.engine()
    world.hears()
    world.clock.advance(3 * HOUR + 400 * DAY)
    for _ in range(5):
        world.engine()
    world.hears("still_unanswered to on_call, late 399d 23h", "first_response_overdue to on_call, late 399d 16h")


def test_a_case_that_was_put_off_is_silent_and_comes_back_at_the_foot_of_its_ladder(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.passes(20 * MINUTE)
    world.hears("still_unanswered to channel")
    world.snooze(2 * HOUR)
    world.passes(2 * HOUR - timedelta(seconds=1))
    world.hears()
    world.passes(timedelta(seconds=1))
    world.hears("snooze_over to channel")
    world.passes(15 * MINUTE)
    world.hears("still_unanswered to channel")


def test_a_claimed_case_that_was_put_off_comes_back_to_its_claimant(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.step(Step.ACKNOWLEDGED, who="ana")
    world.snooze(DAY)
    world.until(at("17:00"))
    world.hears("first_response_overdue to on_call")  # the customer's own deadline cannot be put off
    world.until(at("09:00", TUESDAY))
    world.hears("snooze_over to channel")
    case = world.case()
    assert (case.state, case.claimed_by, case.next_due_at) == (State.ACKNOWLEDGED, "ana", at("13:00", TUESDAY))


def test_each_reason_climbs_the_ladder_that_was_made_for_it(tmp_path: Path) -> None:
    urgent = ladder((Delay(MINUTE), Notify.LEAD), name="urgent", reasons=frozenset({"mistake"}))
    with World.at(tmp_path, replace(POLICY, ladders=(urgent, *POLICY.ladders))) as world:
        world.customer("You charged me twice.", MISTAKE)
        world.hears("mistake to channel")
        world.passes(MINUTE)
        world.hears("still_unanswered to lead")
        world.customer("You forgot me.", IGNORED, sender=replace(CUSTOMER, address="jo@customer.example"))
        world.hears("ignored to channel")
        world.passes(15 * MINUTE)
        world.hears("still_unanswered to channel")


def test_a_case_keeps_the_ladder_it_opened_with_when_the_policy_changes(tmp_path: Path) -> None:
    with World.at(tmp_path) as world:
        world.customer("You charged me twice.", MISTAKE)
        world.hears("mistake to channel")
    slow = replace(POLICY, ladders=(ladder((Delay(DAY), Notify.LEAD)),))
    with World.at(tmp_path, slow, start=MONDAY + MINUTE) as world:
        world.passes(HOUR)
        world.hears("still_unanswered to channel", "still_unanswered to on_call")


def test_working_hours_are_those_of_the_team_when_the_clocks_change(tmp_path: Path) -> None:
    """Friday at four in Berlin, summer time begins on Sunday: eight working hours later it is Monday at four."""
    friday = datetime(2026, 3, 27, 15, 0, tzinfo=MONDAY.tzinfo)
    berlin = replace(POLICY, hours=replace(HOURS, zone=ZoneInfo("Europe/Berlin")))
    with World.at(tmp_path, berlin, start=friday) as world:
        world.customer("Where is my order?")
        world.until(datetime(2026, 3, 30, 14, 0, tzinfo=MONDAY.tzinfo) - timedelta(seconds=1))
        world.hears()
        world.passes(timedelta(seconds=1))
        world.hears("unanswered to channel")

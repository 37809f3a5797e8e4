"""Whole days of one team: mail, people, time and a channel that fails, each story over the real store."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.case import State, Step
from bot.domain.message import Arrival, Person, Place
from bot.errors import Refused, Retriable
from tests.fakes.build import DAY, HOUR, IGNORED, MINUTE, MISTAKE, at, message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

CARD, FIRST, SECOND = "mistake to channel", "still_unanswered to channel", "still_unanswered to on_call"


def test_an_acknowledge_withdraws_what_is_pending_and_when_the_claim_lapses_the_ladder_starts_again(
    world: World,
) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears(CARD)
    world.channel.before.append(Retriable("Slack asks to wait.", retry_after=600.0))
    world.passes(15 * MINUTE)
    world.hears()
    world.step(Step.ACKNOWLEDGED)
    assert world.outbox()[-1] == ("1:still_unanswered:0:0:channel", "withdrawn")
    world.passes(4 * HOUR)
    world.hears("claim_lapsed to channel")
    world.passes(15 * MINUTE)
    world.hears(FIRST)
    assert [key for key, _ in world.outbox()] == [
        "1:mistake:0:0:channel", "1:still_unanswered:0:0:channel", "1:claim_lapsed:1:0:channel",
        "1:still_unanswered:1:0:channel",
    ]  # fmt: skip


def test_two_customers_have_two_cases_and_each_its_own_time(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears(CARD)
    world.passes(10 * MINUTE)
    world.customer("You charged me twice.", MISTAKE, sender=Person("jo@customer.example", "Jo"))
    world.hears(CARD)
    world.step(Step.ACKNOWLEDGED, case=1)
    world.passes(15 * MINUTE)
    (page,) = world.hears(FIRST)
    assert (page.alert.case, page.alert.customer) == (2, "Jo")
    assert (world.state(1), world.state(2)) == (State.ACKNOWLEDGED, State.SUSPECTED)


def test_a_morning_after_an_outage_of_the_channel_everything_comes_in_order_and_once(world: World) -> None:
    world.channel.before += [Retriable("Slack does not answer.")] * 12
    world.customer("You charged me twice.", MISTAKE)
    world.passes(2 * HOUR)
    card, first, second = world.hears(CARD, FIRST, SECOND)
    assert card.at > at("09:10")
    assert (card.root, first.root, second.root) == (None, card.ref, card.ref)
    assert [state for _, state in world.outbox()] == ["sent"] * 3


def test_a_restart_forgets_nothing_and_repeats_nothing(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears(CARD)
    world.passes(15 * MINUTE)
    world.hears(FIRST)
    with World(str(world.store.engine.url), start=world.clock.now() + MINUTE) as later:
        later.judge.script = world.judge.script
        assert later.take(complaint, Place("support", "INBOX", 1, 1)).known == 1
        later.until(at("10:00"))
        later.hears(SECOND)


def test_a_complaint_in_the_night_reaches_the_on_call_at_once_and_the_lead_in_the_morning(world: World) -> None:
    world.passes(14 * HOUR)
    world.customer("You charged me twice.", MISTAKE)
    world.hears(CARD)
    world.passes(HOUR)
    world.hears(FIRST, SECOND)
    world.until(at("13:00", MONDAY + DAY))
    world.hears("still_unanswered to lead")


def test_a_whole_case_from_suspicion_to_evidence(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears(CARD)
    world.step(Step.ACKNOWLEDGED, who="ana")
    world.passes(HOUR)
    world.colleague("We are sorry; the money is on its way.", to=complaint)
    for step in (Step.AMENDS_MADE, Step.FIXED, Step.EVIDENCE_SENT, Step.CLOSED):
        world.passes(HOUR)
        world.step(step, who="ana")
    assert world.log() == [
        "opened", "acknowledged", "contacted", "amends_made", "fixed", "evidence_sent", "closed",
    ]  # fmt: skip
    assert world.case().next_due_at is None
    world.passes(60 * DAY)


def test_ten_days_of_waiting_mail_are_taken_in_one_go_and_every_case_has_one_card(world: World) -> None:
    """Ten customers complained while nobody read; whoever was answered in the meantime raises no alert."""
    world.clock.advance(10 * DAY)
    arrivals = []
    for number in range(10):
        text, sender = f"You charged me {number + 2} times.", Person(f"c{number}@customer.example", f"C{number}")
        world.judge.script[text] = MISTAKE
        old = message(text, sender=sender, rfc_id=f"<{number}@c>", received_at=MONDAY + number * HOUR)
        arrivals.append(Arrival(old, Place("support", "INBOX", 1, number + 1)))
    world.colleague("We are sorry.", to=arrivals[3].message, received_at=MONDAY + DAY)
    taken = world.intake.take(arrivals)
    assert (taken.new, taken.queued) == (10, 9)
    world.engine()
    cards = world.hears(*[CARD] * 9)
    assert [card.alert.customer for card in cards] == [f"C{n}" for n in range(10) if n != 3]
    assert {card.alert.next_due_at for card in cards} == {
        world.clock.now() + 15 * MINUTE
    }  # timers start at first sight


def test_a_customer_who_is_ignored_again_after_our_answer_is_told_apart_from_the_first_time(world: World) -> None:
    question = world.customer("Where is my order?")
    world.colleague("On its way.", to=question)
    world.passes(DAY)
    world.customer("It has not come. Where is it?", references=(question.rfc_id,))
    world.passes(8 * HOUR)
    (card,) = world.hears("unanswered to channel")
    assert card.alert.waiting_since == MONDAY + DAY


def test_what_the_channel_refuses_does_not_silence_the_ladder(world: World) -> None:
    world.channel.before.append(Refused("The channel is archived."))
    world.customer("You charged me twice.", MISTAKE)
    world.passes(HOUR)
    world.hears(CARD, FIRST, SECOND)


def test_a_snoozed_case_hears_a_further_complaint_only_when_the_snooze_is_over(world: World) -> None:
    complaint = world.customer("You charged me twice.", MISTAKE)
    world.hears(CARD)
    world.snooze(2 * HOUR)
    world.passes(HOUR)
    world.customer("You ignore me!", IGNORED, references=(complaint.rfc_id,))
    world.passes(HOUR - timedelta(seconds=1))
    world.hears()
    world.passes(timedelta(seconds=1))
    (over,) = world.hears("snooze_over to channel")
    assert (over.alert.words, over.alert.messages) == ("You ignore me!", 2)

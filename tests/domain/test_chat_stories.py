"""What happens to what people write in Slack and answer there; told over the real store."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from bot.domain.case import State, Step
from bot.domain.chat import Said
from bot.domain.verdict import Label
from tests.domain.chats import AGAIN, BOTH, BROKEN, CARD, REPORT, UNANSWERED, last_line, threads
from tests.fakes.build import DAY, HOUR, MINUTE, MISTAKE, verdict
from tests.fakes.world import ACME, ANA, BEN, BETA, JO, SAM, WORK, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World.at(tmp_path) as world:
        yield world


# customers


def test_a_complaint_in_a_customers_channel_opens_a_case_that_names_the_customer(world: World) -> None:
    world.writes(JO, BROKEN, MISTAKE)
    (card,) = world.hears(CARD)
    assert (card.alert.customer, card.alert.words, card.alert.medium) == ("Jo Park (Acme)", BROKEN, "customer_channel")
    assert last_line(world) == ("amends", "slack", "opened", "mistake")


def test_a_question_that_nobody_answers_there_is_heard_of_after_eight_working_hours(world: World) -> None:
    world.writes(JO, "When does the import run?")
    world.passes(8 * HOUR - MINUTE)
    world.hears()
    world.passes(MINUTE)
    world.hears(UNANSWERED)


def test_our_answer_in_the_thread_counts_and_the_log_says_whose_it_is(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.writes(ANA, "Sorry, we are on it.", to=broken)
    assert world.state() is State.CONTACTED
    assert last_line(world)[:3] == ("Ana (U0ANA)", "slack", "contacted")


def test_our_answer_in_the_channel_itself_counts_if_one_thread_waits_there(world: World) -> None:
    world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.writes(SAM, "Beta asks too?", channel=BETA)
    world.writes(ANA, "Sorry, we are on it.")
    assert world.state() is State.CONTACTED


def test_our_words_in_the_channel_answer_nobody_where_it_is_not_clear_whom(world: World) -> None:
    world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.writes(SAM, "When does the import run?")
    world.writes(ANA, "Good morning!")
    assert world.state() is State.SUSPECTED
    assert ["Good morning!"] in threads(world)


def test_our_words_answer_nothing_that_was_written_after_them(world: World) -> None:
    early = world.ts()
    world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.slack(Said(ACME, early, ANA.id, "Good morning!"))
    assert world.state() is State.SUSPECTED


def test_a_guest_or_somebody_from_another_company_never_answers_for_us(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.writes(SAM, "Same here, fixed it with a reload.", to=broken)
    assert world.state() is State.SUSPECTED


def test_a_customer_who_writes_again_in_the_thread_is_heard_there(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.writes(JO, "Hello? Anybody?", to=broken)
    world.hears(AGAIN)


def test_several_messages_in_a_row_are_one_thread(world: World) -> None:
    world.writes(JO, "hi")
    world.passes(14 * MINUTE)
    world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.passes(14 * MINUTE)
    world.writes(JO, "can you look?")
    world.hears(AGAIN)
    assert threads(world) == [["hi", BROKEN, "can you look?"]]


def test_messages_of_different_people_or_hours_or_with_our_words_in_between_are_threads_of_their_own(
    world: World,
) -> None:
    world.writes(JO, "hi")
    world.writes(SAM, "hello")
    world.passes(16 * MINUTE)
    world.writes(JO, "so,")
    world.writes(ANA, "Good morning, all!")
    world.writes(JO, "one thing")
    world.writes(JO, "elsewhere", channel=BETA)
    assert threads(world) == [["hi"], ["hello"], ["so,"], ["Good morning, all!"], ["one thing"], ["elsewhere"]]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_messages_in_a_row_are_one_thread_in_whatever_order_they_are_told(world: World, order: tuple[int, ...]) -> None:
    said = [Said(ACME, world.ts(), JO.id, text) for text in ("hi", "there is something", "about the export")]
    for number in order:
        world.slack(said[number])
    assert threads(world) == [["hi", "there is something", "about the export"]]


def test_replies_to_a_message_that_is_older_than_all_we_know_are_one_thread(world: World) -> None:
    old = Said(ACME, world.ts(), JO.id, "long ago")
    world.passes(HOUR)
    world.writes(JO, "so?", to=old)
    world.writes(SAM, "yes?", to=old)
    assert threads(world) == [["so?", "yes?"]]


# colleagues


def test_talk_below_a_colleagues_report_is_no_answer_and_raises_nothing_but_may_make_it_worse(world: World) -> None:
    report = world.writes(ANA, "All invoices of May are wrong.", MISTAKE, channel=WORK)
    (card,) = world.hears(REPORT)
    assert card.alert.customer == "Ana"
    world.writes(BEN, "I will tell them. When did it start?", channel=WORK, to=report)
    world.writes(BEN, "And we never answered them!", verdict(Label.IGNORED, severity=3), channel=WORK, to=report)
    case = world.case()
    assert (case.state, case.labels, case.severity) == (State.SUSPECTED, BOTH, 3)
    assert world.log() == ["opened", "discussed", "discussed"]
    assert last_line(world)[0] == "Ben (U0BEN)"
    world.step(Step.CLOSED, note="all corrected")
    world.writes(ANA, "Can we be sure?", MISTAKE, channel=WORK, to=report)
    assert world.state() is State.CLOSED


def test_the_card_of_a_report_goes_on_showing_the_report(world: World) -> None:
    report = world.writes(ANA, "All invoices of May are wrong.", MISTAKE, channel=WORK)
    world.hears(REPORT)
    world.step(Step.ACKNOWLEDGED)
    world.writes(BEN, "thx", channel=WORK, to=report)
    world.passes(4 * HOUR)
    (lapsed,) = world.hears("claim_lapsed to channel")
    assert lapsed.alert.words == "All invoices of May are wrong."


def test_a_reply_in_a_work_channel_may_itself_report_something(world: World) -> None:
    cake = world.writes(ANA, "Who brings cake?", channel=WORK)
    world.writes(BEN, "We charged Acme twice.", MISTAKE, channel=WORK, to=cake)
    world.hears(REPORT)
    world.passes(14 * MINUTE)
    assert world.cases() == 1


def test_three_colleagues_who_talk_ignore_nobody(world: World) -> None:
    first = world.writes(ANA, "Can somebody bring cake?", channel=WORK)
    for text in ("Which cake?", "Which day?", "Anybody?"):
        world.writes(BEN, text, channel=WORK, to=first)
    world.passes(7 * DAY)
    assert world.cases() == 0


# what is found together after a gap


def test_who_was_answered_in_the_gap_is_no_case_and_alerts_nobody(world: World) -> None:
    world.judge.script[BROKEN] = MISTAKE
    broken = Said(ACME, world.ts(), JO.id, BROKEN)
    world.slack(broken, Said(ACME, world.ts(), ANA.id, "Sorry, it works again."))
    world.engine()
    assert (world.cases(), threads(world)) == (0, [[BROKEN, "Sorry, it works again."]])


def test_a_case_that_was_answered_and_thanked_for_in_the_gap_counts_as_answered(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    answer = Said(ACME, world.ts(), ANA.id, "Sorry, it works again.", broken.ts)
    world.slack(answer, Said(ACME, world.ts(), JO.id, "Thanks.", broken.ts))
    assert (world.state(), world.log()) == (State.CONTACTED, ["opened", "contacted", "wrote"])

"""The daily review: what was not alerted about is shown to people, and whom the classifier missed gets a case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.case import State, Step
from bot.domain.hours import Hours
from bot.domain.message import Person
from bot.domain.review import Answer, ReviewPolicy
from bot.domain.triage import Policy
from bot.domain.verdict import Label
from bot.errors import Retriable, UsageError
from tests.fakes.build import DAY, HOUR, LADDER, MINUTE, MISTAKE, POLICY, at, verdict
from tests.fakes.clock import MONDAY
from tests.fakes.mornings import Mornings, lines, number_of
from tests.fakes.world import everything

JO = Person("jo@customer.example", "Jo")
LIST, TWO = "review: Daily review: 1 message", "review: Daily review: 2 messages"
CARD = "mistake to channel"
UNSURE = verdict(unsure=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Mornings]:
    """From Monday at nine on; the first morning is Tuesday."""
    with Mornings.at(tmp_path) as world:
        world.engine()
        yield world


def one_quiet_mail(world: Mornings, text: str = "The lid broke on its first day.") -> None:
    """Number 1 on Tuesday's list."""
    world.customer(text)
    world.passes(DAY)
    world.hears(LIST)


# the list


def test_a_quiet_message_is_drawn_a_person_calls_it_a_mistake_and_the_channel_hears_of_its_case_once(
    world: Mornings,
) -> None:
    world.customer("The lid broke on its first day.")
    world.passes(DAY)
    (listed,) = world.hears(LIST)
    assert lines(listed) == ("1 · sample, 10% · Mo: “Order 17: The lid broke on its first day.”",)
    assert world.says(1, Answer.MISTAKE, note="a broken lid")
    (card,) = world.hears(f"{CARD}, late 16h")
    assert (card.alert.words, card.alert.waiting_since) == ("The lid broke on its first day.", MONDAY)
    assert (world.state(), world.log()) == (State.SUSPECTED, ["opened"])
    world.passes(15 * MINUTE)
    (page,) = world.hears("still_unanswered to channel")
    assert page.root == card.ref
    world.step(Step.CLOSED, note="a new lid was sent")
    world.passes(3 * DAY)


def test_where_there_is_nothing_to_review_nothing_is_said(world: Mornings) -> None:
    world.passes(7 * DAY)
    question = world.customer("You charged me twice.", MISTAKE)
    world.hears(CARD)
    world.colleague("We are sorry.", to=question)
    world.machine("I am away.")
    world.passes(12 * HOUR)
    assert [key for key, _ in world.outbox()] == ["1:mistake:0:0:channel"]


def test_the_list_is_announced_once_a_day_with_what_came_since_the_one_before(world: Mornings) -> None:
    one_quiet_mail(world)
    world.passes(HOUR)
    world.customer("The tea is stale.", sender=JO)
    world.passes(22 * HOUR)
    world.hears()
    world.passes(HOUR)
    (listed,) = world.hears(LIST)
    assert lines(listed) == ("2 · sample, 10% · Jo: “Order 17: The tea is stale.”",)


def test_what_came_on_a_friday_night_and_over_the_weekend_is_on_mondays_list(world: Mornings) -> None:
    world.passes(4 * DAY + 10 * HOUR)
    world.customer("The lid broke.")
    world.passes(DAY)
    world.customer("The tea is stale.", sender=JO)
    world.until(MONDAY + 7 * DAY)
    world.hears(TWO)


def test_the_unsure_come_first_and_of_each_kind_no_more_than_the_team_wants(world: Mornings) -> None:
    world.reviews = ReviewPolicy(unsure=2, quiet=1)
    for number in range(8):
        judged = UNSURE if number % 2 else verdict()
        world.customer(f"Mail {number}.", judged, sender=Person(f"c{number}@x.example", f"C{number}"))
    world.passes(DAY)
    (listed,) = world.hears("review: Daily review: 3 messages")
    assert [line.split(" · ")[1] for line in lines(listed)] == ["unsure, 10%", "unsure, 10%", "sample, 10%"]
    world.passes(DAY)


def test_a_team_that_wants_no_list_gets_none(world: Mornings) -> None:
    world.reviews = ReviewPolicy(unsure=0, quiet=0)
    world.customer("The lid broke.", UNSURE)
    world.customer("The tea is stale.", sender=JO)
    world.passes(2 * DAY)


def test_a_thread_that_has_a_case_is_in_hands_already_and_not_listed(world: Mornings) -> None:
    first = world.customer("The lid broke.")
    world.customer("And you charged me twice.", MISTAKE, references=(first.rfc_id,))
    world.hears(CARD)
    world.step(Step.DISMISSED, note="he is our tester")
    world.customer("Thank you.", references=(first.rfc_id,))
    world.passes(3 * DAY)


def test_long_mails_are_one_short_line_each(world: Mornings) -> None:
    world.customer("It\n\n leaks.\t" * 100, subject="")
    world.passes(DAY)
    (listed,) = world.hears(LIST)
    (line,) = lines(listed)
    assert line == f"1 · sample, 10% · Mo: “{('It leaks. ' * 100)[:160]}…”"


# the answer


def test_a_customer_who_was_answered_meanwhile_gets_no_case(world: Mornings) -> None:
    question = world.customer("The lid broke.")
    world.passes(DAY)
    world.hears(LIST)
    world.colleague("A new lid is on its way.", to=question)
    assert not world.says(1, Answer.MISTAKE)
    assert (world.cases(), [one.labels for one in world.corrections()]) == (0, [frozenset({Label.MISTAKE})])
    world.passes(DAY)


def test_a_letter_of_ours_from_before_is_no_answer(world: Mornings) -> None:
    question = world.customer("The lid broke.")
    world.passes(HOUR)
    world.colleague("Good morning.", to=question, received_at=MONDAY - MINUTE)
    world.passes(23 * HOUR)
    world.hears(LIST)
    assert world.says(1, Answer.MISTAKE)
    world.hears(f"{CARD}, late 16h")


def test_a_thread_that_got_a_case_meanwhile_gets_no_second_one(world: Mornings) -> None:
    one_quiet_mail(world)
    world.customer("You charged me twice.", MISTAKE)
    world.hears(CARD)
    assert not world.says(1, Answer.IGNORED)
    assert world.cases() == 1


def test_a_question_that_nobody_answered_in_time_has_its_case_before_anybody_reviews_it(world: Mornings) -> None:
    world.passes(4 * HOUR)
    world.customer("Where is my order?")
    world.until(at("09:00", MONDAY + DAY))
    world.hears(LIST)
    world.passes(4 * HOUR)
    world.hears("unanswered to channel")
    assert not world.says(1, Answer.IGNORED)


def test_whoever_was_found_by_review_is_not_waited_for_a_second_time(world: Mornings) -> None:
    world.passes(4 * HOUR)
    world.customer("Where is my order?")
    world.until(at("09:00", MONDAY + DAY))
    world.hears(LIST)
    assert world.says(1, Answer.IGNORED)
    world.hears("ignored to channel")
    world.step(Step.CLOSED, note="it has arrived")
    assert world.store.transact(lambda tx: tx.next_due()) is None


def test_neither_opens_nothing_and_is_kept(world: Mornings) -> None:
    one_quiet_mail(world)
    assert not world.says(1, Answer.NEITHER)
    assert (world.cases(), [one.labels for one in world.corrections()]) == (0, [frozenset()])
    world.passes(2 * DAY)


def test_who_answers_twice_changes_the_word_that_counts_and_opens_no_second_case(world: Mornings) -> None:
    one_quiet_mail(world)
    assert world.says(1, Answer.MISTAKE)
    world.hears(f"{CARD}, late 16h")
    assert not world.says(1, Answer.IGNORED)
    assert not world.says(1, Answer.NEITHER)
    assert (world.cases(), [one.labels for one in world.corrections()]) == (1, [frozenset()])


def test_who_thinks_better_of_it_still_gets_the_customer_a_case(world: Mornings) -> None:
    one_quiet_mail(world)
    assert not world.says(1, Answer.NEITHER)
    assert world.says(1, Answer.MISTAKE)
    world.hears(f"{CARD}, late 16h")


def test_a_number_that_is_not_on_the_list_is_an_error_and_writes_nothing(world: Mornings) -> None:
    one_quiet_mail(world)
    before = everything(world.store)
    with pytest.raises(UsageError, match="There is no message 99 to review") as told:
        world.says(99, Answer.MISTAKE)
    assert "amends review" in told.value.advice
    assert everything(world.store) == before


def test_the_card_shows_the_words_that_a_person_called_a_mistake(world: Mornings) -> None:
    """Not those of a later mail in the same thread: a person who dismisses the case would correct the wrong one."""
    world.customer("The lid broke.")
    world.passes(HOUR)
    world.customer("It is a nice colour, though.")
    world.passes(DAY - HOUR)
    (listed,) = world.hears(TWO)
    assert world.says(number_of(listed, "The lid broke"), Answer.MISTAKE)
    (card,) = world.hears(f"{CARD}, late 16h")
    assert card.alert.words == "The lid broke."


# when things go wrong, and elsewhere in the world


def test_a_list_of_which_nobody_knows_whether_it_was_posted_is_looked_up_and_not_posted_again(world: Mornings) -> None:
    world.customer("The lid broke.")
    world.channel.after.append(Retriable("The connection was cut.", outcome_unknown=True))
    world.passes(DAY)
    world.hears(LIST)
    world.passes(HOUR)
    assert (len(world.channel.look_ups), [state for _, state in world.outbox()]) == (1, ["sent"])


def test_a_morning_on_which_amends_did_not_run_is_made_up_for_once(world: Mornings) -> None:
    world.customer("The lid broke.")
    world.down(DAY + 5 * HOUR)
    world.hears(LIST)
    world.passes(19 * HOUR)
    world.customer("The tea is stale.", sender=JO)
    world.passes(DAY)
    world.hears(LIST)


@pytest.mark.parametrize(
    ("zone", "start", "late"),
    [("America/Los_Angeles", "2026-03-02T17:00", 7.5), ("Pacific/Auckland", "2026-03-01T20:00", 6.0)],
)
def test_after_a_late_list_the_next_morning_has_its_own_wherever_the_team_works(
    tmp_path: Path, zone: str, start: str, late: float
) -> None:
    """A working day may have two dates in Greenwich, and one date there may have two mornings."""
    hours = Hours(ZoneInfo(zone), tuple((day, time(9), time(17)) for day in range(5)))
    monday_at_nine = datetime.fromisoformat(start).replace(tzinfo=UTC)
    with Mornings.at(tmp_path, Policy((LADDER,), POLICY.patience, hours), monday_at_nine) as world:
        world.engine()
        world.customer("The lid broke.")
        world.down(DAY + late * HOUR)
        world.hears(LIST)
        world.passes(MINUTE)
        world.customer("The tea is stale.", sender=JO)
        world.passes((24 - late) * HOUR)
        world.hears(LIST)

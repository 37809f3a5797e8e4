"""What happens to words in Slack that people change or take back, and that are told twice or in disorder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from bot.domain.case import State, Step
from bot.domain.chat import Deleted, Edited, Said
from bot.domain.verdict import Label
from tests.domain.chats import AGAIN, BOTH, BROKEN, CARD, UNANSWERED, last_line, threads
from tests.fakes.build import DAY, HOUR, IGNORED, MINUTE, MISTAKE, NOTHING, verdict
from tests.fakes.clock import MONDAY
from tests.fakes.world import ACME, ANA, BETA, JO, World, everything


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World.at(tmp_path) as world:
        yield world


# edits


def test_new_words_that_complain_open_the_case_as_if_they_had_come_so(world: World) -> None:
    hello = world.writes(JO, "Hello.")
    world.passes(HOUR)
    world.edits(hello, BROKEN, MISTAKE)
    (card,) = world.hears(CARD)
    assert (card.alert.words, card.alert.messages) == (BROKEN, 1)
    assert card.alert.waiting_since - MONDAY < timedelta(seconds=1)


def test_an_edit_makes_a_case_worse_never_better_and_its_card_shows_the_new_words(world: World) -> None:
    broken = world.writes(JO, BROKEN, verdict(Label.MISTAKE, severity=2))
    (card,) = world.hears(CARD)
    again = world.edits(broken, "It is broken, and you never answer.", verdict(Label.IGNORED, severity=3))
    assert (world.case().labels, world.case().severity) == (BOTH, 3)
    world.edits(again, "Never mind.", NOTHING)
    case = world.case()
    assert (case.state, case.labels, case.severity) == (State.SUSPECTED, BOTH, 3)
    assert world.log() == ["opened", "edited", "edited"]
    world.engine()
    assert world.channel.cards[card.ref].words == "Never mind."


def test_a_complaint_that_is_added_after_our_answer_is_a_new_one(world: World) -> None:
    question = world.writes(JO, "Where is my export?", IGNORED)
    world.hears("ignored to channel")
    world.writes(ANA, "Here.", to=question)
    world.passes(MINUTE)
    world.edits(question, "Where is my export? EDIT: it is all wrong.", verdict(Label.MISTAKE, Label.IGNORED))
    world.hears("ignored to channel")
    assert world.state() is State.SUSPECTED
    assert last_line(world)[2:] == ("reopened", "edited")


def test_a_typo_in_what_we_have_answered_reopens_nothing(world: World) -> None:
    broken = world.writes(JO, "Our exprot is broken.", MISTAKE)
    world.hears(CARD)
    world.writes(ANA, "Sorry, done.", to=broken)
    world.edits(broken, BROKEN, MISTAKE)
    assert world.state() is State.CONTACTED


def test_an_edit_of_what_was_answered_before_anybody_was_told_opens_nothing(world: World) -> None:
    broken, answer = Said(ACME, world.ts(), JO.id, "Our exprot is broken."), world.ts()
    world.judge.script["Our exprot is broken."] = MISTAKE
    world.slack(broken, Said(ACME, answer, ANA.id, "Sorry, done.", broken.ts))
    world.edits(broken, BROKEN, MISTAKE)
    assert world.cases() == 0


def test_an_edit_that_asks_starts_the_waiting_and_one_that_no_longer_asks_does_not_end_it(world: World) -> None:
    hello = world.writes(JO, "Hello.")
    asking = world.edits(hello, "Hello, when does the import run?")
    world.edits(asking, "Hello, when does the import run")
    world.passes(8 * HOUR)
    (card,) = world.hears(UNANSWERED)
    assert card.alert.messages == 1


def test_what_is_unknown_and_was_edited_is_taken_as_new_for_a_day(world: World) -> None:
    world.judge.script[BROKEN] = MISTAKE
    said = Said(ACME, world.ts(), JO.id, BROKEN, edited_ts=world.ts())
    old = replace(said, channel=BETA)
    assert world.slack(Edited(said)) == 1
    world.hears(CARD)
    world.step(Step.CLOSED, note="by phone")
    world.passes(DAY + MINUTE)
    assert world.slack(Edited(old)) == 0
    assert world.cases() == 1


def test_an_edit_is_no_further_message(world: World) -> None:
    first = world.writes(JO, "When does the import run?")
    second = world.writes(JO, "And the export?", to=first)
    world.edits(second, "And the export, please?")
    assert world.cases() == 0, "a third question would be a request that we ignore"


def test_an_edit_of_our_own_words_changes_no_case(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    answer = world.writes(ANA, "We are on it.", to=broken)
    before = world.case()
    world.edits(answer, "We are on it, sorry!")
    assert world.case() == before


# deletions


def test_a_deletion_takes_the_words_out_of_the_database_and_off_the_card(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    (card,) = world.hears(CARD)
    world.deletes(broken)
    assert (world.state(), last_line(world)) == (State.SUSPECTED, ("U0JO", "slack", "retracted", ""))
    assert BROKEN not in repr(everything(world.store))
    assert "sounds like" not in repr(everything(world.store)["message"])
    world.engine()
    assert world.channel.cards[card.ref].words == ""
    world.passes(15 * MINUTE)
    world.hears("still_unanswered to channel")


def test_who_takes_back_their_only_question_waits_no_longer(world: World) -> None:
    question = world.writes(JO, "When does the import run?")
    world.deletes(question)
    world.passes(3 * DAY)
    assert world.cases() == 0


def test_who_takes_back_one_of_two_questions_waits_for_the_other(world: World) -> None:
    first = world.writes(JO, "When does the import run?")
    world.passes(HOUR)
    second = world.writes(JO, "And the export?", to=first)
    world.deletes(first)
    world.passes(7 * HOUR)
    (card,) = world.hears(UNANSWERED)
    assert f"{card.alert.waiting_since.timestamp():.6f}" == second.ts


def test_deleting_our_only_answer_reopens_the_case(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    answer = world.writes(ANA, "Sorry, we are on it.", to=broken)
    world.passes(HOUR)
    world.deletes(answer)
    (again,) = world.hears(CARD)
    assert world.state() is State.SUSPECTED
    assert last_line(world) == ("amends", "slack", "reopened", "our answer was deleted")
    assert again.alert.waiting_since - MONDAY < timedelta(seconds=1)


@pytest.mark.parametrize("first", [0, 1])
def test_a_case_is_reopened_only_when_the_last_of_our_answers_is_gone(world: World, first: int) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    answers = [world.writes(ANA, text, to=broken) for text in ("Sorry.", "We are on it.")]
    world.deletes(answers[first])
    assert world.state() is State.CONTACTED
    world.deletes(answers[1 - first])
    world.hears(CARD)
    assert world.state() is State.SUSPECTED


def test_a_customer_who_was_reached_otherwise_stays_so_when_our_words_are_deleted(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.step(Step.CONTACTED, note="called them")
    answer = world.writes(ANA, "As I said on the phone.", to=broken)
    world.deletes(answer)
    assert world.state() is State.CONTACTED


def test_an_answer_that_the_customer_has_replied_to_may_go(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    answer = world.writes(ANA, "Sorry, it works again.", to=broken)
    world.writes(JO, "Thanks.", to=broken)
    world.deletes(answer)
    assert world.state() is State.CONTACTED


def test_deleting_our_answer_to_a_question_lets_its_writer_wait_again(world: World) -> None:
    question = world.writes(JO, "When does the import run?")
    answer = world.writes(ANA, "At nine.", to=question)
    world.deletes(answer)
    world.passes(8 * HOUR)
    world.hears(UNANSWERED)


def test_a_third_question_does_not_count_those_that_were_taken_back(world: World) -> None:
    first = world.writes(JO, "When does the import run?")
    second = world.writes(JO, "Hello?", to=first)
    world.deletes(first)
    world.deletes(second)
    world.writes(JO, "When does the export run?", to=first)
    assert world.cases() == 0


def test_a_complaint_does_not_count_chasers_that_were_taken_back(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    again = world.writes(JO, "Hello?", to=broken)
    world.hears(AGAIN)
    world.deletes(again)
    world.writes(JO, "Any news?", to=broken)
    world.hears(AGAIN)
    assert world.case().labels == {Label.MISTAKE}


def test_a_card_shows_words_that_still_stand_before_those_that_are_gone(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    again = world.writes(JO, "Hello?", to=broken)
    world.hears(AGAIN)
    world.deletes(again)
    world.step(Step.ACKNOWLEDGED)
    world.passes(4 * HOUR)
    (lapsed,) = world.hears("claim_lapsed to channel")
    assert lapsed.alert.words == BROKEN


# what is told twice, or in disorder


def test_a_deletion_that_is_told_twice_is_one(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.slack(world.deletes(broken))
    assert world.log() == ["opened", "retracted"]


def test_an_answer_that_is_gone_answers_nothing_that_is_told_late(world: World) -> None:
    broken, late = Said(ACME, world.ts(), JO.id, BROKEN), Said(ACME, world.ts(), JO.id, "Hello?")
    world.judge.script[BROKEN] = MISTAKE
    answer = world.writes(ANA, "Sorry.", to=broken)
    world.deletes(answer)
    world.slack(broken)
    world.hears(CARD)
    world.slack(replace(late, thread_ts=broken.ts))
    world.hears(AGAIN)


def test_telling_everything_again_changes_nothing(world: World) -> None:
    broken = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    edited = world.edits(broken, "Our export is very broken.", MISTAKE)
    answer = world.writes(ANA, "Sorry.", to=broken)
    gone = world.deletes(answer)
    world.hears(CARD)
    before = everything(world.store)
    for again in (broken, Edited(edited), answer, gone, gone, Edited(edited), broken):
        assert world.slack(again) == 0
    assert everything(world.store) == before


STORY = (
    Said(ACME, "1767603600.000001", JO.id, "Hello."),
    Edited(Said(ACME, "1767603600.000001", JO.id, "Hello, bad export.", edited_ts="1767603660.000001")),
    Edited(Said(ACME, "1767603600.000001", JO.id, BROKEN, edited_ts="1767603720.000001")),
)
GONE = Deleted(ACME, "1767603600.000001", JO.id)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_words_win_in_whatever_order_they_are_told(tmp_path: Path, order: tuple[int, ...]) -> None:
    with World.at(tmp_path, start=MONDAY + MINUTE) as world:
        world.judge.script |= {BROKEN: MISTAKE}
        for number in order:
            world.slack(shifted(STORY[number]))
            world.channel.heard = len(world.channel.posts)
        assert threads(world) == [[BROKEN]]
        assert world.cases() == 1
        assert world.case().labels == {Label.MISTAKE}


@pytest.mark.parametrize("place", range(3))
def test_what_was_taken_back_stays_so_whatever_is_told_of_it_later(tmp_path: Path, place: int) -> None:
    with World.at(tmp_path, start=MONDAY + MINUTE) as world:
        for words in (*STORY[:place], GONE, *STORY[place:]):
            world.slack(shifted(words))
        assert threads(world) == [[""]]
        assert world.cases() == 0


def shifted(words: Said | Edited | Deleted) -> Said | Edited | Deleted:
    """The same on the Monday of the stories."""
    start = int(MONDAY.timestamp()) - 1767603600

    def later(ts: str) -> str:
        seconds, _, rest = ts.partition(".")
        return f"{int(seconds) + start}.{rest}" if ts else ""

    if isinstance(words, Edited):
        said = shifted(words.said)
        assert isinstance(said, Said)
        return Edited(replace(said, edited_ts=later(said.edited_ts)))
    return replace(words, ts=later(words.ts))

"""What /amends answers: lists, one case, who is on call, help, and a polite no."""

from __future__ import annotations

import pytest
from hypothesis import given

from bot.edges.slack import listings
from bot.edges.slack.listings import Answer
from bot.errors import IllegalStep
from tests.edges.cards import NASTY, words
from tests.edges.slack.drawn import (
    assert_as_it_was,
    assert_inert,
    assert_reachable,
    assert_view_inert,
    flat,
    golden_names,
    pressable,
)
from tests.edges.slack.listed import NOW, case, moment, story

HOURS = "Monday to Friday, 9:00 to 17:00 (Berlin)."
DUTY = [("On call", ["Mara Lind"], ""), ("Lead", [], "")]
TURNS = [
    ("On call", ["Mara Lind"], "weekly rotation on_call, until Mon 2026-03-09 09:00"), ("Lead", ["@leads"], ""),
    ("night", [], "nobody: calendar night has no shift"),
]  # fmt: skip
ANSWERS: dict[str, Answer] = {
    "list": listings.listed([case(), case(8, state="acknowledged", claimed_by="Ana Roth (U0BBB222)")], NOW),
    "list_empty": listings.listed([], NOW),
    "list_long": listings.listed([case(n) for n in range(1, 100)], NOW),
    "mine": listings.mine([case(9, state="fixed", labels=["mistake"], severity=1)], NOW),
    "mine_empty": listings.mine([], NOW),
    "show": listings.show(story(), NOW),
    "show_ended": listings.show(story(state="closed", next_due_at=None), NOW),
    "oncall": listings.oncall(DUTY, HOURS, working=True),
    "oncall_by_turns": listings.oncall(TURNS, HOURS, working=True),
    "oncall_nobody": listings.oncall([("On call", [], ""), ("Lead", [], "")], HOURS, working=False),
    "help": listings.help_text(),
    "problem": listings.problem(IllegalStep("The case is closed.", advice="From here it can be: reopened.")),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_looks_as_it_did(name: str) -> None:
    text, blocks = ANSWERS[name]
    assert_as_it_was(f"listings/{name}", {"text": text, "blocks": blocks})
    assert_inert(text, blocks)
    assert_reachable(blocks)
    assert text


def test_every_golden_file_is_of_an_answer_that_is_given() -> None:
    assert golden_names("listings") == set(ANSWERS)


def test_a_list_has_a_line_and_a_button_for_each_case() -> None:
    text, blocks = ANSWERS["list"]
    assert text == "Open cases (2)"
    assert pressable(blocks) == ["show", "show"]
    assert "#8 Mo Farouk · mistake and ignored request · real harm · Ana Roth is on it · due in 15m" in flat(blocks)


def test_a_long_list_is_cut_and_counted() -> None:
    _text, blocks = ANSWERS["list_long"]
    assert len(pressable(blocks)) == 25
    assert "… and 74 more" in flat(blocks)


def test_a_case_is_shown_with_its_messages_and_its_log() -> None:
    shown = flat(ANSWERS["show"][1])
    for said in (
        "Case 7: Mo Farouk", "nobody is on it", "Waiting since 2026-03-02 08:00 UTC", "next due 2026-03-02 10:15 UTC",
        "Mo Farouk: Order 17", "You charged me twice & nobody <ever> answers.", "(no text)",
        "amends: opened, mistake", "Mara Lind: snoozed",
    ):  # fmt: skip
        assert said in shown
    assert ANSWERS["show"][0] == "Case 7, Mo Farouk: nobody is on it."


def test_of_a_long_story_the_newest_is_shown_and_the_rest_is_counted() -> None:
    thread = [story()["thread"][0] | {"text": f"message {n} ", "at": moment(n)} for n in range(30)]
    log = [story()["log"][0] | {"note": f"entry {n}."} for n in range(300)]
    text, blocks = listings.show(story(thread=thread, log=log), NOW)
    assert_inert(text, blocks)
    shown = flat(blocks)
    assert "22 earlier messages" in shown
    assert "message 29" in shown
    assert "message 21 " not in shown
    assert "entry 299." in shown


def test_a_show_button_may_open_the_same_as_a_modal() -> None:
    view = listings.show_modal(story(), NOW)
    assert_view_inert(view)
    assert_as_it_was("shown/case", view)


def test_who_is_on_call_is_named_and_not_pinged() -> None:
    text, blocks = ANSWERS["oncall"]
    assert text == "On call: Mara Lind."
    assert "Lead: nobody is named" in flat(blocks)
    assert "The team is not at work now." in flat(ANSWERS["oncall_nobody"][1])


def test_whose_turn_it_is_is_told_with_what_says_so_and_until_when() -> None:
    shown = flat(ANSWERS["oncall_by_turns"][1])
    assert "On call: Mara Lind (weekly rotation on_call, until Mon 2026-03-09 09:00)" in shown
    assert "night: nobody: calendar night has no shift" in shown


def test_of_very_many_schedules_the_first_are_told_and_the_others_counted() -> None:
    text, blocks = listings.oncall([(f"s{n}", ["Mo"], "") for n in range(100)], HOURS, working=True)
    assert_inert(text, blocks)
    assert "s29: Mo" in flat(blocks)
    assert "s30" not in flat(blocks)
    assert "… and 70 more" in flat(blocks)


def test_help_names_every_command() -> None:
    shown = flat(ANSWERS["help"][1])
    assert all(f"/amends {word}" in shown for word in ("list", "show", "mine", "oncall", "snooze", "report", "help"))


def test_an_error_says_what_to_do() -> None:
    assert ANSWERS["problem"][0] == "The case is closed. From here it can be: reopened."


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_acts_in_an_answer(nasty: str) -> None:
    hostile(nasty, nasty)


@given(words, words)
def test_nothing_that_customers_can_say_acts_in_an_answer(name: str, said: str) -> None:
    hostile(name, said)


def hostile(name: str, said: str) -> None:
    told = story(customer=name, claimed_by=said, state="acknowledged")
    told["thread"] = [told["thread"][0] | {"from": name, "subject": said, "text": said}] * 9
    told["log"] = [told["log"][0] | {"who": name, "note": said}] * 20
    duty = listings.oncall([("On call", [name, said], ""), (said, [said], name)], said, working=True)
    for text, blocks in (
        listings.listed([told], NOW), listings.show(told, NOW), duty, listings.said(said),
        listings.problem(IllegalStep(said, advice=name)),
    ):  # fmt: skip
        assert_inert(text, blocks)
        assert_reachable(blocks)
    assert_view_inert(listings.show_modal(told, NOW))


def test_what_is_left_out_is_counted_by_all_that_there_are() -> None:
    text, blocks = listings.listed([case(number) for number in range(1, 4)], NOW, 500)
    assert text == "Open cases (500)"
    assert "… and 497 more" in str(blocks)

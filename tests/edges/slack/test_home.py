"""The Home tab: what it shows, to whom, and that it fits however much there is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edges.slack.home import Desk, home, stranger
from tests.edges.cards import NASTY, words
from tests.edges.slack.drawn import (
    assert_as_it_was,
    assert_reachable,
    assert_view_inert,
    flat,
    golden_names,
    parts,
    pressable,
    texts,
)
from tests.edges.slack.listed import NOW, case, moment, review

WEEK = {"opened": 12, "answered": 11, "closed": 8, "dismissed": 1, "first_answer_seconds": 2520.0}
BUSY = Desk(
    overdue=[case(4, next_due_at=moment(20), severity=3)],
    mine=[case(5, state="acknowledged", claimed_by="Mara Lind (U0AAA111)"), case(6, state="contacted")],
    team=[case(7), case(8, state="acknowledged", claimed_by="Ana Roth (U0BBB222)", labels=["mistake"])],
    reviews=[review(3), review(4, subject="", customer="")],
    week=WEEK,
)
MANY = [case(number) for number in range(1, 500)]
HOMES: dict[str, dict[str, Any]] = {
    "busy": home(BUSY, NOW), "quiet": home(Desk(), NOW), "stranger": stranger(),
}  # fmt: skip


@pytest.mark.parametrize("name", HOMES)
def test_the_home_tab_looks_as_it_did(name: str) -> None:
    assert_as_it_was(f"home/{name}", HOMES[name])
    assert_view_inert(HOMES[name])
    assert_reachable(HOMES[name])


def test_every_golden_file_is_of_a_home_tab_that_is_drawn() -> None:
    assert golden_names("home") == set(HOMES)


def test_what_is_overdue_stands_first() -> None:
    headings = [part["text"]["text"] for part in parts(HOMES["busy"]) if part.get("type") == "header"]
    assert headings == ["Overdue (1)", "My open cases (2)", "The team's open cases (2)", "To review (2)", "This week"]


def test_a_case_is_told_in_a_line() -> None:
    lines = texts(HOMES["busy"], "plain_text")
    assert "#4 Mo Farouk · mistake and ignored request · urgent · nobody is on it · due 40m ago" in lines
    assert "#8 Mo Farouk · mistake · real harm · Ana Roth is on it · due in 15m" in lines


def test_every_case_can_be_looked_at_and_every_review_answered() -> None:
    assert pressable(HOMES["busy"]) == ["show"] * 5 + ["review_mistake", "review_ignored", "review_neither"] * 2


def test_nothing_to_do_is_said_and_not_left_blank() -> None:
    shown = flat(HOMES["quiet"])
    assert "Nothing is overdue." in shown
    assert "You have no open cases." in shown


def test_a_flood_is_cut_and_counted() -> None:
    flooded = home(Desk(MANY, MANY, MANY, [review(n) for n in range(1, 500)], WEEK), NOW)
    shown = flat(flooded)
    assert shown.count("… and 487 more: /amends list") == 3
    assert "… and 487 more: they follow" in shown
    assert_view_inert(flooded)


def test_a_stranger_sees_one_polite_sentence_and_no_case() -> None:
    view = HOMES["stranger"]
    assert len(view["blocks"]) == 1
    assert not pressable(view)


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_acts_at_home(nasty: str) -> None:
    cases = [case(customer=nasty, claimed_by=nasty, state="acknowledged")]
    reviews = [review(customer=nasty, subject=nasty, text=nasty)]
    assert_view_inert(home(Desk(cases, cases, cases, reviews), NOW))


@given(words, words)
def test_nothing_that_customers_can_say_acts_at_home(name: str, said: str) -> None:
    cases = [case(customer=name, claimed_by=said, state="acknowledged", exhausted=True)]
    view = home(Desk(cases, (), cases, [review(customer=name, subject=said, text=said)]), NOW)
    assert_view_inert(view)
    assert_reachable(view)


@given(*[st.integers(0, 40)] * 4)
def test_however_much_there_is_it_fits(overdue: int, mine: int, team: int, reviews: int) -> None:
    desk = Desk(MANY[:overdue], MANY[:mine], MANY[:team], [review(n) for n in range(reviews)], WEEK)
    assert_view_inert(home(desk, NOW))

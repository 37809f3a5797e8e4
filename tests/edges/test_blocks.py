"""Alerts as Slack shows them: golden cards, and no words of a customer that could act."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Alert, Reason
from bot.domain.verdict import Clue, Label
from bot.edges import blocks
from bot.edges.blocks import clue_words, headline, message, next_step, spans, why
from tests.edges.cards import NASTY, alert, hostile_alerts

GOLDEN = Path(__file__).parent / "golden"
# What stands between < and > by our own hand.
_OURS = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>|<!subteam\^S0ONCALL>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def told(asked: Alert) -> dict[str, Any]:
    text, found = message(asked)
    return {"text": text, "blocks": found}


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """All objects of a card, from the outside in."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def texts(card: list[dict[str, Any]], kind: str) -> list[str]:
    return [part["text"] for part in parts(card) if part.get("type") == kind]


# golden cards


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.value)
def test_a_card_looks_as_it_did(reason: Reason) -> None:
    file = GOLDEN / f"{reason.value}.json"
    if os.environ.get("AMENDS_WRITE_GOLDEN"):  # look at the difference before you commit it
        file.write_text(json.dumps(told(alert(reason)), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert told(alert(reason)) == json.loads(file.read_text(encoding="utf-8"))


def test_every_golden_card_is_of_a_reason_there_is() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == {reason.value for reason in Reason}


def test_what_opens_a_case_is_a_card_and_the_rest_is_a_short_reply() -> None:
    heads = {reason: message(alert(reason))[1][0]["type"] for reason in Reason}
    assert heads == {reason: "header" if reason.opens else "section" for reason in Reason}
    lengths = {reason: len(message(alert(reason))[1]) for reason in Reason}
    assert max(lengths.values()) <= 6


def test_a_card_may_mention_somebody_too() -> None:
    text, card = message(alert(Reason.MISTAKE, mention="U0LEAD"))
    assert text.startswith("<@U0LEAD> Our mistake")
    assert card[1]["text"]["text"] == "<@U0LEAD>"


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.value)
def test_each_reason_says_why_it_speaks_and_what_to_do(reason: Reason) -> None:
    shown = " ".join(texts(message(alert(reason))[1], "mrkdwn"))
    assert reason.sentence in shown
    assert next_step(alert(reason)) in shown
    assert len({blocks.title(alert(other)) for other in Reason}) == len(Reason)


def test_how_sure_and_how_late_is_told_where_it_is_known() -> None:
    assert why(alert()) == "The customer says that we made a mistake. 87% sure."
    assert why(alert(confidence=1.0)) == "The customer says that we made a mistake."
    late = timedelta(hours=9, minutes=45)
    assert why(alert(Reason.STILL_UNANSWERED, late_by=late)) == "Nobody has taken this yet. Late by 9h 45m."


def test_an_overdue_step_is_named_by_the_state_it_is_owed_from() -> None:
    assert "Case 7 is amends made." in next_step(alert(Reason.NEXT_STEP_OVERDUE, state="amends_made"))


def test_a_headline_without_a_subject_ends_with_the_customer() -> None:
    assert headline(alert(subject="")) == "Our mistake · Mo Farouk"
    assert headline(alert()) == "Our mistake · Mo Farouk: Order 17"


# the customer's words


def test_the_words_behind_the_clues_are_bold_and_all_words_are_there() -> None:
    (quote,) = (part for part in parts(message(alert())[1]) if part.get("type") == "rich_text_quote")
    bold = [piece["text"] for piece in quote["elements"] if piece.get("style")]
    assert bold == ["charged me twice", "answers", "third mail"]
    everything = "".join(piece["text"] for piece in quote["elements"])
    assert everything == "You charged me twice & nobody <ever> answers.\nThis is my third mail."


def test_a_mail_without_words_says_so() -> None:
    assert texts(message(alert(words=" \u200b\n"))[1], "text") == ["(no text)"]


def test_only_clues_that_spoke_for_the_alert_are_marked() -> None:
    clues = (
        Clue(Label.MISTAKE, "broken", 1.0), Clue(Label.MISTAKE, "lovely", -1.0), Clue(Label.IGNORED, "reply", 2.0),
        Clue(Label.MISTAKE, "you", 3.0), Clue(Label.MISTAKE, "refund: “my money back”", 0.1),
    )  # fmt: skip
    assert clue_words(alert(clues=clues, labels=frozenset({Label.MISTAKE}))) == ["my money back", "broken"]


@pytest.mark.parametrize(
    ("text", "clues", "marked"),
    [
        ("It came late.", ["late"], "late"),
        ("The plate came late.", ["late"], "late"),
        ("The plate.", ["late"], ""),
        ("LATE and later", ["late"], "LATE"),
        ("charged me twice", ["charged me", "me twice"], "charged me twice"),
        ("İ late", ["late"], ""),
        ("", ["late"], ""),
    ],
)
def test_a_clue_is_marked_where_a_word_begins(text: str, clues: list[str], marked: str) -> None:
    assert "|".join(piece for piece, is_clue in spans(text, clues) if is_clue) == marked


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=5), max_size=5))
def test_marking_neither_loses_nor_adds_a_letter(text: str, clues: list[str]) -> None:
    pieces = spans(text, clues)
    assert "".join(piece for piece, _ in pieces) == text
    assert all(a[1] != b[1] for a, b in pairwise(pieces))


# what a customer could try


def well_formed(asked: Alert) -> None:
    """Whatever it says, Slack takes it and nothing in it acts."""
    text, card = message(asked)
    for shown in [text, *texts(card, "mrkdwn")]:
        foreign = _OURS.sub("", shown)
        assert "<" not in foreign
        assert ">" not in foreign
        assert not _BARE_AMPERSAND.search(foreign)
    assert all(part["verbatim"] is True for part in parts(card) if part.get("type") == "mrkdwn")
    assert_limits(card)
    everything = [text, *(shown for kind in ("mrkdwn", "plain_text", "text") for shown in texts(card, kind))]
    assert not [c for shown in everything for c in shown if c != "\n" and unicodedata.category(c) in _UNSEEN]
    assert len(json.dumps(card, ensure_ascii=False).encode()) < 30_000


def assert_limits(card: list[dict[str, Any]]) -> None:
    """docs.slack.dev/reference/block-kit: characters of texts, numbers of fields, elements and blocks."""
    assert len(card) <= 50
    for block in card:
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 1 <= len(block["text"]["text"]) <= 150
        if block["type"] == "section":
            assert 1 <= len(block.get("text", {"text": "x"})["text"]) <= 3000
            assert len(block.get("fields", [])) <= 10
            assert all(1 <= len(field["text"]) <= 2000 for field in block.get("fields", []))
        if block["type"] == "context":
            assert len(block["elements"]) <= 10
        for piece in parts(block.get("elements", [])):
            assert len(piece.get("text", "x")) >= 1


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_acts(nasty: str) -> None:
    for reason in (Reason.MISTAKE, Reason.WROTE_AGAIN, Reason.NEXT_STEP_OVERDUE):
        well_formed(alert(reason, customer=nasty, subject=nasty, words=nasty, clues=(Clue(Label.MISTAKE, nasty, 1.0),)))


@given(hostile_alerts)
def test_nothing_that_a_customer_can_say_acts(asked: Alert) -> None:
    well_formed(asked)


@given(hostile_alerts)
def test_the_words_stand_only_where_slack_reads_no_markup(asked: Alert) -> None:
    text, card = message(replace(asked, words=f"quokka *quokka* {asked.words}"))
    assert not [shown for shown in [text, *texts(card, "mrkdwn")] if "quokka" in shown]
    quoted = "quokka" in "".join(texts(card, "text"))
    assert quoted is (asked.reason.opens or asked.reason is Reason.WROTE_AGAIN)


@given(hostile_alerts)
def test_the_subject_stands_in_the_header_and_the_notification_alone(asked: Alert) -> None:
    _text, card = message(replace(asked, subject=f"numbat {asked.subject}"))
    assert not [shown for shown in texts(card, "mrkdwn") if "numbat" in shown]


def test_a_long_name_is_cut_and_the_case_is_still_named() -> None:
    _text, card = message(alert(customer="M" * 5000))
    shown = " ".join(texts(card, "mrkdwn"))
    assert "M" * 61 not in shown
    assert "amends step 7 acknowledged" in shown

"""What belongs to no case, in Slack: its lines are shown and never act, its buttons carry their message's number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import AlertKey, Notice, Topic
from bot.edges.slack.notices import notice
from tests.edges.cards import NASTY, words
from tests.edges.slack.drawn import (
    assert_as_it_was,
    assert_inert,
    assert_reachable,
    flat,
    golden_names,
    parts,
    pressable,
    texts,
)

KEY = AlertKey("review:1")
LIST = Notice(
    KEY, Topic.REVIEW, "Daily review: 2 messages",
    ("1 · unsure, 40% · Mo: “Where is <it>?”", "2 · sample, 3% · Jo: “Thanks & bye”"),
    "Answer each with: amends review NUMBER mistake|ignored|neither --by YOU",
)  # fmt: skip
ASKED = replace(LIST, numbers=(1, 2))
NOTICES = {
    "review": ASKED,
    "review_without_numbers": LIST,
    "review_too_long": replace(ASKED, lines=tuple(f"{n} · a line" for n in range(40)), numbers=tuple(range(40))),
    **{topic.value: Notice(AlertKey("x:1"), topic, "What it is about", ("one", "another"), "What to do.", "S0ONCALL")
       for topic in Topic if topic is not Topic.REVIEW},
}  # fmt: skip


def told(*said: str) -> Notice:
    return replace(LIST, lines=said)


def listed(card: list[dict[str, Any]]) -> list[str]:
    """The lines as Slack shows them."""
    return [
        block["text"]
        for bullets in parts(card)
        if bullets.get("type") == "rich_text_list"
        for block in parts(bullets)
        if block.get("type") == "text"
    ]


def well_formed(shown: Notice) -> None:
    """Slack takes it, and nothing in it acts; customers' words stand where Slack reads no markup."""
    text, card = notice(shown)
    assert_inert(text, card)
    assert_reachable(card)
    assert len(str(card).encode()) < 60_000


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_looks_as_it_did(name: str) -> None:
    text, blocks = notice(NOTICES[name])
    assert_as_it_was(f"notices/{name}", {"text": text, "blocks": blocks})
    well_formed(NOTICES[name])


def test_every_golden_file_is_of_a_notice_that_is_drawn() -> None:
    assert golden_names("notices") == set(NOTICES)


def test_a_notice_says_what_it_is_lists_its_lines_and_what_to_do_and_why() -> None:
    text, card = notice(LIST)
    assert text == "Daily review: 2 messages"
    assert [block["type"] for block in card] == ["header", "rich_text", "rich_text", "context"]
    assert texts(card, "plain_text") == ["Daily review: 2 messages", Topic.REVIEW.sentence]
    assert listed(card) == list(LIST.lines)
    assert LIST.advice in flat(card)


def test_a_notice_without_advice_has_no_block_for_it() -> None:
    _, card = notice(replace(LIST, advice=""))
    assert [block["type"] for block in card] == ["header", "rich_text", "context"]
    _, mentioned = notice(replace(LIST, advice="", mention="U0LEAD"))
    assert [block["type"] for block in mentioned] == ["header", "section", "rich_text", "context"]


def test_every_topic_says_why_it_speaks() -> None:
    sentences = {texts(notice(replace(LIST, topic=topic))[1], "plain_text")[-1] for topic in Topic}
    assert len(sentences) == len(Topic)
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_acts_in_a_list(nasty: str) -> None:
    lines = (nasty, f"3 · sample, 2% · {nasty}: “{nasty}”", *[nasty] * 60)
    well_formed(told(*lines))
    well_formed(replace(LIST, lines=lines, numbers=tuple(range(len(lines))), title=nasty, advice=nasty))


@given(st.lists(words, min_size=1, max_size=60), st.booleans())
def test_nothing_that_customers_can_say_acts_in_a_list(said: list[str], numbered: bool) -> None:
    well_formed(replace(told(*said), numbers=tuple(range(len(said))) if numbered else ()))


def test_a_line_of_which_nothing_is_left_is_a_dash() -> None:
    assert listed(notice(told("\u200b \n", "Hello"))[1]) == ["–", "Hello"]


def test_a_long_line_is_cut() -> None:
    (line,) = listed(notice(told("word " * 500))[1])
    assert len(line) <= 300
    assert line.endswith("…")


def test_a_title_and_an_advice_cannot_act_either() -> None:
    text, card = notice(replace(LIST, title="<!channel> & co", advice="<!here> *now*"))
    assert text == "&lt;!channel&gt; &amp; co"
    assert "<!here> *now*" in texts(card, "text")
    assert not texts(card, "mrkdwn")


def test_what_does_not_fit_is_not_left_out_in_silence() -> None:
    """`[review]` allows two hundred messages a day; whoever cannot see all of them must know that there are more."""
    for numbers in ((), tuple(range(100))):
        shown = flat(notice(replace(told(*(f"“message {n}”" for n in range(100))), numbers=numbers))[1])
        assert f"… and {100 - shown.count('“message')} more: amends review" in shown


def test_of_five_hundred_lines_slack_takes_some_and_the_reader_hears_how_many_are_left_and_where() -> None:
    digest = Notice(AlertKey("digest:1"), Topic.DIGEST, "500 more alerts wait",
                    tuple(f"#{n} · {'W' * 400} · mistake · waiting 2h" for n in range(500)), "Look: `amends cases`",
                    "S0ONCALL")  # fmt: skip
    well_formed(digest)
    shown = listed(notice(digest)[1])
    assert shown[-1] == f"… and {500 - len(shown) + 1} more: amends cases"


@pytest.mark.parametrize(("target", "ping"), [("S0ONCALL", "<!subteam^S0ONCALL>"), ("U0LEAD", "<@U0LEAD>")])
def test_whom_a_notice_is_for_is_pinged_once_in_the_text_and_once_on_the_card(target: str, ping: str) -> None:
    text, card = notice(replace(LIST, mention=target))
    assert text == f"{ping} {LIST.title}"
    assert texts(card, "mrkdwn") == [ping]


# the review list


def test_each_message_to_review_has_three_buttons_with_its_number() -> None:
    _text, card = notice(ASKED)
    assert pressable(card) == ["review_mistake", "review_ignored", "review_neither"] * 2
    buttons = [part for part in parts(card) if part.get("type") == "button"]
    assert [part["value"] for part in buttons] == ["1"] * 3 + ["2"] * 3
    assert all(f"message {part['value']}" in part["accessibility_label"] for part in buttons)
    shown = flat(card)
    assert all(line in shown for line in LIST.lines)
    assert "amends review" not in shown, "nobody needs a terminal where there are buttons"


def test_numbers_that_do_not_fit_the_lines_get_no_buttons() -> None:
    assert not pressable(notice(replace(LIST, numbers=(1,)))[1])
    assert not pressable(notice(replace(LIST, numbers=(1, 2), topic=Topic.WATCH))[1])


def test_of_a_long_review_list_fifteen_messages_have_buttons() -> None:
    shown = notice(NOTICES["review_too_long"])[1]
    assert len(pressable(shown)) == 45
    assert "… and 25 more" in flat(shown)

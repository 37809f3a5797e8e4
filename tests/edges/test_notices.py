"""What belongs to no case, in Slack and on a terminal: the words of customers in it are shown and never act."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.message import Person
from bot.domain.review import ReviewPolicy
from bot.edges import console_models
from bot.edges.blocks import notice
from bot.edges.console import ConsoleChannel
from bot.edges.slack_out import SlackChannel
from bot.errors import Refused
from bot.service.deliver import LEASE, SETTLE, Delivery
from bot.service.ports import Ref
from bot.service.recover import recover
from bot.store.reviews import open_reviews
from tests.edges.cards import NASTY, words
from tests.edges.test_blocks import assert_limits, parts, texts
from tests.edges.test_console import BERLIN, flat, harmless
from tests.fakes.build import DAY
from tests.fakes.clock import MONDAY
from tests.fakes.mornings import Mornings, lines
from tests.fakes.slack import FakeSlack

KEY = AlertKey("review:1")
LIST = Notice(
    KEY, Topic.REVIEW, "Daily review: 2 messages",
    ("1 · unsure, 40% · Mo: “Where is <it>?”", "2 · sample, 3% · Jo: “Thanks & bye”"),
    "Answer each with: amends review NUMBER mistake|ignored|neither --by YOU",
)  # fmt: skip
EPOCH = int(MONDAY.timestamp())
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def told(*said: str) -> Notice:
    return replace(LIST, lines=said)


def listed(card: list[dict[str, Any]]) -> list[str]:
    """The lines as Slack shows them."""
    return [block["text"] for block in parts(card) if block.get("type") == "text"]


def printed(*notices: Notice, root: Ref | None = None) -> str:
    out = io.StringIO()
    channel = ConsoleChannel(BERLIN, out)
    for one in notices:
        channel.post(one, root)
    return out.getvalue()


# as blocks


def test_a_notice_says_what_it_is_lists_its_lines_and_what_to_do_and_why() -> None:
    text, card = notice(LIST)
    assert text == "Daily review: 2 messages"
    assert [block["type"] for block in card] == ["header", "rich_text", "section", "context"]
    assert texts(card, "plain_text") == ["Daily review: 2 messages"]
    assert listed(card) == list(LIST.lines)
    assert texts(card, "mrkdwn") == [LIST.advice, Topic.REVIEW.sentence]


def test_a_notice_without_advice_has_no_block_for_it() -> None:
    _, card = notice(replace(LIST, advice=""))
    assert [block["type"] for block in card] == ["header", "rich_text", "context"]
    assert_limits(card)
    _, mentioned = notice(replace(LIST, advice="", mention="U0LEAD"))
    assert [block["type"] for block in mentioned] == ["header", "rich_text", "section", "context"]


def test_every_topic_says_why_it_speaks() -> None:
    sentences = {texts(notice(replace(LIST, topic=topic))[1], "mrkdwn")[-1] for topic in Topic}
    assert len(sentences) == len(Topic)
    assert all(sentence.endswith(".") for sentence in sentences)


def well_formed(shown: Notice) -> None:
    """Slack takes it, and nothing in it acts; customers' words stand where Slack reads no markup."""
    text, card = notice(shown)
    assert_limits(card)
    assert all(part["verbatim"] is True for part in parts(card) if part.get("type") == "mrkdwn")
    for marked in [text, *texts(card, "mrkdwn")]:
        assert "<" not in marked
        assert ">" not in marked
    everything = [text, *texts(card, "mrkdwn"), *texts(card, "plain_text"), *listed(card)]
    assert not [c for said in everything for c in said if unicodedata.category(c) in _UNSEEN]
    assert texts(card, "mrkdwn") == [LIST.advice, Topic.REVIEW.sentence]
    assert len(json.dumps(card, ensure_ascii=False).encode()) < 60_000


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_acts_in_a_list(nasty: str) -> None:
    well_formed(told(nasty, f"3 · sample, 2% · {nasty}: “{nasty}”", *[nasty] * 60))


@given(st.lists(words, min_size=1, max_size=60))
def test_nothing_that_customers_can_say_acts_in_a_list(said: list[str]) -> None:
    well_formed(told(*said))


def test_a_line_of_which_nothing_is_left_is_a_dash() -> None:
    assert listed(notice(told("\u200b \n", "Hello"))[1]) == ["–", "Hello"]


def test_a_long_line_is_cut() -> None:
    (line,) = listed(notice(told("word " * 500))[1])
    assert len(line) <= 300
    assert line.endswith("…")


def test_a_title_and_an_advice_cannot_act_either() -> None:
    text, card = notice(replace(LIST, title="<!channel> & co", advice="<!here> *now*"))
    assert text == "&lt;!channel&gt; &amp; co"
    assert texts(card, "mrkdwn")[0] == "&lt;!here&gt; *now*"


def test_what_does_not_fit_is_not_left_out_in_silence() -> None:
    """`[review]` allows two hundred messages a day; whoever cannot see all of them must know that there are more."""
    _text, card = notice(told(*(f"message {n}" for n in range(100))))
    shown = " ".join([*listed(card), *texts(card, "mrkdwn")])
    assert "message 99" in shown or "more" in shown


def test_of_five_hundred_lines_slack_takes_some_and_the_reader_hears_how_many_are_left_and_where() -> None:
    digest = Notice(AlertKey("digest:1"), Topic.DIGEST, "500 more alerts wait",
                    tuple(f"#{n} · {'W' * 400} · mistake · waiting 2h" for n in range(500)), "Look: `amends cases`",
                    "S0ONCALL")  # fmt: skip
    _text, card = notice(digest)
    assert_limits(card)
    shown = listed(card)
    assert shown[-1] == f"… and {500 - len(shown) + 1} more: amends cases"
    assert len(str(card)) < 30_000


@pytest.mark.parametrize(("target", "ping"), [("S0ONCALL", "<!subteam^S0ONCALL>"), ("U0LEAD", "<@U0LEAD>")])
def test_whom_a_notice_is_for_is_pinged_once_in_the_text_and_once_on_the_card(target: str, ping: str) -> None:
    text, card = notice(replace(LIST, mention=target))
    assert text == f"{ping} {LIST.title}"
    assert texts(card, "mrkdwn")[0] == f"{ping} {LIST.advice}"


# on a terminal


def test_a_notice_on_a_terminal_has_its_title_lines_advice_and_reason() -> None:
    shown = flat(printed(LIST))
    for said in (LIST.title, *LIST.lines, LIST.advice, Topic.REVIEW.sentence):
        assert said in shown


def test_a_notice_is_a_post_of_its_own_whatever_stands_above_it() -> None:
    channel = ConsoleChannel(BERLIN, io.StringIO())
    assert [channel.post(LIST, None), channel.post(LIST, Ref("console:1"))] == ["console:1", "console:2"]
    assert channel.find(KEY, None, MONDAY) is None
    assert printed(LIST) == printed(LIST, root=Ref("console:1"))


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_reaches_the_terminal_in_a_list(nasty: str) -> None:
    shown = printed(told(nasty, f"3 · sample, 2% · {nasty}: “{nasty}”", "the last one"))
    harmless(shown)
    assert "the last one" in flat(shown)


@given(st.lists(words, max_size=5))
def test_nothing_that_customers_can_say_reaches_the_terminal_in_a_list(said: list[str]) -> None:
    harmless(printed(told(*said)))


def test_markup_in_a_list_is_shown_and_not_obeyed() -> None:
    line = "[red]x[/red] [/] \\[bold] [link=https://evil.example]y :rotating_light:"
    assert line in flat(printed(told(line)))
    assert "[bold]x" in flat(printed(replace(LIST, title="[bold]x")))


def test_a_narrow_terminal_gets_a_narrow_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert max(map(len, printed(LIST).splitlines())) <= 40


# in Slack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("C1",), epoch=EPOCH) as running:
        yield running


@pytest.fixture
def channel(slack: FakeSlack) -> SlackChannel:
    return SlackChannel(slack.token, "C1", slack.api_url)


def test_a_notice_is_posted_with_its_key_and_without_a_case(slack: FakeSlack, channel: SlackChannel) -> None:
    ref = channel.post(LIST, Ref("C1:1.0"))
    [post] = slack.messages("C1")
    assert ref == f"C1:{post['ts']}"
    assert post["text"] == "Daily review: 2 messages"
    assert post["metadata"] == {"event_type": "amends_alert", "event_payload": {"key": KEY}}
    assert "thread_ts" not in post, "it answers nothing"
    assert "Where is <it>?" in json.dumps(post["blocks"], ensure_ascii=False)
    [call] = slack.posts
    assert not call.args["unfurl_links"]


def test_a_notice_that_asks_for_nothing_is_posted_without_advice(slack: FakeSlack, channel: SlackChannel) -> None:
    channel.post(replace(LIST, advice=""), None)
    (posted,) = slack.messages("C1")
    assert [block["type"] for block in posted["blocks"]] == ["header", "rich_text", "context"]
    assert len(printed(replace(LIST, advice="")).splitlines()) == len(printed(LIST).splitlines()) - 1


def test_a_notice_is_found_again_by_its_key_and_no_other(slack: FakeSlack, channel: SlackChannel) -> None:
    since = datetime.fromtimestamp(EPOCH, UTC) - timedelta(minutes=2)
    refs = [channel.post(replace(LIST, key=AlertKey(f"review:{n}")), None) for n in range(3)]
    slack.say("C1", KEY)
    assert channel.find(KEY, None, since) == refs[1]
    assert channel.find(AlertKey("review:9"), None, since) is None


def test_a_notice_that_slack_refuses_is_refused(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.fault("chat.postMessage", "error", code="invalid_blocks")
    with pytest.raises(Refused, match="Slack refuses: invalid_blocks"):
        channel.post(LIST, None)


@pytest.mark.parametrize(("fault", "posts"), [("reset_after", 1), ("reset_before", 2)])
def test_a_list_to_which_slack_never_answered_stands_in_the_channel_once(
    tmp_path: Path, slack: FakeSlack, channel: SlackChannel, fault: Any, posts: int
) -> None:
    with Mornings.at(tmp_path) as world:
        world.store.transact(lambda tx: tx.announce(LIST))
        delivery = Delivery(world.store, channel, world.clock)
        slack.fault("chat.postMessage", fault)
        assert delivery.run() == 0
        world.clock.advance(LEASE + SETTLE)
        assert recover(world.store, channel) == 2 - posts
        assert delivery.run() == posts - 1
        assert world.outbox() == [(KEY, "sent")]
    assert len(slack.calls("chat.postMessage")) == posts
    assert len(slack.messages("C1")) == 1


# from the customer's mail to the screen


def storable(text: str) -> bool:
    """Reading lets no half of a character through, nor a NUL."""
    return "\x00" not in text and "\ud83d" not in text and 0 < len(text.strip()) < 1000


def test_whatever_customers_write_the_review_list_of_a_whole_morning_is_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nasty = [text for text in NASTY if storable(text)]
    with Mornings.at(tmp_path) as world:
        world.reviews = ReviewPolicy(quiet=100)
        world.engine()
        for number, text in enumerate(nasty):
            world.customer(text, sender=Person(f"c{number}@x.example", text), subject=text)
        world.passes(DAY)
        (post,) = world.hears(f"review: Daily review: {len(nasty)} messages")
        assert isinstance(post.said, Notice)
        assert len(lines(post)) == len(nasty)
        well_formed(post.said)
        harmless(printed(post.said))
        found = world.store.read(open_reviews)
    console_models.reviews(found, BERLIN)
    shown = capsys.readouterr().out
    harmless(shown)
    assert "[red]markup[/red]" in flat(shown)
    assert "amends review NUMBER" in flat(shown)


def test_where_nothing_waits_for_a_review_the_terminal_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    console_models.reviews([], BERLIN)
    assert capsys.readouterr().out == "Nothing waits for a review.\n"

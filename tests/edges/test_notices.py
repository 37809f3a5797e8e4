"""What belongs to no case, in Slack and on a terminal: the words of customers in it are shown and never act."""

from __future__ import annotations

import io
import json
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
from bot.edges.console import ConsoleChannel
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.web import Web
from bot.errors import Refused
from bot.service.deliver import LEASE, SETTLE, Delivery
from bot.service.ports import Ref
from bot.service.recover import recover
from bot.store.reviews import open_reviews
from tests.edges.cards import NASTY, words
from tests.edges.slack.test_notices import KEY, LIST, told, well_formed
from tests.edges.test_console import BERLIN, flat, harmless
from tests.fakes.build import DAY
from tests.fakes.clock import MONDAY
from tests.fakes.mornings import Mornings, lines
from tests.fakes.slack import FakeSlack

EPOCH = int(MONDAY.timestamp())


def printed(*notices: Notice, root: Ref | None = None) -> str:
    out = io.StringIO()
    channel = ConsoleChannel(BERLIN, out)
    for one in notices:
        channel.post(one, root)
    return out.getvalue()


# on a terminal


def test_a_notice_on_a_terminal_has_its_title_lines_advice_and_reason() -> None:
    shown = flat(printed(LIST))
    for said in (LIST.title, *LIST.lines, LIST.advice, Topic.REVIEW.sentence):
        assert said in shown


def test_a_notice_is_a_post_of_its_own_whatever_stands_above_it() -> None:
    channel = ConsoleChannel(BERLIN, io.StringIO())
    assert [channel.post(LIST, None), channel.post(LIST, Ref("console:1"))] == ["console:1", "console:2"]
    assert channel.find(KEY, None, MONDAY) == []
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
    return SlackChannel(Web(slack.token, slack.api_url), "C1")


def test_a_notice_is_posted_with_its_key_and_without_a_case(slack: FakeSlack, channel: SlackChannel) -> None:
    ref = channel.post(LIST, Ref("C1:1.0"))
    [post] = slack.messages("C1")
    assert ref == f"C1:{post['ts']}"
    assert post["text"] == "Daily review: 2 messages"
    assert post["metadata"] == {"event_type": "amends_alert", "event_payload": {"key": KEY}}
    assert "thread_ts" not in post, "it answers nothing"
    assert "Where is <it>?" in json.dumps(post["blocks"], ensure_ascii=False)
    [call] = slack.calls("chat.postMessage")
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
    assert channel.find(KEY, None, since) == [refs[1]]
    assert channel.find(AlertKey("review:9"), None, since) == []


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

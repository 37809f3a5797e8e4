"""The page of a conversation: everything is on it, nothing in it runs, and nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from datetime import UTC
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given

from bot.edges.slack.cards import card, reply
from bot.edges.slack.modals import About, Source, draft, treat
from bot.edges.slack.page import Channel, Conversation, Post, Screen, page
from bot.edges.slack.page_blocks import Painter
from tests.edges.cards import NASTY, alert, words
from tests.edges.slack.conversation import ALERTS, ASIDE, CONVERSATION
from tests.edges.slack.drawn import parts
from tests.fakes.clock import MONDAY

_VOID = {"meta", "br", "hr"}
# What every tag may carry; none of it loads or runs anything.
_HARMLESS = {"class", "title", "id", "lang", "charset", "name", "content", "open", "aria-hidden"}


class Read(HTMLParser):
    """A page as a browser takes it: its words, and whether every tag is closed where it was opened."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(shown)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert name in _HARMLESS or (name == "href" and str(value).startswith("#c")), (name, value)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def read(shown: str) -> Read:
    found = Read(shown)
    assert not {"script", "iframe", "img", "link", "form", "object", "svg"} & set(found.tags)
    assert "url(" not in shown
    assert "@import" not in shown
    return found


def flat(text: str) -> str:
    return " ".join(text.split())


SHOWN = page(CONVERSATION, "What amends does")


def test_everything_that_was_said_is_on_the_page() -> None:
    """But for a placeholder, in whose place stands what was chosen."""
    told = flat(" ".join(read(SHOWN).words))
    for channel in (ALERTS, ASIDE):
        for one in channel.posts:
            for part in parts(one.view["blocks"] if isinstance(one, Screen) else list(one.blocks)):
                if part.get("type") in ("plain_text", "text") and part["text"] != "Somebody of the team":
                    for line in part["text"].splitlines():
                        assert flat(line) in told, line


def test_members_and_groups_stand_by_name_and_moments_in_the_reader_s_zone() -> None:
    told = flat(" ".join(read(SHOWN).words))
    assert "@Ana Roth can you look" in told.replace("@Ana Roth  can", "@Ana Roth can")
    assert "@on-call" in told
    assert "Mon 2 Mar, 10:15" in told
    assert "twice & nobody noticed" in told


def test_what_one_person_sees_says_so_and_threads_are_counted() -> None:
    told = flat(" ".join(read(SHOWN).words))
    assert "Only visible to Ana Roth" in told
    assert "3 replies" in told
    assert "1 reply" in told
    assert "Nothing was said here." in told


def test_it_follows_the_reader_s_light_and_width() -> None:
    assert "prefers-color-scheme:dark" in SHOWN
    assert "max-width:720px" in SHOWN
    assert "width=device-width" in SHOWN


def hostile(said: str) -> None:
    asked = alert(customer=said, subject=said, words=said)
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": said or "x"}},
        {"type": said},
    ]
    shown = page(
        Conversation(
            (Channel(said, said, (
                Post(said, MONDAY, said, replies=(Post(said, MONDAY, *reply(asked), only=said),)),
                Post(said, MONDAY, *card(asked), app=True, edited=True), Post(said, MONDAY, said, blocks),
                Screen(said, draft(About(7, said), said)), Screen(said, treat(Source("C1", "1.1", "", "U1", said))),
            )),), {"U1": said}, UTC, said,
        ), said,
    )  # fmt: skip
    read(shown)


@pytest.mark.parametrize(
    "nasty", [*NASTY, "</style><script>x</script>", '" onclick="x', "<img src=x onerror=x>", "<@U1|<b>>"]
)
def test_nothing_that_anybody_says_acts_on_the_page(nasty: str) -> None:
    hostile(nasty[:2000])


@given(words)
def test_nothing_that_anybody_can_say_acts_on_the_page(said: str) -> None:
    hostile(said[:2000])


@pytest.mark.parametrize(
    ("mrkdwn", "html"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a &lt;b&gt; &amp;amp; c"),
        ("<@U1> and <@U9>", "<span class=at>@Jo</span> and <span class=at>@U9</span>"),
        ("<!subteam^S1>", "<span class=at>@on-call</span>"),
        ("<!here>", "<span class=at>@here</span>"),
        ("<#C1|general>", "<span class=at>#general</span>"),
        ("<https://shop.example/a|the shop>", "<span class=link>the shop</span>"),
        ("<!date^1^{date}|2 March>", "<time>2 March</time>"),
        ("two\nlines", "two<br>lines"),
        ("1 < 2", "1 &lt; 2"),
    ],
)  # fmt: skip
def test_a_message_is_read_as_slack_reads_it(mrkdwn: str, html: str) -> None:
    assert Painter({"U1": "Jo", "S1": "on-call"}).mrkdwn(mrkdwn) == html


def test_every_kind_of_rich_text_is_drawn() -> None:
    pieces = [
        {"type": "text", "text": "b", "style": {"bold": True, "strike": True}}, {"type": "emoji", "name": "tea"},
        {"type": "link", "url": "https://shop.example"}, {"type": "user", "user_id": "U1"},
        {"type": "usergroup", "usergroup_id": "S1"}, {"type": "broadcast", "range": "here"},
    ]  # fmt: skip
    kinds = ("rich_text_section", "rich_text_quote", "rich_text_preformatted")
    lists = [
        {"type": "rich_text_list", "style": style, "elements": [{"type": "rich_text_section", "elements": pieces}]}
        for style in ("bullet", "ordered")
    ]
    drawn = Painter({"U1": "Jo"}).blocks(
        [{"type": "rich_text", "elements": [*({"type": kind, "elements": pieces} for kind in kinds), *lists]}]
    )
    found = Read(drawn)
    assert {"p", "blockquote", "pre", "ul", "ol", "b", "s"} <= set(found.tags)
    told = "".join(found.words)
    assert told.count("@Jo") == 5
    assert told.count("@S1") == 5
    assert ":tea:" in told
    assert "@here" in told
    assert re.search("shop.example", unescape(drawn))


def test_a_block_that_is_not_known_is_named() -> None:
    assert Painter().blocks([{"type": "video"}]) == "<p class=context>[video]</p>"

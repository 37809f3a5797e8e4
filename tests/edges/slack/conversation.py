"""A short conversation with everything in it that is drawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.alert import Reason
from bot.edges.slack import listings
from bot.edges.slack.cards import card, reply
from bot.edges.slack.notices import notice
from bot.edges.slack.page import Channel, Conversation, Post, Screen
from tests.edges.cards import alert
from tests.edges.slack.listed import NOW, story
from tests.edges.slack.test_cards import CARDS, REPLIES
from tests.edges.slack.test_home import HOMES
from tests.edges.slack.test_listings import ANSWERS
from tests.edges.slack.test_modals import MODALS
from tests.edges.slack.test_notices import ASKED, NOTICES
from tests.fakes.clock import MONDAY


def at(minutes: int) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def app(drawn: tuple[str, list[dict[str, object]]], minutes: int, *replies: Post | Screen, only: str = "") -> Post:
    text, blocks = drawn
    return Post("amends", at(minutes), text, blocks, replies, app=True, only=only)


ALERTS = Channel("support-alerts", "Mistakes and ignored requests, as amends finds them", (
    app(card(CARDS["threats"]), 15, app(reply(REPLIES["still_unanswered"]), 30), app(reply(REPLIES["wrote_again"]), 41),
        Post("Mara Lind", at(44), "I’ll ring her. <@U0BBB222> can you look at the double charge?")),
    Screen("Mara presses “Contacted”", MODALS["contacted"]),
    app(card(CARDS["acknowledged"]), 50, app(listings.said("Ana Roth is on it already."), 51, only="Jo Ek")),
    app(card(CARDS["contacted"]), 55),
    Screen("Ana presses “Draft reply”", MODALS["draft"]),
    app(card(CARDS["dismissed_by_denial"]), 60),
    app(card(alert(Reason.STAFF_REPORT, customer="Billing", messages=1)), 65),
    app(notice(ASKED), 70),
    app(notice(NOTICES["digest"]), 75),
))  # fmt: skip
ASIDE = Channel("help-desk", "", (
    Post("Jo Ek", at(80), "The 9 o'clock batch of cards was charged twice &amp; nobody noticed :("),
    app(ANSWERS["list"], 81, only="Ana Roth"), app(ANSWERS["show"], 82, only="Ana Roth"),
    app(ANSWERS["help"], 83, only="Ana Roth"), app(ANSWERS["problem"], 84, only="Sam Hill"),
    Screen("Ana uses “Treat as complaint” on Jo's message", MODALS["treat"]),
    Screen("Ana presses “Snooze”, “Pick a time…”", MODALS["snoozed"]),
    Screen("Ana types /amends report", MODALS["report"]),
    Screen("Ana presses “Show”", listings.show_modal(story(), NOW)),
    Screen("Mara opens the Home tab", HOMES["busy"]), Screen("Somebody else opens the Home tab", HOMES["stranger"]),
))  # fmt: skip
CONVERSATION = Conversation(
    (ALERTS, ASIDE, Channel("quiet")), {"U0AAA111": "Mara Lind", "U0BBB222": "Ana Roth", "S0ONCALL": "on-call"},
    ZoneInfo("Europe/Berlin"), "A conversation that never happened.",
)  # fmt: skip

"""The demo as the team would see it: played against a Slack on loopback, and drawn as one page."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot import rehearsal
from bot.champion import Progress
from bot.domain.alert import CaseId
from bot.domain.draft import draft, facts_of
from bot.domain.triage import Policy
from bot.edges import wording
from bot.edges.slack import home, listings, modals
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.page import Channel, Conversation, Post, Screen, page
from bot.edges.slack.web import Web
from bot.errors import UsageError
from bot.packaged import demo_slack
from bot.service.ports import Transaction
from bot.service.simulate import SimulatedClock
from bot.settings import Settings
from bot.store.store import SqlStore

_CHANNEL, _MARA = "C0KETTLES", "U0MARA"
_NAME = "complaints"
_TITLE = "Four days at Brightkettle"
_NOTE = (
    "Brightkettle sells kettles and tea. It does not exist, and neither do its customers. What amends says here went "
    "over Slack's own interface to a Slack on this machine; nothing can be pressed on a page."
)
_WEEK = timedelta(days=7)


def demo(settings: Settings, file: Path, *, keep: Path | None, rebuild: bool, progress: Progress) -> dict[str, int]:
    """Play it, and write the page; the counts of what happened. Raises UsageError where the file cannot be written."""
    clocks: list[SimulatedClock] = []
    screens: list[Post | Screen] = []
    fake = demo_slack()
    with fake.FakeSlack((), clock=lambda: clocks[0].now().timestamp() if clocks else 0.0) as slack:
        slack.add_channel(_CHANNEL, _NAME)
        slack.add_user(_MARA, "mara")

        def speak(clock: SimulatedClock) -> SlackChannel:
            clocks.append(clock)
            return SlackChannel(Web(slack.token, slack.api_url), _CHANNEL)

        def look(store: SqlStore, clock: SimulatedClock, _policy: Policy) -> None:
            screens.extend(store.transact(lambda tx: list(_screens(tx, clock.now()))))

        counts = rehearsal.demo(settings, speak, keep=keep, rebuild=rebuild, progress=progress, afterwards=look)
        shown = _conversation(slack.channel_view(_CHANNEL), screens)
    write(file, page(shown, _TITLE))
    return counts


def _conversation(seen: Iterable[Any], screens: list[Post | Screen]) -> Conversation:
    posts = [_post(one) for one in seen]
    purpose = "What customers wrote in four days, as amends told the team of it"
    talk = Channel(_NAME, purpose, posts)
    desk = Channel(
        "what only Mara sees", "Dialogs, answers to /amends and the Home tab, at the end of the four days", screens
    )
    return Conversation([talk, desk], {_MARA: "Mara", _CHANNEL: _NAME}, rehearsal.ZONE, _NOTE)


def _post(seen: Any) -> Post:
    at = datetime.fromtimestamp(float(seen.ts), UTC)
    return Post("amends", at, seen.text, seen.blocks, [_post(one) for one in seen.replies], app=True)


def _screens(tx: Transaction, now: datetime) -> Iterator[Post | Screen]:
    """What one of the team could open now."""
    cases = tx.open_cases(50)
    text, blocks = listings.listed(cases, now)
    yield Post("amends", now, text, blocks, app=True, only="Mara, who typed /amends list")
    alert = tx.picture(CaseId(cases[0]["id"])) if cases else None
    if alert is not None:
        about = modals.About(int(alert.case), alert.customer, _CHANNEL)
        words = draft(facts_of(alert, now, wording.first_clue(alert)))
        yield Screen("After pressing Draft reply", modals.draft(about, words))
        yield Screen("After pressing Contacted", modals.contacted(about, _MARA))
    overdue, mine = tx.open_cases(50, overdue_at=now), tx.open_cases(50, by="Mara")
    team = [case for case in cases if case not in mine]
    yield Screen("The Home tab", home.home(home.Desk(overdue, mine, team, tx.reviews(), tx.week(now - _WEEK)), now))


def write(file: Path, text: str) -> None:
    """Into a file. Raises UsageError."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"The page cannot be written: {os.strerror(problem.errno or 0)}.", where=str(file)) from None

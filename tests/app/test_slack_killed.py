"""Killed at any point between what somebody does in Slack and what is shown of it, amends loses nothing."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from bot.opening import SystemClock
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.fakes.slack import FakeSlack

from .installation import COMPLAINT, HOME, SOON, Run

ALERTS, ACME = "C1ALERTS", "C4ACME"
SIGKILL = -9
CONFIG = """
[store]
url = "sqlite:///amends.db"
[slack]
alert_channel = "C1ALERTS"
bot_token_file = "bot.token"
app_token_file = "app.token"
api_url = "{url}"
[[slack.customer_channel]]
id = "C4ACME"
customer = "Acme"
"""
# What lies between these is gone through with mail in test_crashes.py.
WHILE_WORDS_ARRIVE = [
    "before_commit_of_hearing", "after_commit_of_hearing", "before_commit_of_taking", "before_commit_of_deciding",
    "before_commit_of_working_off", "after_commit_of_working_off", "after_post",
]  # fmt: skip
WHILE_A_PRESS_ARRIVES = [
    "before_commit_of_hearing", "after_commit_of_hearing", "before_commit_of_working_off",
    "after_commit_of_working_off", "before_redraw", "after_redraw",
]  # fmt: skip


class Place:
    """A folder, a Slack, and amends as a process; there is no mailbox."""

    def __init__(self, folder: Path, slack: FakeSlack) -> None:
        self.folder, self.slack = folder, slack
        (folder / "config.toml").write_text(CONFIG.format(url=slack.api_url))
        (folder / "bot.token").write_text(slack.token)
        (folder / "app.token").write_text(slack.app_token)
        self.runs: list[Run] = []
        SqlStore(f"sqlite:///{folder / 'amends.db'}", SystemClock()).close()

    def runs_until(self, point: str = "never") -> Run:
        before = self.slack.sockets.ever
        command = [sys.executable, "-m", "tests.app.dying", point, "run", "--config", str(self.folder / "config.toml")]
        run = Run(command, self.folder, {"PYTHONPATH": str(HOME)})
        self.runs.append(run)
        self.slack.wait_for(lambda now: now.sockets.ever > before and now.connections, SOON)
        return run

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        return self.looks(lambda connection: [tuple(row) for row in connection.execute(select(*columns))])

    def leases_run_out(self) -> None:
        """As if as much time had passed: what the dead process held may be taken up."""
        o, d = t.outbox.c, t.card.c
        past = SystemClock().now() - timedelta(minutes=1)

        def move(connection: Connection) -> None:
            connection.execute(update(t.outbox).where(o.lease_until.is_not(None)).values(look_up_at=past))
            connection.execute(update(t.card).where(d.lease_until.is_not(None)).values(lease_until=past))

        store = self._store()
        store.transact(lambda tx: move(tx.connection))
        store.close()

    def looks(self, work: Callable[[Connection], list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        store = self._store()
        try:
            return store.read(work)
        finally:
            store.close()

    def _store(self) -> SqlStore:
        return SqlStore(f"sqlite:///{self.folder / 'amends.db'}", SystemClock(), create=False)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with FakeSlack((ALERTS,), epoch=int(time.time()), clock=time.time) as slack:
        slack.add_channel(ACME, "acme", shared=True)
        made = Place(tmp_path, slack)
        yield made
        for run in made.runs:
            run.__exit__()
        slack.check_limits()


def redrawn(place: Place, words: str) -> None:
    """Until the one card shows this."""
    place.slack.wait_for(lambda slack: words in str(slack.messages(ALERTS)), SOON)


@pytest.mark.parametrize("point", WHILE_WORDS_ARRIVE)
def test_killed_while_a_customers_words_arrive_it_tells_the_team_once(place: Place, point: str) -> None:
    cleo = place.slack.person("cleo", team_id="TACME", is_stranger=True)
    run = place.runs_until(point)
    cleo.says(ACME, COMPLAINT)
    assert run.code() == SIGKILL
    place.leases_run_out()
    place.runs_until()
    place.slack.wait_for(lambda slack: len(slack.messages(ALERTS)) == 1, SOON)
    redrawn(place, "I'm on it")
    assert len(place.rows(t.case.c.id)) == len(place.rows(t.message.c.id)) == 1
    assert place.slack.visible() == dict.fromkeys(place.slack.visible(), 1)


@pytest.mark.parametrize("point", WHILE_A_PRESS_ARRIVES)
def test_killed_while_a_press_arrives_what_was_taken_is_done_once_and_shown(place: Place, point: str) -> None:
    """Where it dies before it took the press, Slack tells the person so, who presses again."""
    cleo, ana = place.slack.person("cleo", team_id="TACME", is_stranger=True), place.slack.person("ana")
    first = place.runs_until()
    cleo.says(ACME, COMPLAINT)
    redrawn(place, "I'm on it")
    assert first.signal(signal.SIGTERM).code() == 0
    card = ana.sees(ALERTS)[0]
    run = place.runs_until(point)
    pressed = ana.presses("claim", ALERTS, card.ts)
    assert run.code() == SIGKILL
    place.leases_run_out()
    place.runs_until()
    if not pressed.acked:
        pressed = ana.presses("claim", ALERTS, card.ts)
        place.slack.answer(pressed, SOON)
    redrawn(place, "ana is on it")
    assert [what for (what,) in place.rows(t.event.c.what)] == ["opened", "acknowledged"]
    assert len(place.slack.messages(ALERTS)) == 1

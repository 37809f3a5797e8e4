"""What watches the mailboxes of a config, before and while it does."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from bot.domain.message import Message
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.settings import defaults
from bot.settings.model import MailboxSettings, Secret, Settings
from bot.store import tables as t
from bot.store.store import SqlStore
from bot.watching import Mailroom
from tests.fakes.build import NOTHING
from tests.fakes.clock import SimulatedClock


class Rule:
    """Says of everything that it is nothing."""

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        return [NOTHING for _ in messages]


def settings() -> Settings:
    box = MailboxSettings(
        name="support", host="127.0.0.1", port=1, tls="off", user="mo", password=Secret(env="NOBODY_SETS_THIS"),
        folders=("INBOX",), sent="Sent", poll_seconds=30, since_days=14, ca_file=None,
    )  # fmt: skip
    return replace(defaults(), mailboxes=(box,))


def test_that_nobody_read_while_amends_was_down_is_not_told_when_it_starts(
    tmp_path: Path, clock: SimulatedClock
) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'amends.db'}", clock)
    for folder in ("support/INBOX", "support/Sent"):
        store.transact(lambda tx, name=folder: tx.begin_watch("support", name))  # type: ignore[misc]
    clock.advance(timedelta(days=3))
    room = Mailroom(settings(), store, Rule(), clock, wake=lambda: None)
    assert len(room.threads(threading.Event())) == 2
    told = store.read(lambda connection: list(connection.execute(select(t.outbox.c.key)).scalars()))
    assert told == []
    clock.advance(timedelta(seconds=15))
    room.keep()
    assert store.read(lambda connection: list(connection.execute(select(t.outbox.c.key)).scalars())) == []
    for _ in range(8):
        clock.advance(timedelta(seconds=10))
        room.keep()
    told = store.read(lambda connection: list(connection.execute(select(t.outbox.c.reason)).scalars()))
    assert told == ["watch", "watch"], "whoever goes on not reading is told of"
    store.close()

"""T1 to T3: what cannot be read, what others have opened, and what a page leaves out is not lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.domain.message import Message
from bot.edges.imap import reading
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.service import quarantine
from bot.store import tables as t
from bot.store.store import SqlTransaction
from bot.text.mime import read_mail
from tests.fakes.boxes import Box
from tests.fakes.mailroom import WatchedMail, rows
from tests.fakes.world import World

from .conftest import COMPLAINT, AnyBox

IN_QUARANTINE = "quarantine: A mail could not be read"


def poisoned(raw: bytes, *given: Any, **named: Any) -> Message:
    """What a mail might do to the parser."""
    if b"poison" in raw:
        raise ValueError("cannot read: my poison words")
    return read_mail(raw, *given, **named)


# T1


@pytest.mark.dovecot
def test_t01_a_mail_that_cannot_be_parsed_is_kept_told_of_and_read_once_that_was_mended(
    box: Box, world: World, watched: WatchedMail, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watched.add(box.account())
    watched.look()
    box.deliver("Hello.", "poison", COMPLAINT)
    with monkeypatch.context() as broken:
        broken.setattr(reading, "read_mail", poisoned)
        watched.look()
    notice, _ = world.hears(IN_QUARANTINE, "mistake to channel")
    assert "INBOX, UID 2: ValueError at " in str(notice.said)
    [waiting] = world.store.transact(lambda tx: tx.in_quarantine())
    assert waiting.mail.raw == list(box.files().values())[1], "its very bytes"
    assert "poison" not in caplog.text + str(notice.said) + waiting.mail.error, "a customer's words are told"
    assert rows(world, t.cursor.c.last_uid).count((3,)) == 1
    quarantine.ask_again(world.store, waiting.id)
    watched.look()
    assert world.store.transact(lambda tx: tx.in_quarantine()) == []
    assert [text for (text,) in rows(world, t.message.c.new_text)] == ["Hello.", COMPLAINT, "poison"]
    assert rows(world, t.cursor.c.last_uid).count((3,)) == 1, "it did not go back"


@pytest.mark.dovecot
def test_t01_what_stays_unreadable_is_told_of_daily_until_a_person_releases_it(
    box: Box, world: World, watched: WatchedMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "read_mail", poisoned)
    watched.add(box.account())
    box.deliver("poison")
    watched.look()
    world.hears(IN_QUARANTINE)
    for _ in range(3):
        world.store.transact(quarantine.remind)
        watched.look()
    world.hears("quarantine: 1 mail in quarantine")
    [waiting] = world.store.transact(lambda tx: tx.in_quarantine())
    assert waiting.tries == 4, "the first, and again with each reminder"
    quarantine.release(world.store, waiting.id, who="ana", note="answered by telephone")
    assert world.store.transact(quarantine.remind) == 0
    watched.look()


@pytest.mark.dovecot
def test_t01_the_cursor_moves_with_what_is_stored_or_not_at_all(
    box: Box, world: World, watched: WatchedMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.add(box.account())
    watched.look()
    box.deliver(COMPLAINT)
    with monkeypatch.context() as broken:
        real = SqlTransaction.move_cursor

        def breaks(tx: SqlTransaction, place: Any) -> None:
            real(tx, place)
            raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

        broken.setattr(SqlTransaction, "move_cursor", breaks)
        watched.look()
        assert (rows(world, t.message.c.id), rows(world, t.cursor.c.last_uid).count((1,))) == ([], 0)
    watched.look(apart=600.0)
    world.hears("mistake to channel")
    assert (len(rows(world, t.message.c.id)), rows(world, t.cursor.c.last_uid).count((1,))) == (1, 1)


# T2


def test_t02_a_mail_that_somebody_opened_first_is_read_and_no_mailbox_is_changed(
    anybox: AnyBox, world: World, watched: WatchedMail
) -> None:
    watched.add(anybox.account, sent=anybox.sent)
    watched.look()
    anybox.writes("unopened", COMPLAINT, "flagged")
    with anybox.client() as other:
        other.select_folder("INBOX")
        other.fetch([2], ["BODY[]"])  # as a mail program does that shows it
        other.add_flags([3], [rb"\Flagged", rb"\Answered"])
    anybox.writes("nobody saw it yet")
    flags, files = anybox.flags(), anybox.files()
    assert rb"\Seen" in flags[2], "it was not opened"
    assert files, "nothing lies there"
    watched.look(times=2)
    world.hears("mistake to channel")
    assert len(rows(world, t.message.c.id)) == 4
    assert (anybox.flags(), anybox.files()) == (flags, files)


# T3


class Meanwhile(Connection):
    """A connection between whose first search with results and the fetch that follows something happens."""

    happens: Callable[[], None]
    done = False

    def search(self, criteria: Any) -> list[int]:
        found = super().search(criteria)
        if found and not self.done:
            self.done = True
            self.happens()
        return found


def spoil(box: AnyBox, number: int) -> None:
    """Its file cannot be read any more."""
    [file] = [path for path, raw in box.files().items() if f"Order {number}\r" in raw.decode().replace("\n", "\r\n")]
    Path(file).chmod(0)


def test_t03_of_250_mails_one_is_expunged_midway_one_cannot_be_fetched_and_248_arrive(
    anybox: AnyBox, world: World, watched: WatchedMail
) -> None:
    texts = [f"Number {number}" for number in range(1, 250)]
    anybox.writes(*texts, COMPLAINT)

    def midway() -> None:
        spoil(anybox, 120)
        anybox.expunge(230)

    def connect(account: Account) -> Connection:
        made = Meanwhile(account)
        made.happens = midway
        return made

    watched.add(anybox.account, sent=anybox.sent, connect=connect)
    watched.look(times=12, apart=301.0)
    world.hears(IN_QUARANTINE, "mistake to channel")
    stored = {text for (text,) in rows(world, t.message.c.new_text)}
    assert stored == {*texts, COMPLAINT} - {"Number 120", "Number 230"}
    assert rows(world, t.quarantine.c.uid) == [(120,)]

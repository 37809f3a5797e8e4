"""Folders are read behind a cursor and changed in nothing, whatever the server and the mails in them are."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import imapclient
import pytest
from sqlalchemy import select

from bot.domain.message import Arrival, Direction, Message, Unreadable
from bot.edges.mailbox import LARGEST, Folder, folders, list_folders
from bot.errors import Retriable
from bot.service.ports import Cursor
from bot.service.watch import Watch
from bot.store import tables as t
from bot.text.mime import read_mail
from tests.fakes.build import MISTAKE
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.dovecot import Dovecot, wait_until
from tests.fakes.world import World

from .conftest import OURS, PASSWORD, Box, Scripted, Serve, add_box, cursor_after, mail, messages, read, texts, uids

served_by_dovecot = pytest.mark.dovecot
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
COMPLAINT = "I was charged twice."
FOLDERS_BEYOND_ASCII = ["Gelöschte Objekte", "Входящие/2026", "R&D", "受信箱"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World.at(tmp_path, start=NOW) as world:
        world.judge.script[COMPLAINT] = MISTAKE
        yield world


def look(world: World, *watched: Folder) -> None:
    """One look at these folders, by which what they hold is stored and said."""
    Watch(watched, world.intake, world.store, world.clock, 10.0).once(threading.Event())
    world.delivery.run()


def rows(world: World, *columns: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in world.store.read(lambda connection: connection.execute(select(*columns)).all())]


# behind the cursor


@served_by_dovecot
def test_what_lies_behind_the_cursor_is_read_in_the_order_of_arrival(box: Box) -> None:
    box.deliver("one", "two", "three", "four", "five")
    everything = read(box.folder())
    assert texts(everything) == ["one", "two", "three", "four", "five"]
    later = read(box.folder(), cursor_after(everything[:2]))
    assert (texts(later), uids(later)) == (["three", "four", "five"], [3, 4, 5])


@served_by_dovecot
def test_many_mails_come_in_batches_and_each_comes_once(box: Box) -> None:
    box.deliver(*map(str, range(105)))
    batches = list(box.folder().unread(lambda *_: None))
    assert [len(batch) for batch in batches] == [50, 50, 5]
    assert texts([one for batch in batches for one in batch]) == [str(n) for n in range(105)]


@served_by_dovecot
def test_when_nothing_is_new_nothing_is_read_though_the_server_names_the_last_mail_again(box: Box) -> None:
    box.deliver("one", "two")
    folder = box.folder()
    cursor = cursor_after(read(folder))
    with box.client() as other:
        other.select_folder("INBOX", readonly=True)
        assert other.search(["UID", "3:*"]) == [2], "this server does not do what the test is about"
    assert read(folder, cursor) == []


@served_by_dovecot
def test_a_folder_seen_for_the_first_time_is_read_a_fortnight_back(box: Box) -> None:
    for days in (30, 15, 13, 0):
        box.moves_in(f"{days} days old", NOW - days * DAY)
    assert texts(read(box.folder())) == ["13 days old", "0 days old"]
    assert texts(read(box.folder(since_days=40)))[0] == "30 days old"


@served_by_dovecot
def test_a_mail_moved_in_from_an_archive_is_read_however_old_it_is(box: Box) -> None:
    box.deliver("new")
    cursor = cursor_after(read(box.folder()))
    box.moves_in("from last year", NOW - 300 * DAY)
    found = messages(read(box.folder(), cursor))
    assert [message.new_text for message in found] == ["from last year"]
    assert abs(found[0].received_at - (NOW - 300 * DAY)) < timedelta(seconds=2)


@served_by_dovecot
def test_after_a_restored_backup_everything_is_read_anew_and_nobody_is_alerted_twice(box: Box, world: World) -> None:
    folder = box.folder()
    box.deliver(COMPLAINT, "Thank you!")
    look(world, folder)
    world.hears("mistake to channel")
    fresh = box.server.reset_uidvalidity(box.user, "INBOX")
    look(world, folder)
    world.hears()
    assert rows(world, t.cursor.c.uidvalidity, t.cursor.c.last_uid) == [(fresh, 2)]
    places = rows(world, t.place.c.message_id, t.place.c.uid)
    assert sorted(places) == [(1, 1), (1, 1), (2, 2), (2, 2)], "each message was read at two places"
    box.deliver(COMPLAINT)
    look(world, folder)
    world.hears("wrote_again to channel")


@served_by_dovecot
def test_a_mail_deleted_while_we_read_is_missing_and_the_others_arrive(box: Box) -> None:
    box.deliver(*map(str, range(1, 61)))
    reading = box.folder().unread(lambda *_: None)
    first = next(reading)
    box.server.expunge(box.user, "INBOX", 55)
    rest = [one for batch in reading for one in batch]
    assert texts(first + rest) == [str(n) for n in range(1, 61) if n != 55]


# what a mailbox looks like afterwards, and who wrote


@served_by_dovecot
def test_reading_changes_nothing_in_the_mailbox(box: Box) -> None:
    box.deliver("unseen", "seen", "flagged", "deleted")
    with box.client() as client:
        client.select_folder("INBOX")
        client.add_flags([2], [imapclient.SEEN])
        client.add_flags([3], [imapclient.FLAGGED, b"$Done"])
        client.add_flags([4], [imapclient.DELETED])
    box.deliver("fresh")
    flags, files = box.flags(), box.files()
    recent = box.server.doveadm("mailbox", "status", "-u", box.user, "all", "INBOX")
    assert len(read(box.folder())) == 5
    assert (box.flags(), box.files()) == (flags, files)
    assert box.server.doveadm("mailbox", "status", "-u", box.user, "all", "INBOX") == recent


def test_nothing_is_asked_that_could_change_a_mailbox() -> None:
    with Scripted(FETCH=[fetched(1, 2) + fetched(3, text="NIL") + OK, OK]) as server:
        reader = server.reader()
        assert uids(read(reader.folder())) == [1, 2]
        reader.close()
    asked = [line.split()[1:] for line in server.heard.splitlines()]
    assert {b" ".join(words[:2]) if words[0] == b"UID" else words[0] for words in asked} == {
        b"CAPABILITY", b"LOGIN", b"EXAMINE", b"UID SEARCH", b"UID FETCH",
    }  # fmt: skip
    assert server.heard.count(b"BODY") == server.heard.count(b"BODY.PEEK[]<0.") == 2


@served_by_dovecot
def test_only_our_sent_folder_proves_that_we_wrote(box: Box) -> None:
    ours = mail("We are sorry.", sender=f"Acme <{OURS}>")
    box.server.deliver(box.user, "Sent", ours)
    box.server.deliver(box.user, "INBOX", ours)
    assert [m.direction for m in messages(read(box.folder("Sent", sent=True)))] == [Direction.FROM_US]
    assert [m.direction for m in messages(read(box.folder("INBOX")))] == [Direction.FROM_CUSTOMER]


@served_by_dovecot
def test_the_sent_folder_is_read_first_and_shares_its_connection(box: Box) -> None:
    box.deliver("question")
    box.server.deliver(box.user, "Sent", mail("answer", sender=OURS))
    sent, inbox = made = folders(box.account(), ["INBOX"], "Sent", {OURS}, SimulatedClock(NOW))
    box.opened += made
    assert (sent.name, inbox.name) == ("support/Sent", "support/INBOX")
    assert [texts(read(folder)) for folder in made] == [["answer"], ["question"]]
    assert len(box.server.doveadm("who", box.user).splitlines()) == 2, "a heading and one connection"


@served_by_dovecot
@pytest.mark.parametrize("name", FOLDERS_BEYOND_ASCII)
def test_a_folder_may_be_named_in_any_language(dovecot: Dovecot, name: str) -> None:
    box = add_box(dovecot, name)
    box.deliver("hello", folder=name)
    folder = box.folder(name)
    assert texts(read(folder)) == ["hello"]
    folder.close()
    assert name in list_folders(box.account())


# mails that are hard to read


@served_by_dovecot
def test_of_a_mail_of_twenty_megabytes_no_more_crosses_the_wire_than_we_look_at(box: Box) -> None:
    attached = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUFB\r\n" * 3_500_000
    head = f"From: mo@customer.example\r\nTo: {OURS}\r\nMIME-Version: 1.0\r\n"
    parts = f'{head}Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nIt broke.\r\n--b\r\n'.encode()
    box.server.deliver(box.user, "INBOX", parts + attached + b"\r\n--b--\r\n")
    folder = box.folder()
    assert texts(read(folder)) == ["It broke."]
    folder.close()
    log, told = box.server.base / "dovecot.log", re.compile(rf"imap\({box.user}\).* out=(\d+)")
    assert wait_until(lambda: told.search(log.read_text()) is not None, 10)
    sent = told.findall(log.read_text())
    assert LARGEST < int(sent[0]) < LARGEST + 5_000


@served_by_dovecot
def test_a_mail_without_a_single_byte_is_a_mail(box: Box) -> None:
    box.server.deliver(box.user, "INBOX", b"")
    assert [(m.sender.address, m.new_text) for m in messages(read(box.folder()))] == [("unknown", "")]


@served_by_dovecot
def test_a_mail_that_cannot_be_understood_is_quarantined_and_the_others_go_on(
    box: Box, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails_for_one(raw: bytes, *given: Any, **named: Any) -> Message:
        if b"poison" in raw:
            raise ValueError("cannot read: my poison words")
        return read_mail(raw, *given, **named)

    monkeypatch.setattr("bot.edges.mailbox.read_mail", fails_for_one)
    box.deliver("Hello.", "poison", COMPLAINT)
    look(world, box.folder())
    world.hears("mistake to channel")
    [(uid, raw, error)] = rows(world, t.quarantine.c.uid, t.quarantine.c.raw, t.quarantine.c.error)
    assert (uid, raw) == (2, list(box.files().values())[1])
    assert re.fullmatch(r"ValueError at test_mailbox\.py:\d+", error)
    assert rows(world, t.cursor.c.last_uid) == [(3,)]
    assert "quarantined UID 2 of INBOX" in caplog.text
    assert "poison" not in caplog.text, "a customer's words are in the log"


@served_by_dovecot
def test_a_mail_for_which_the_server_hangs_up_is_quarantined_and_the_others_go_on(box: Box, world: World) -> None:
    box.deliver("One.", COMPLAINT, "Three.")
    folder = box.folder()
    broken = min((box.server.base / "mail" / box.user / "Maildir" / "new").iterdir())
    broken.chmod(0)
    watch = Watch([folder], world.intake, world.store, world.clock, 10.0)
    for _ in range(10):
        watch.once(threading.Event())
        world.clock.advance(timedelta(minutes=5))
    world.delivery.run()
    world.hears("mistake to channel")
    assert rows(world, t.quarantine.c.uid, t.quarantine.c.error) == [
        (1, "the server hangs up when it is asked for this one")
    ]
    assert [words for (words,) in rows(world, t.message.c.new_text)] == [COMPLAINT, "Three."]


FETCHED = '* {uid} FETCH (UID {uid} INTERNALDATE "02-Mar-2026 09:00:00 +0000" BODY[]<0> {text})\r\n'


def fetched(*given: int, text: str = '"Subject: Hi"') -> str:
    return "".join(FETCHED.replace("{uid}", str(uid)).replace("{text}", text) for uid in given)


OK, NO = "{tag} OK done\r\n", "{tag} NO I cannot\r\n"
STRANGE = {
    "refuses one, and so all that were asked for with it": (
        [NO, fetched(1) + OK, NO, fetched(3) + OK], "the server could not fetch it: fetch failed: I cannot",
    ),
    "gives nothing of one": (
        [fetched(1, 3) + fetched(2, text="NIL") + OK, fetched(2, text="NIL") + OK],
        "the server knows it, and gives nothing of it",
    ),
    "does not speak IMAP about one": (
        [fetched(1, 3) + "* 2 FETCH (my words\r\n" + OK, fetched(1) + OK, "* 2 FETCH (my words\r\n" + OK,
         fetched(3) + OK],
        "the server could not fetch it: its answer is not IMAP",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", STRANGE)
def test_what_a_server_cannot_give_is_quarantined_and_the_others_arrive(how: str) -> None:
    answers, told = STRANGE[how]
    with Scripted(FETCH=answers) as server:
        reader = server.reader()
        found = read(reader.folder(since_days=10_000))
        reader.close()
    assert uids(found) == [1, 2, 3]
    assert [type(one) for one in found] == [Arrival, Unreadable, Arrival]
    assert isinstance(found[1], Unreadable)
    assert found[1].error == told


@pytest.mark.parametrize(
    "arrived", ['"01-Jan-2099 09:00:00 +0000"', '"yesterday"', '"00-Foo-0000 99:99:99 +9999"', "NIL"]
)
def test_a_mail_that_the_server_dates_impossibly_arrived_now(arrived: str) -> None:
    answer = f"* 1 FETCH (UID 1 INTERNALDATE {arrived} BODY[]<0> {{10}}\r\nSubject: X)\r\n"
    with Scripted(SEARCH="* SEARCH 1\r\n" + OK, FETCH=answer + OK) as server:
        reader = server.reader()
        found = messages(read(reader.folder(now=MONDAY)))
        reader.close()
    assert [(m.subject, m.received_at) for m in found] == [("X", MONDAY)]


def test_other_clients_may_be_busy_in_the_folder_meanwhile() -> None:
    answer = "* 9 EXISTS\r\n" + fetched(1) + "* 2 FETCH (FLAGS (\\Seen))\r\n* 2 EXPUNGE\r\n" + fetched(3) + OK
    with Scripted(FETCH=[answer, OK]) as server:
        reader = server.reader()
        assert uids(read(reader.folder())) == [1, 3]
        reader.close()


def test_a_server_that_hangs_up_in_the_middle_of_a_mail_has_delivered_nothing() -> None:
    with Scripted(FETCH=["* 1 FETCH (UID 1 BODY[]<0> {1000}\r\nSubject: I was", fetched(1, 2, 3) + OK]) as server:
        reader = server.reader()
        folder = reader.folder()
        with pytest.raises(Retriable, match="Reading INBOX broke off"):
            read(folder)
        assert uids(read(folder)) == [1, 2, 3]
        reader.close()


# servers that come and go


@served_by_dovecot
@pytest.mark.parametrize("end", [Dovecot.stop, Dovecot.kill9])
def test_a_server_may_be_restarted_between_two_looks(own_box: Serve, end: Callable[[Dovecot], None]) -> None:
    box = own_box()
    folder = box.folder()
    box.deliver("before")
    cursor = cursor_after(read(folder))
    end(box.server)
    for sentence in ("Reading INBOX broke off", "It cannot be reached: Connection refused"):
        with pytest.raises(Retriable, match=sentence):
            read(folder, cursor)
    box.server.start()
    box.deliver("after")
    assert texts(read(folder, cursor)) == ["after"]


@served_by_dovecot
def test_a_server_may_know_nothing_but_the_bare_protocol(own_box: Serve) -> None:
    box = own_box(capability="IMAP4rev1")
    box.deliver("one", "two")
    folder = box.folder()
    assert texts(read(folder)) == ["one", "two"]
    assert texts(read(folder, Cursor(cursor_after(read(folder)).uidvalidity, 1))) == ["two"]
    assert {"INBOX", "Sent"} <= set(list_folders(box.account()))


@served_by_dovecot
def test_neither_passwords_nor_mails_are_logged_however_much_is_logged(
    box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    box.deliver("My PIN is 4711.")
    assert len(read(box.folder())) == 1
    with pytest.raises(Retriable):
        read(box.folder(password=lambda: "open sesame"))
    with pytest.raises(Retriable):
        read(box.folder("Nowhere"))
    logged = [record.getMessage() for record in caplog.records]
    assert not [line for line in logged if re.search(f"PIN|4711|Order 17|{re.escape(PASSWORD)}|sesame", line)]

"""Folders are read behind a cursor and changed in nothing, whatever the server and the mails in them are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import imapclient  # type: ignore[import-untyped, unused-ignore]
import pytest

from bot.domain.message import Arrival, Direction, Unreadable
from bot.edges.imap.folder import AUTO
from bot.errors import Refused, Retriable
from bot.service.ports import Cursor
from tests.fakes.boxes import (
    OURS,
    Box,
    Opener,
    add_box,
    cursor_after,
    mail,
    messages,
    read,
    texts,
    uids,
)
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.dovecot import Dovecot
from tests.fakes.scripted_imap import ScriptedImap

served_by_dovecot = pytest.mark.dovecot
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
FOLDERS_BEYOND_ASCII = ["Gelöschte Objekte", "Входящие/2026", "R&D", "受信箱"]


Serve = Callable[..., Box]


Scripted = Callable[..., Opener]


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
    box.deliver(*map(str, range(405)))
    folder = box.folder()
    batches = list(folder.read(folder.look(lambda *_: None)))
    assert [len(batch) for batch in batches] == [100, 100, 100, 100, 5]
    assert texts([one for batch in batches for one in batch]) == [str(n) for n in range(405)]


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
def test_a_mail_deleted_while_we_read_is_missing_and_the_others_arrive(box: Box) -> None:
    box.deliver(*map(str, range(1, 211)))
    folder = box.folder()
    reading = folder.read(folder.look(lambda *_: None))
    first = next(reading)
    box.server.expunge(box.user, "INBOX", 205)
    rest = [one for batch in reading for one in batch]
    assert texts(first + rest) == [str(n) for n in range(1, 211) if n != 205]


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


def test_nothing_is_asked_that_could_change_a_mailbox(open_scripted: Scripted) -> None:
    searched = ["* SEARCH 1 2 3\r\n" + OK, "* SEARCH 3\r\n" + OK, "* SEARCH\r\n" + OK]
    with ScriptedImap(FETCH=[fetched(1, 2) + fetched(3, text="NIL") + OK, OK], SEARCH=searched) as server:
        assert uids(read(open_scripted(server).folder())) == [1, 2]
    asked = [line.split()[1:] for line in server.heard.splitlines()]
    assert {b" ".join(words[:2]) if words[0] == b"UID" else words[0] for words in asked} == {
        b"CAPABILITY", b"LOGIN", b"EXAMINE", b"UID SEARCH", b"UID FETCH", b"NOOP",
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
@pytest.mark.parametrize("name", FOLDERS_BEYOND_ASCII)
def test_a_folder_may_be_named_in_any_language(dovecot: Dovecot, name: str) -> None:
    box = add_box(dovecot, name)
    box.deliver("hello", folder=name)
    folder = box.folder(name)
    assert texts(read(folder)) == ["hello"]
    folder.close()
    assert name in box.folders()


# mails that are hard to read


@served_by_dovecot
def test_a_mail_without_a_single_byte_is_a_mail(box: Box) -> None:
    box.server.deliver(box.user, "INBOX", b"")
    assert [(m.sender.address, m.new_text) for m in messages(read(box.folder()))] == [("unknown", "")]


def arrived(batches: Iterator[list[Arrival | Unreadable]]) -> list[Arrival]:
    return [one for batch in batches for one in batch if isinstance(one, Arrival)]


FETCHED = '* {uid} FETCH (UID {uid} INTERNALDATE "02-Mar-2026 09:00:00 +0000" BODY[]<0> {text})\r\n'


def fetched(*given: int, text: str = '"Subject: Hi"') -> str:
    return "".join(FETCHED.replace("{uid}", str(uid)).replace("{text}", text) for uid in given)


OK, NO = "{tag} OK done\r\n", "{tag} NO I cannot\r\n"
STRANGE = {
    "refuses one, and so all that were asked for with it": (
        [NO, fetched(1) + OK, NO, fetched(3) + OK], "the server could not fetch it: I cannot",
    ),
    "gives nothing of one": (
        [fetched(1, 3) + fetched(2, text="NIL") + OK, fetched(2, text="NIL") + OK],
        "the server knows it, and gives nothing of it",
    ),
    "does not speak IMAP about one": (
        [fetched(1, 3) + "* 2 FETCH (my words\r\n" + OK, "* 2 FETCH (my words\r\n" + OK],
        "the server knows it, and gives nothing of it",
    ),
    "leaves one out": ([fetched(1, 3) + OK, OK], "the server knows it, and gives nothing of it"),
}  # fmt: skip


@pytest.mark.parametrize("how", STRANGE)
def test_what_a_server_cannot_give_is_quarantined_and_the_others_arrive(how: str, open_scripted: Scripted) -> None:
    answers, told = STRANGE[how]
    with ScriptedImap(FETCH=answers) as server:
        found = read(open_scripted(server, since_days=10_000).folder())
    assert uids(found) == [1, 2, 3]
    assert [type(one) for one in found] == [Arrival, Unreadable, Arrival]
    assert isinstance(found[1], Unreadable)
    assert found[1].error == told


@pytest.mark.parametrize(
    "arrived", ['"01-Jan-2099 09:00:00 +0000"', '"yesterday"', '"00-Foo-0000 99:99:99 +9999"', "NIL"]
)
def test_a_mail_that_the_server_dates_impossibly_arrived_now(arrived: str, open_scripted: Scripted) -> None:
    answer = f"* 1 FETCH (UID 1 INTERNALDATE {arrived} BODY[]<0> {{10}}\r\nSubject: X)\r\n"
    with ScriptedImap(SEARCH="* SEARCH 1\r\n" + OK, FETCH=answer + OK) as server:
        found = messages(read(open_scripted(server).folder(now=MONDAY)))
    assert [(m.subject, m.received_at) for m in found] == [("X", MONDAY)]


def test_other_clients_may_be_busy_in_the_folder_meanwhile(open_scripted: Scripted) -> None:
    answer = "* 9 EXISTS\r\n" + fetched(1) + "* 2 FETCH (FLAGS (\\Seen))\r\n* 2 EXPUNGE\r\n" + fetched(3) + OK
    searched = ["* SEARCH 1 2 3\r\n" + OK, "* SEARCH 3\r\n" + OK, "* SEARCH\r\n" + OK]
    with ScriptedImap(FETCH=[answer, OK], SEARCH=searched) as server:
        assert uids(read(open_scripted(server).folder())) == [1, 3]


def test_a_mail_that_comes_only_when_it_is_asked_for_again_comes(open_scripted: Scripted) -> None:
    with ScriptedImap(FETCH=[fetched(1, 3) + OK, fetched(2) + OK]) as server:
        assert sorted(one.place.uid for one in read(open_scripted(server).folder()) if isinstance(one, Arrival)
                      and one.place) == [1, 2, 3]  # fmt: skip


def test_a_server_that_hangs_up_in_the_middle_of_a_mail_has_delivered_nothing(open_scripted: Scripted) -> None:
    with ScriptedImap(FETCH=["* 1 FETCH (UID 1 BODY[]<0> {1000}\r\nSubject: I was", fetched(1, 2, 3) + OK]) as server:
        folder = open_scripted(server).folder()
        with pytest.raises(Retriable, match="Reading broke off"):
            read(folder)
        assert uids(read(folder)) == [1, 2, 3]


# what is history, and what is asked for


def test_what_lay_there_before_is_history_and_what_comes_later_is_not(open_scripted: Scripted) -> None:
    opened = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] good\r\n* OK [UIDNEXT 4] next\r\n{tag} OK done\r\n"
    with ScriptedImap(EXAMINE=opened, FETCH=[fetched(1, 2, 3) + OK, fetched(4) + OK],
                      SEARCH=["* SEARCH 1 2 3\r\n" + OK, "* SEARCH 4\r\n" + OK],
                      NOOP="* 4 EXISTS\r\n" + OK) as server:  # fmt: skip
        folder = open_scripted(server).folder()
        first = folder.look(lambda *_: None)
        assert (first.begins, first.uids, first.until, first.cursor.history_until) == (True, (1, 2, 3), 3, 3)
        assert [one.is_history for one in arrived(folder.read(first))] == [True] * 3
        later = folder.look(lambda *_: replace(first.cursor, last_uid=3))
        assert [one.is_history for one in arrived(folder.read(later))] == [False]


def test_a_server_that_keeps_the_next_uid_to_itself_is_asked_for_all_there_are(open_scripted: Scripted) -> None:
    with ScriptedImap(SEARCH=["* SEARCH\r\n" + OK, "* SEARCH 5 9\r\n" + OK]) as server:
        found = open_scripted(server).folder().look(lambda *_: None)
    assert (found.begins, found.uids, found.until) == (True, (), 9)


def test_a_history_that_broke_off_is_read_on_from_its_first_day(open_scripted: Scripted) -> None:
    """Between the mails of the first days and the last there may be others: moved in, and older."""
    began = Cursor(7, 1, date(2026, 2, 16), 3)
    asked = ["* SEARCH 4\r\n" + OK, "* SEARCH 3\r\n" + OK]
    with ScriptedImap(SEARCH=asked) as server:
        found = open_scripted(server).folder().look(lambda *_: began)
        assert found.uids == (3, 4)
    assert b"UID SEARCH UID 2:3 SINCE 16-Feb-2026" in server.commands
    assert b"UID SEARCH UID 4:*" in server.commands


def test_where_nothing_happened_nothing_is_searched(open_scripted: Scripted) -> None:
    opened = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] good\r\n* OK [UIDNEXT 4] next\r\n{tag} OK done\r\n"
    with ScriptedImap(EXAMINE=opened) as server:
        folder = open_scripted(server).folder()
        for _ in range(3):
            assert folder.look(lambda *_: Cursor(7, 3)).uids == ()
    assert [command.split()[0] for command in server.commands].count(b"UID") == 0
    assert server.commands.count(b"NOOP") == 2


def test_what_was_found_and_could_not_be_stored_is_found_again(open_scripted: Scripted) -> None:
    with ScriptedImap() as server:
        folder = open_scripted(server).folder()
        assert folder.look(lambda *_: Cursor(7, 1)).uids == (2, 3)
        assert folder.look(lambda *_: Cursor(7, 2)).uids == (3,), "the server has no news, and one is missing"
        assert folder.look(lambda *_: Cursor(7, 3)).uids == ()


@served_by_dovecot
def test_a_folder_that_was_replaced_under_its_name_is_noticed_within_minutes_and_begins_anew(box: Box) -> None:
    clock = SimulatedClock(NOW)
    folder = box.folder(clock=clock)
    box.deliver("one")
    cursor = replace(cursor_after(read(folder)), since=NOW.date() - 3 * DAY)
    fresh = box.server.reset_uidvalidity(box.user, "INBOX")
    clock.advance(timedelta(minutes=5))
    found = folder.look(lambda *_: cursor)
    assert (found.begins, found.cursor.uidvalidity, found.cursor.since) == (True, fresh, NOW.date() - 3 * DAY)


# the folder for sent mail


@served_by_dovecot
def test_the_sent_folder_is_found_and_people_keep_calling_it_sent(box: Box) -> None:
    box.server.deliver(box.user, "Sent", mail("answer", f"Ana <{OURS}>"))
    folder = box.folder(AUTO, sent=True)
    assert (folder.name, folder.folder) == ("support/Sent", AUTO)
    assert texts(read(folder)) == ["answer"]
    assert (folder.name, folder.folder) == ("support/Sent", "Sent")


LISTED = '* LIST () "." INBOX\r\n* LIST () "." "INBOX.Gesendete Objekte"\r\n'


def test_the_sent_folder_keeps_the_name_under_which_others_wait_for_it(open_scripted: Scripted) -> None:
    with ScriptedImap(LIST=LISTED + OK) as server:
        folder = open_scripted(server).folder(AUTO, sent=True)
        folder.look(lambda *_: None)
        assert (folder.name, folder.folder) == ("support/Sent", "INBOX.Gesendete Objekte")


def test_where_there_is_no_sent_folder_it_is_said_what_to_do(open_scripted: Scripted) -> None:
    with ScriptedImap(LIST='* LIST () "." INBOX\r\n' + OK) as server, pytest.raises(Refused) as problem:
        open_scripted(server).folder(AUTO, sent=True).look(lambda *_: None)
    assert "It has no folder that looks like the Sent folder" in str(problem.value)
    assert 'sent = ""' in str(problem.value)


# one connection for several


@served_by_dovecot
def test_folders_that_share_a_connection_are_read_in_turn(box: Box) -> None:
    shared = box.connection()
    inbox, sent = box.folder(on=shared), box.folder("Sent", on=shared, sent=True)
    for number in range(2):
        box.deliver(f"question {number}")
        box.server.deliver(box.user, "Sent", mail(f"answer {number}", OURS))
    assert [texts(read(folder)) for folder in (sent, inbox)] == [["answer 0", "answer 1"], ["question 0", "question 1"]]
    box.deliver("question 2")
    assert texts(read(inbox, Cursor(cursor_after(read(inbox)).uidvalidity, 2))) == ["question 2"]
    assert len(box.server.doveadm("who", box.user).splitlines()) == 2, "a heading and one connection"


# servers that come and go


@served_by_dovecot
@pytest.mark.parametrize("end", [Dovecot.stop, Dovecot.kill9])
def test_a_server_may_be_restarted_between_two_looks(own_box: Serve, end: Callable[[Dovecot], None]) -> None:
    box = own_box()
    folder = box.folder()
    box.deliver("before")
    cursor = cursor_after(read(folder))
    end(box.server)
    for sentence in ("Looking for news broke off", "It cannot be reached: Connection refused"):
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
    assert texts(read(box.folder(), Cursor(cursor_after(read(folder)).uidvalidity, 1))) == ["two"]
    assert {"INBOX", "Sent"} <= {name for _flags, name in folder._connection.folders()}

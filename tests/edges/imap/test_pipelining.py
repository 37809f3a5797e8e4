"""Two FETCH under way at once: a server may answer them together, and whatever it holds back is asked for again."""

from __future__ import annotations

import pytest

from bot.domain.house import House
from bot.domain.message import Arrival, Unreadable
from bot.edges.imap import folder
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import Folder
from bot.edges.imap.reading import Reader
from bot.edges.sign_in import Password
from bot.errors import Retriable
from tests.fakes.clock import SimulatedClock
from tests.fakes.dovecot import HOST
from tests.fakes.scripted_imap import ScriptedImap, literal

OK = "{tag} OK done\r\n"
RAW = b"From: mo@customer.example\r\nSubject: %d\r\n\r\nWhere is it?\r\n"


def told(*uids: int) -> bytes:
    """What a server says of these mails."""
    head = '* %d FETCH (UID %d RFC822.SIZE 60 INTERNALDATE "20-Nov-2026 10:00:00 +0000" BODY[]<0> '
    return b"".join((head % (uid, uid)).encode() + literal(RAW % uid) + b")\r\n" for uid in uids)


def read(server: ScriptedImap) -> list[int]:
    """The UIDs that a folder brings which is read two mails at a time."""
    found = read_all(server)
    assert all(isinstance(one, Arrival) for one in found), found
    return [one.place.uid for one in found if one.place]


def read_all(server: ScriptedImap) -> list[Arrival | Unreadable]:
    source = Folder(connection_to(server), "INBOX", SimulatedClock(), Reader(House(), proven_ours=False))
    try:
        return [one for batch in source.read(source.look(lambda *_: None)) for one in batch]
    finally:
        source.close()


def connection_to(server: ScriptedImap) -> Connection:
    return Connection(Account("support", HOST, server.port, "off", "mo", Password(lambda: "a secret")))


@pytest.fixture(autouse=True)
def _two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "CHUNK", 2)


def test_what_was_asked_for_next_may_come_in_the_answer_to_the_first() -> None:
    with ScriptedImap(FETCH=[told(1, 3, 2) + OK.encode(), OK]) as server:
        assert read(server) == [1, 2, 3]


def test_what_an_answer_leaves_out_is_asked_for_once_more_by_itself() -> None:
    with ScriptedImap(FETCH=[told(1, 2) + OK.encode(), OK, told(3) + OK.encode()]) as server:
        assert read(server) == [1, 2, 3]


def test_what_is_left_out_twice_was_expunged() -> None:
    found = [f"* SEARCH {uids}\r\n{OK}" for uids in ("1 2 3", "1 2 3", "1 3")]
    with ScriptedImap(SEARCH=found, FETCH=[told(1) + OK.encode(), told(3) + OK.encode(), OK]) as server:
        assert read(server) == [1, 3]


def test_a_question_that_is_answered_with_bad_is_answered() -> None:
    bad = "{tag} BAD what is that\r\n"
    with ScriptedImap(FETCH=[bad, told(3) + OK.encode(), told(1) + OK.encode(), bad]) as server:
        found = read_all(server)
    assert [(one.place.uid, isinstance(one, Arrival)) for one in found if one.place] == [
        (1, True), (2, False), (3, True),
    ]  # fmt: skip


def test_a_server_that_asks_for_patience_puts_no_mail_aside() -> None:
    throttled = "{tag} NO Request is throttled. Suggested Backoff Time: 30000 milliseconds\r\n"
    with ScriptedImap(FETCH=[throttled]) as server, pytest.raises(Retriable) as problem:
        read(server)
    assert problem.value.retry_after == 30


def test_a_server_that_says_how_many_there_are_with_every_answer_has_no_news_each_time() -> None:
    repeating = "* 3 EXISTS\r\n{tag} OK done\r\n"
    with ScriptedImap(NOOP=repeating, SEARCH="* SEARCH 1 2 3\r\n" + repeating) as server:
        connection = connection_to(server)
        connection.examine("INBOX")
        for _ in range(3):
            connection.noop()
            connection.search(["ALL"])
        assert not connection.news
        connection.close()


@pytest.mark.parametrize(
    "told_in", ["* 4 EXISTS\r\n", "* 1 EXPUNGE\r\n* 3 EXISTS\r\n", "* 4 EXISTS\r\n* 1 EXPUNGE\r\n"]
)
def test_one_more_is_news_and_so_is_the_same_number_after_one_is_gone(told_in: str) -> None:
    plain = "{tag} OK done\r\n"
    with ScriptedImap(SEARCH=[told_in + plain, "* 4 EXISTS\r\n" + plain]) as server:
        connection = connection_to(server)
        connection.examine("INBOX")
        connection.search(["ALL"])
        assert connection.news
        connection.news = False
        connection.search(["ALL"])
        assert connection.news is ("EXPUNGE" in told_in)
        connection.close()

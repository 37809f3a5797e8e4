"""Two FETCH under way at once: a server may answer them together, and whatever it holds back is asked for again."""

from __future__ import annotations

import pytest

from bot.domain.house import House
from bot.domain.message import Arrival
from bot.edges.imap import folder
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import Folder
from bot.edges.imap.reading import Reader
from bot.edges.sign_in import Password
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
    account = Account("support", HOST, server.port, "off", "mo", Password(lambda: "a secret"))
    source = Folder(Connection(account), "INBOX", SimulatedClock(), Reader(House(), proven_ours=False))
    try:
        found = [one for batch in source.read(source.look(lambda *_: None)) for one in batch]
    finally:
        source.close()
    assert all(isinstance(one, Arrival) for one in found), found
    return [one.place.uid for one in found if one.place]


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

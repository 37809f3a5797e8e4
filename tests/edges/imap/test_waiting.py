"""Waiting for news: what ends it, and what is read after it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.edges.imap import connection
from bot.edges.imap.connection import Connection
from bot.errors import Refused, Retriable
from bot.service.ports import Cursor
from tests.fakes.boxes import Opener, scripted_account
from tests.fakes.mailroom import soon
from tests.fakes.scripted_imap import ScriptedImap

Scripted = Callable[..., Opener]
OK, IDLES = "{tag} OK done\r\n", "* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK done\r\n"


# a connection


@contextlib.contextmanager
def idling(seconds: float, server: ScriptedImap) -> Iterator[list[Any]]:
    """A connection that waits for news meanwhile; what came of it: True, False or what was raised."""
    came: list[Any] = []
    waiting = Connection(scripted_account(server))
    waiting.examine("INBOX")

    def wait() -> None:
        try:
            waiting.idle(seconds)
            came.append(waiting.news)
        except Retriable as problem:
            came.append(problem)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    yield came
    thread.join(60)
    waiting.close()
    assert came, "it still waits"


NEWS = {
    "in one piece": ("* 4 EXISTS\r\n",),
    "behind something else": ("* OK Still here\r\n* 2 EXPUNGE\r\n* 4 EXISTS\r\n",),
}


@pytest.mark.parametrize("how", NEWS)
def test_who_idles_hears_of_new_mail_at_once(how: str) -> None:
    with ScriptedImap(CAPABILITY=IDLES) as server, idling(600.0, server) as came:
        server.push(*NEWS[how])
    assert came == [True]


def test_news_may_come_in_two_packets() -> None:
    told = {"CAPABILITY": IDLES, "DONE": "0 EXISTS\r\n" + OK}
    with ScriptedImap(**told) as server, idling(600.0, server) as came:
        server.push("* 1")
    assert came == [True]


def test_news_that_come_with_the_answer_to_idle_are_not_waited_for() -> None:
    with ScriptedImap(CAPABILITY=IDLES, IDLE="+ idling\r\n* 4 EXISTS\r\n") as server, idling(600.0, server) as came:
        pass
    assert came == [True]


def test_news_told_in_the_answer_to_anything_are_heard() -> None:
    told = "* SEARCH 1 2 3\r\n* 4 EXISTS\r\n" + OK
    with ScriptedImap(SEARCH=told) as server:
        connected = Connection(scripted_account(server))
        connected.examine("INBOX")
        assert not connected.news
        assert connected.search(["ALL"]) == [1, 2, 3]
        assert connected.news
        connected.close()


def test_a_server_that_says_nothing_new_is_waited_for_no_longer_than_told() -> None:
    with ScriptedImap(CAPABILITY=IDLES) as server, idling(0.05, server) as came:
        pass
    assert came == [False]


ENDS: dict[str, tuple[Callable[[ScriptedImap], None], dict[str, str | None]]] = {
    "hangs up": (lambda server: server.hang_up(), {}),
    "says BYE": (lambda server: server.push("* BYE idle for too long\r\n"), {"DONE": ""}),
    "does not end the IDLE": (lambda server: server.push("* 4 EXISTS\r\n"), {"DONE": None}),
    "talks nonsense": (lambda server: server.push("* 4 EXI\r\n%%%\r\n"), {"DONE": "{tag} BAD what\r\n"}),
}


@pytest.mark.parametrize("how", ENDS)
def test_an_idle_that_the_server_ends_is_a_lost_connection_and_no_silence(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_READ", 1.0)
    ends, told = ENDS[how]
    with ScriptedImap(CAPABILITY=IDLES, **told) as server, idling(600.0, server) as came:
        soon(lambda: server.commands[-1:] == [b"IDLE"], "it idles")
        ends(server)
    assert isinstance(came[0], (Retriable, Refused)), came


def test_an_idle_is_ended_from_another_thread() -> None:
    with ScriptedImap(CAPABILITY=IDLES) as server:
        waiting = Connection(scripted_account(server))
        waiting.examine("INBOX")
        came: list[Exception] = []

        def wait() -> None:
            try:
                waiting.idle(600.0)
            except Retriable as problem:
                came.append(problem)

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        soon(lambda: server.commands[-1:] == [b"IDLE"], "it idles")
        waiting.interrupt()
        thread.join(60)
        assert len(came) == 1
        waiting.close()


# a folder


def test_a_server_without_idle_cannot_be_waited_for(open_scripted: Scripted) -> None:
    with ScriptedImap() as server:
        folder = open_scripted(server).folder()
        assert not folder.wait(600.0), "it is not even connected"
        folder.look(lambda *_: Cursor(7, 3))
        assert not folder.wait(600.0)
    assert b"IDLE" not in server.commands


def test_news_end_the_waiting_and_lead_to_a_search(open_scripted: Scripted) -> None:
    found = ["* SEARCH 3\r\n" + OK, "* SEARCH 4\r\n" + OK]
    with ScriptedImap(CAPABILITY=IDLES, SEARCH=found) as server:
        folder = open_scripted(server).folder()
        assert folder.look(lambda *_: Cursor(7, 3)).uids == ()
        waiting = threading.Thread(target=folder.wait, args=(600.0,), daemon=True)
        waiting.start()
        server.push("* 4 EXISTS\r\n")
        waiting.join(60)
        assert not waiting.is_alive()
        assert folder.look(lambda *_: Cursor(7, 3)).uids == (4,)
        assert b"NOOP" not in server.commands


def test_news_that_are_known_already_are_not_waited_for(open_scripted: Scripted) -> None:
    told = ["* SEARCH 3\r\n* 4 EXISTS\r\n" + OK, "* SEARCH 4\r\n" + OK]
    with ScriptedImap(CAPABILITY=IDLES, SEARCH=told) as server:
        folder = open_scripted(server).folder()
        folder.look(lambda *_: Cursor(7, 3))
        assert folder.wait(600.0)
        assert b"IDLE" not in server.commands
        assert folder.look(lambda *_: Cursor(7, 3)).uids == (4,)

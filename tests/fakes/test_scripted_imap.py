"""The scripted server says what it was told, in the pieces it was told, and hears all."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import imapclient  # type: ignore[import-untyped, unused-ignore]
import pytest

from . import scripted_imap
from .dovecot import HOST
from .scripted_imap import ScriptedImap, literal

OK = "{tag} OK done\r\n"


@contextlib.contextmanager
def line_to(server: ScriptedImap) -> Iterator[socket.socket]:
    """A client that has read no greeting yet."""
    with socket.create_connection((HOST, server.port), 10) as client:
        yield client


@contextlib.contextmanager
def client_of(server: ScriptedImap) -> Iterator[tuple[socket.socket, BinaryIO]]:
    """A client that was greeted, and the lines that it reads."""
    with line_to(server) as line, line.makefile("rb") as lines:
        assert lines.readline() == b"* OK ready\r\n"
        yield line, lines


def imap(server: ScriptedImap) -> Any:
    return imapclient.IMAPClient(HOST, server.port, ssl=False, timeout=10)


def test_an_ordinary_client_finds_an_ordinary_server() -> None:
    with ScriptedImap() as server, imap(server) as client:
        client.login("mo", "secret")
        assert client.select_folder("INBOX", readonly=True)[b"UIDVALIDITY"] == 7
        assert client.search() == [1, 2, 3]
        assert client.noop() == (b"done", [])
    assert server.commands[-1] == b"LOGOUT"


def test_a_list_answers_the_first_the_second_and_all_further_of_a_command() -> None:
    told = [f"* SEARCH {number}\r\n{OK}" for number in (1, 2)]
    with ScriptedImap(SEARCH=told) as server, imap(server) as client:
        client.login("mo", "secret")
        client.select_folder("INBOX")
        assert [client.search() for _ in range(3)] == [[1], [2], [2]]


def test_what_is_told_of_a_connection_goes_before_what_is_told_of_all() -> None:
    first, later = {"CAPABILITY": f"* CAPABILITY IMAP4rev1 IDLE MOVE\r\n{OK}"}, {"GREETING": "* BYE busy\r\n"}
    with ScriptedImap(first, {}, later, CAPABILITY=f"* CAPABILITY IMAP4rev1\r\n{OK}") as server:
        for expected in ((b"IMAP4REV1", b"IDLE", b"MOVE"), (b"IMAP4REV1",)):
            client = imap(server)
            assert client.capabilities() == expected
            client.logout()
        for _ in range(2):
            with line_to(server) as line:
                assert line.recv(100) == b"* BYE busy\r\n"
        assert server.connections == 4


def test_a_list_goes_on_where_the_connection_before_left_it() -> None:
    with ScriptedImap(NOOP=["* 1 EXIS", OK]) as server:
        for expected in (b"* 1 EXIS", b"a1 OK done\r\n"):
            with client_of(server) as (line, lines):
                line.sendall(b"a1 NOOP\r\n")
                assert lines.readline() == expected


@pytest.mark.parametrize("answer", ["", "* 1 FETCH (BODY[] {1000}\r\nSubject: I was", b"* 1 EXISTS\r\na1 O"])
def test_an_answer_without_an_end_is_cut_off_there(answer: str | bytes) -> None:
    with ScriptedImap(FETCH=answer) as server, client_of(server) as (line, lines):
        line.sendall(b"a1 UID FETCH 1 (BODY[])\r\n")
        assert lines.read() == (answer.encode() if isinstance(answer, str) else answer)


def test_a_command_can_be_left_without_an_answer_and_the_next_be_answered() -> None:
    with ScriptedImap(NOOP=None) as server, client_of(server) as (line, lines):
        line.sendall(b"a1 NOOP\r\na2 CHECK\r\n")
        assert lines.readline() == b"a2 OK done\r\n"


def test_pieces_of_an_answer_come_one_by_one() -> None:
    with ScriptedImap(NOOP=("* 1", b"0 EXI", f"STS\r\n{OK}")) as server, client_of(server) as (line, _lines):
        line.sendall(b"a1 NOOP\r\n")
        assert [line.recv(1000) for _ in range(3)] == [b"* 1", b"0 EXI", b"STS\r\na1 OK done\r\n"]


def test_bytes_that_may_be_anything_go_down_as_a_literal() -> None:
    raw = bytes(range(256)) + "ü{tag}".encode()
    told = b"* 2 FETCH (UID 2 BODY[] " + literal(raw[:-5]) + b" FLAGS ())\r\n* 9 EXISTS\r\n" + OK.encode()
    with ScriptedImap(FETCH=told) as server, imap(server) as client:
        client.login("mo", "secret")
        client.select_folder("INBOX")
        assert client.fetch([2], ["BODY.PEEK[]"])[2][b"BODY[]"] == raw[:-5]
    assert literal("ü") == b"{2}\r\n\xc3\xbc"


def test_a_server_can_say_bye_in_the_middle_of_a_literal() -> None:
    said = "* 1 FETCH (BODY[] {30}\r\nSubject: \r\n* BYE so long"
    with ScriptedImap(FETCH=said) as server, client_of(server) as (line, lines):
        line.sendall(b"a1 FETCH 1 (BODY[])\r\n")
        assert lines.read() == said.encode()


def test_a_literal_goes_up_once_leave_is_given() -> None:
    with ScriptedImap() as server, imap(server) as client:
        client.login("mo", "secret")
        client.append("INBOX", b"a {3}\r\n0 NOOP\r\n")
    assert b'APPEND "INBOX" () {15}\r\na {3}\r\n0 NOOP\r\n' in server.commands


def test_a_literal_that_asks_for_no_leave_gets_none_and_several_make_one_command() -> None:
    with ScriptedImap() as server, client_of(server) as (line, lines):
        line.sendall(b"a1 LOGIN {2+}\r\nmo {3+}\r\nx y\r\na2 NOOP\r\n")
        assert [lines.readline(), lines.readline()] == [b"a1 OK done\r\n", b"a2 OK done\r\n"]
    assert server.commands == [b"LOGIN {2+}\r\nmo {3+}\r\nx y", b"NOOP"]


def test_leave_can_be_refused() -> None:
    with ScriptedImap(LITERAL="{tag} NO too big\r\n") as server, client_of(server) as (line, lines):
        line.sendall(b"a1 APPEND INBOX {2000000}\r\n")
        assert lines.readline() == b"a1 NO too big\r\n"
        line.sendall(b"a2 NOOP\r\n")
        assert lines.readline() == b"a2 OK done\r\n"
    assert server.commands == [b"NOOP"]


def test_a_client_that_idles_is_told_what_the_test_says_until_it_is_done() -> None:
    can = f"* CAPABILITY IMAP4rev1 IDLE\r\n{OK}"
    with ScriptedImap(CAPABILITY=can) as server, imap(server) as client:
        client.login("mo", "secret")
        client.select_folder("INBOX")
        client.idle()
        server.push("* 4 EXISTS\r\n")
        assert client.idle_check(timeout=60) == [(4, b"EXISTS")]
        server.push("* 2 EXPUNGE\r\n* 3 EXISTS\r\n")
        assert client.idle_check(timeout=60) == [(2, b"EXPUNGE"), (3, b"EXISTS")]
        assert client.idle_done() == (b"done", [])
        assert client.noop() == (b"done", [])


def test_what_is_pushed_can_come_in_two_packets() -> None:
    with ScriptedImap() as server, client_of(server) as (line, lines):
        line.sendall(b"a1 IDLE\r\n")
        assert lines.readline() == b"+ idling\r\n"
        pushing = threading.Thread(target=server.push, args=("* 1", "0 EXISTS\r\n"))
        pushing.start()
        assert [line.recv(1000), line.recv(1000)] == [b"* 1", b"0 EXISTS\r\n"]
        pushing.join()


def test_of_several_that_idle_one_can_be_chosen() -> None:
    with (
        ScriptedImap() as server,
        client_of(server) as (one, heard_by_one),
        client_of(server) as (other, heard_by_other),
    ):
        for line, lines in ((one, heard_by_one), (other, heard_by_other)):
            line.sendall(b"a1 IDLE\r\n")
            assert lines.readline() == b"+ idling\r\n"
        server.push("* 1 EXISTS\r\n", connection=1)
        server.push("* 2 EXISTS\r\n", connection=0)
        assert heard_by_other.readline() == b"* 1 EXISTS\r\n"
        assert heard_by_one.readline() == b"* 2 EXISTS\r\n"


def test_nobody_is_told_anything_who_does_not_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripted_imap, "PATIENCE", 0.05)
    with ScriptedImap(IDLE="{tag} NO not here\r\n") as server, client_of(server) as (line, lines):
        line.sendall(b"a1 IDLE\r\n")
        assert lines.readline() == b"a1 NO not here\r\n"
        with pytest.raises(RuntimeError, match="No client idles"):
            server.push("* 4 EXISTS\r\n")


def test_only_done_ends_an_idle() -> None:
    with ScriptedImap() as server, client_of(server) as (line, lines):
        line.sendall(b"a1 IDLE\r\na2 NOOP\r\n")
        assert lines.read() == b"+ idling\r\n* BYE only DONE ends an IDLE"


def test_all_clients_can_be_hung_up_on() -> None:
    with ScriptedImap() as server, client_of(server) as (_line, lines):
        server.hang_up()
        assert lines.read() == b""


def test_every_byte_is_heard() -> None:
    with ScriptedImap() as server:
        with client_of(server) as (line, lines):
            line.sendall(b"a1 ID {3}\r\n")
            assert lines.readline() == b"+ go ahead\r\n"
            line.sendall(b"\x00\xff\n\r\na2 IDLE\r\nDONE\r\n")
            assert [lines.readline() for _ in range(3)] == [b"a1 OK done\r\n", b"+ idling\r\n", b"a2 OK done\r\n"]
        assert server.heard == b"a1 ID {3}\r\n\x00\xff\n\r\na2 IDLE\r\nDONE\r\n"
        assert server.commands == [b"ID {3}\r\n\x00\xff\n", b"IDLE", b"DONE"]

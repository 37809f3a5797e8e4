"""What holds for both servers on loopback, /healthz and Slack's requests: nobody holds them up, nothing is told."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from bot.edges import health_http, listening
from bot.edges.health_http import HealthServer
from bot.edges.listening import Listening, LoopbackServer, Reply
from bot.edges.slack import http as slack_http
from bot.edges.slack.http import RequestServer
from bot.errors import SettingsError

SECRET_WORDS = "secret words"
DONE = Reply(200, b"done", "application/json")


def fail() -> Reply:
    raise ValueError(SECRET_WORDS)


def tells_health(answer: Callable[[], Reply], host: str, port: int) -> LoopbackServer:
    return HealthServer({"/healthz": answer}, host, port)


def hears_slack(answer: Callable[[], Reply], host: str, port: int) -> LoopbackServer:
    return RequestServer(lambda headers, body: answer(), host, port)


class Kind(NamedTuple):
    """One of the two: how it is made, how it listens, and a request that it answers."""

    make: Callable[[Callable[[], Reply], str, int], LoopbackServer]
    how: Listening
    request: bytes

    @contextlib.contextmanager
    def serving(self, answer: Callable[[], Reply] = lambda: DONE, host: str = "127.0.0.1") -> Iterator[LoopbackServer]:
        server = self.make(answer, host, 0)
        server.start()
        try:
            yield server
        finally:
            server.stop()


KINDS = [
    Kind(tells_health, health_http._LISTENING, b"GET /healthz HTTP/1.0\r\n\r\n"),
    Kind(hears_slack, slack_http._LISTENING, b"POST /slack/events HTTP/1.0\r\nContent-Length: 0\r\n\r\n"),
]


@pytest.fixture(params=KINDS, ids=["health", "slack"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found = request.param
    assert isinstance(found, Kind)
    return found


def line_to(server: LoopbackServer) -> socket.socket:
    place = urlsplit(server.url)
    return socket.create_connection((place.hostname, place.port), timeout=60)


def said(server: LoopbackServer, sent: bytes) -> bytes:
    """All that comes back until the server ends the connection."""
    with line_to(server) as line:
        line.sendall(sent)
        heard = b""
        while piece := line.recv(4096):
            heard += piece
    return heard


def test_an_answer_tells_its_type_and_length_and_no_version_of_anything(kind: Kind) -> None:
    with kind.serving() as server:
        head, _end, body = said(server, kind.request).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert (lines[0], body) == (b"HTTP/1.0 200 OK", b"done")
    assert {b"Content-Type: application/json", b"Content-Length: 4", b"Server: amends"} <= set(lines)


@pytest.mark.parametrize(
    "words", [b"\x16\x03\x01\x02\x00\n", b"GET /healthz\x00 HTTP/9.9\r\n\r\n", b"\r\n" * 5, b"A" * 70_000]
)
def test_what_is_no_request_ends_its_connection_and_nothing_else(kind: Kind, words: bytes) -> None:
    with kind.serving() as server:
        assert b"200" not in said(server, words + b"\r\n\r\n").partition(b"\r\n")[0]
        assert said(server, kind.request).startswith(b"HTTP/1.0 200 ")


@pytest.mark.parametrize("cut", [0, 9, -2], ids=["nothing", "half a line", "no end of the head"])
def test_whoever_sends_nothing_more_is_cut_off(kind: Kind, monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    monkeypatch.setattr(listening, "_SLOWEST", 0.05)
    with kind.serving() as server:
        assert said(server, kind.request[:cut]) == b""


def test_whoever_is_slow_keeps_nobody_out_for_long(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_SLOWEST", 1.0)
    with kind.serving() as server, contextlib.ExitStack() as stack:
        for _ in range(3 * kind.how.threads):
            stack.enter_context(line_to(server)).sendall(kind.request[:-2])
        assert said(server, kind.request).startswith(b"HTTP/1.0 200 ")


def test_a_failure_inside_ends_one_connection_without_a_word_in_the_log_and_not_the_server(
    kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    with kind.serving(fail) as server:
        assert [said(server, kind.request) for _ in range(2)] == [b"", b""]
    assert [record.getMessage() for record in caplog.records] == ["A request was not answered: ValueError."] * 2


def test_it_ends_while_every_thread_is_held_up(kind: Kind) -> None:
    with contextlib.ExitStack() as stack, kind.serving() as server:
        for _ in range(kind.how.threads + 1):
            stack.enter_context(line_to(server)).sendall(kind.request[:-2])


def test_after_the_end_nobody_listens(kind: Kind) -> None:
    with kind.serving() as server:
        place = urlsplit(server.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname, place.port), timeout=60)


# where it listens


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com", "", "127.0.0.1.example.com"])
def test_it_listens_to_no_other_machine(kind: Kind, host: str) -> None:
    with pytest.raises(SettingsError, match="on loopback only") as told:
        kind.make(fail, host, 0)
    assert (told.value.where, told.value.advice) == (host, kind.how.advice)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.9", "::1"])
def test_any_loopback_address_will_do(kind: Kind, host: str) -> None:
    with kind.serving(host=host) as server:
        assert said(server, kind.request).startswith(b"HTTP/1.0 200 ")


def test_a_port_that_is_taken_is_told_in_one_sentence(kind: Kind) -> None:
    with kind.serving() as server:
        port = urlsplit(server.url).port or 0
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port}: Nothing can listen there"):
            kind.make(fail, "127.0.0.1", port)

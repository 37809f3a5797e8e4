"""/healthz and /metrics over real sockets: a few answers, to this machine alone, whatever strangers send."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from bot.domain.health import Finding, Health, Severity
from bot.edges import health_http
from bot.edges.health_http import Answers, HealthServer, Reply, healthz
from bot.errors import SettingsError

BAD = Health((Finding("tick", Severity.UNHEALTHY, "secret words"), Finding("disk", Severity.WARNING, "more words")))


@contextmanager
def served(answers: Answers | None = None, host: str = "127.0.0.1") -> Iterator[HealthServer]:
    server = HealthServer(answers or {"/healthz": lambda: healthz(Health)}, host, 0)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def asked(server: HealthServer, path: str, method: str = "GET") -> tuple[int, bytes]:
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    connection.request(method, path)
    answer = connection.getresponse()
    said = answer.status, answer.read()
    connection.close()
    return said


def said_to(server: HealthServer, words: bytes) -> bytes:
    """All that comes back until the server ends the connection."""
    place = urlsplit(server.url)
    with socket.create_connection((str(place.hostname), place.port), timeout=60) as line:
        line.sendall(words)
        heard = b""
        while piece := line.recv(4096):
            heard += piece
    return heard


def test_an_amends_that_works_is_a_200() -> None:
    with served() as server:
        status, body = asked(server, "/healthz?from=somewhere")
    assert (status, json.loads(body)) == (200, {"healthy": True, "findings": []})


def test_one_that_does_not_is_a_503_with_the_ids_of_what_is_wrong_and_no_word_more() -> None:
    with served({"/healthz": lambda: healthz(lambda: BAD)}) as server:
        status, body = asked(server, "/healthz")
    told = [{"id": "tick", "severity": "unhealthy"}, {"id": "disk", "severity": "warning"}]
    assert (status, json.loads(body)) == (503, {"healthy": False, "findings": told})


def test_a_warning_alone_is_a_200() -> None:
    with served({"/healthz": lambda: healthz(lambda: Health(BAD.findings[1:]))}) as server:
        assert asked(server, "/healthz")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/healthz/..", 404), ("POST", "/healthz", 501), ("HEAD", "/healthz", 501),
     ("GET", f"/{'x' * 70_000}", 414)],
    ids=["root", "elsewhere", "post", "head", "long"],
)  # fmt: skip
def test_nothing_else_is_answered(method: str, path: str, status: int) -> None:
    with served() as server:
        assert asked(server, path, method)[0] == status
        assert asked(server, "/healthz")[0] == 200


@pytest.mark.parametrize(
    "words", [b"\x16\x03\x01\x02\x00\n", b"GET /healthz\x00 HTTP/9.9\r\n\r\n", b"\r\n" * 5, b"A" * 70_000]
)
def test_what_is_no_request_ends_its_connection_and_nothing_else(words: bytes) -> None:
    with served() as server:
        heard = said_to(server, words + b"\r\n\r\n")
        assert b"200" not in heard.partition(b"\r\n")[0]
        assert asked(server, "/healthz")[0] == 200


def test_whoever_sends_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_http, "_SLOWEST", 0.1)
    with served() as server:
        assert said_to(server, b"GET /heal") == b""


def test_an_answer_that_fails_ends_its_connection_without_a_word_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Reply:
        raise ValueError("secret words")

    with served({"/healthz": fail}) as server:
        assert said_to(server, b"GET /healthz HTTP/1.0\r\n\r\n") == b""
    assert [record.getMessage() for record in caplog.records] == ["A request was not answered: ValueError."]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", ""])
def test_it_is_not_told_to_other_machines(host: str) -> None:
    with pytest.raises(SettingsError, match="on loopback only"):
        HealthServer({}, host, 0)


def test_a_port_that_is_taken_is_an_error_of_the_config() -> None:
    with served() as server, pytest.raises(SettingsError, match="Nothing can listen there"):
        HealthServer({}, "127.0.0.1", urlsplit(server.url).port or 0)


def test_it_listens_on_ipv6_too() -> None:
    with served(host="::1") as server:
        assert asked(server, "/healthz")[0] == 200

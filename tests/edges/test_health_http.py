"""/healthz and /metrics over real sockets: a few answers, to this machine alone, whatever strangers send."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from bot.domain.health import Finding, Health, Severity
from bot.edges.health_http import Answers, HealthServer, healthz

BAD = Health((Finding("tick", Severity.UNHEALTHY, "secret words"), Finding("disk", Severity.WARNING, "more words")))


@contextmanager
def served(answers: Answers | None = None) -> Iterator[HealthServer]:
    server = HealthServer(answers or {"/healthz": lambda: healthz(Health)}, "127.0.0.1", 0)
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

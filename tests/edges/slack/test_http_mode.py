"""HTTP mode: only what Slack signed is heard, only on loopback, and nobody can hold it up."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.edges import listening
from bot.edges.slack.answer import Answer
from bot.edges.slack.bolt import Listener
from bot.edges.slack.http import LONGEST_BODY, RequestServer
from bot.errors import Retriable
from bot.service.ports import Kind, Received
from tests.edges.slack.conftest import Heard
from tests.edges.slack.test_listener import CARD, FORM, SECRET_WORDS
from tests.fakes.slack import FakeSlack, RequestUrl

EVENT = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"text": SECRET_WORDS}}).encode()
JSON = "application/json"


@contextlib.contextmanager
def serving(slack: FakeSlack, receive: Any) -> Iterator[RequestServer]:
    """The listener behind a port of its own."""
    listener = Listener(receive, slack.token, api_url=slack.api_url, signing_secret=slack.signing_secret)
    server = RequestServer(listener.over_http, port=0)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def server(slack: FakeSlack, heard: Heard) -> Iterator[RequestServer]:
    with serving(slack, heard) as running:
        yield running


@pytest.fixture
def url(slack: FakeSlack, server: RequestServer) -> RequestUrl:
    return slack.request_url(server.url)


def raw(server: RequestServer, sent: bytes) -> bytes:
    """What comes back to these bytes until the server has said all that it says."""
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        line.sendall(sent)
        answer = b""
        while piece := line.recv(4096):
            answer += piece
        return answer


# what Slack sends


def test_every_kind_arrives_and_is_answered(slack: FakeSlack, heard: Heard, url: RequestUrl) -> None:
    ann = slack.person("ann")
    heard.answer = Answer(ack={"response_type": "ephemeral", "text": "Nothing is open."})
    assert slack.answer(ann.types("/amends list")) == {"response_type": "ephemeral", "text": "Nothing is open."}
    heard.answer = Answer()
    slack.say("C1", "hello")
    slack.answer(ann.presses("claim", "C1", slack.bot_says("C1", "A card", blocks=CARD)))
    slack.answer(ann.uses_shortcut("report"))
    assert {one.kind for one in heard} == {Kind.COMMAND, Kind.EVENT, Kind.ACTION, Kind.SHORTCUT}
    press = next(one for one in heard if one.kind is Kind.ACTION)
    assert press.payload["actions"][0]["action_id"] == "claim"


def test_the_same_event_has_the_same_key_over_http_and_over_sockets(
    slack: FakeSlack, heard: Heard, url: RequestUrl
) -> None:
    slack.say("C1", "hello")
    slack.wait_for(lambda now: now.envelopes[0].acked)
    assert heard[0].key == f"event:{slack.envelopes[0].payload['event_id']}"


def test_a_dialog_opens_before_the_answer(slack: FakeSlack, heard: Heard, url: RequestUrl) -> None:
    heard.answer = Answer(modal=FORM)
    ann = slack.person("ann")
    slack.answer(ann.uses_shortcut("report"))
    assert ann.view is not None
    heard.answer = Answer(ack={"response_action": "errors", "errors": {"why": "Too short."}})
    slack.answer(ann.submits({"text": "no"}))
    assert ann.view.errors == {"why": "Too short."}


def test_what_could_not_be_taken_comes_again(slack: FakeSlack, heard: Heard, url: RequestUrl) -> None:
    heard.problems.append(Retriable("The database is locked."))
    slack.say("C1", "precious")
    slack.wait_for(lambda now: now.envelopes[0].reason == "http_error")
    assert not slack.envelopes[0].acked
    slack.redeliver()
    slack.wait_for(lambda now: now.envelopes[0].acked)
    assert [one.key for one in heard] == [heard[0].key] * 2


def test_the_challenge_is_given_back(url: RequestUrl, heard: Heard) -> None:
    answer = url.verify("a-challenge")
    assert (answer.status, answer.payload()) == (200, {"challenge": "a-challenge"})
    assert not heard


def test_the_check_of_the_certificate_is_answered_even_unsigned(url: RequestUrl, heard: Heard) -> None:
    assert url.ssl_check().status == 200
    form = "application/x-www-form-urlencoded"
    assert url.post(b"ssl_check=1&token=x", form, sign="v0=" + "0" * 64).status == 200
    assert not heard


# what others send


@pytest.mark.parametrize(
    "forged",
    [
        {"sign": "v0=" + "0" * 64},
        {"sign": "v0=00"},
        {"sign": "v1=" + "0" * 64},
        {"sign": "v0=" + "\u00e9" * 64},
        {"timestamp": "-301 s"},
        {"timestamp": "+400 s"},
        {"timestamp": "soon"},
        {"timestamp": "-1"},
        {"timestamp": "9" * 5000},
    ],
)
def test_what_slack_did_not_sign_just_now_is_refused(url: RequestUrl, heard: Heard, forged: dict[str, str]) -> None:
    said = forged.get("timestamp", "")
    if said.endswith(" s"):  # so long ago, or in so long
        forged = {"timestamp": str(int(time.time()) + int(said.removesuffix(" s")))}
    assert url.post(EVENT, JSON, **forged).status == 401
    assert not heard


def test_a_request_without_a_signature_is_refused(server: RequestServer, heard: Heard) -> None:
    head = f"POST /slack/events HTTP/1.1\r\nContent-Length: {len(EVENT)}\r\n\r\n".encode()
    assert raw(server, head + EVENT).startswith(b"HTTP/1.0 401 ")
    assert not heard


def test_without_a_secret_nothing_is_heard(slack: FakeSlack, heard: Heard) -> None:
    listener = Listener(heard, slack.token, api_url=slack.api_url)
    headers = {"x-slack-request-timestamp": str(int(time.time())), "x-slack-signature": "v0=" + "0" * 64}
    assert listener.over_http(headers, EVENT).status == 401


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{", b"payload=%7B", b"\xff\xfe", b"", b"1", b"payload=" + b"[" * 9])
def test_what_cannot_be_parsed_is_refused_before_anybody_tries(url: RequestUrl, heard: Heard, body: bytes) -> None:
    assert url.post(body, JSON, sign="v0=" + "0" * 64).status in (400, 401)
    assert url.post(b"{", JSON).status == 400
    assert not heard


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"POST /slack/events HTTP/1.1\r\nContent-Length: {LONGEST_BODY + 1}", 413),
        (f"POST /slack/events HTTP/1.1\r\nContent-Length: {'9' * 5000}", 413),
        ("POST /slack/events HTTP/1.1\r\nContent-Length: -1", 411),
        ("POST /slack/events HTTP/1.1\r\nTransfer-Encoding: chunked", 411),
        ("POST /other HTTP/1.1\r\nContent-Length: 2", 404),
        ("GET /slack/events HTTP/1.1\r\nHost: x", 501),
    ],
)
def test_other_requests_are_turned_away_unread(server: RequestServer, heard: Heard, head: str, status: int) -> None:
    answer = raw(server, head.encode() + b"\r\n\r\n")
    assert answer.startswith(f"HTTP/1.0 {status} ".encode())
    assert not heard


def test_a_body_of_the_longest_length_is_read(url: RequestUrl, heard: Heard) -> None:
    told = json.loads(EVENT) | {"more": ""}
    told["more"] = "x" * (LONGEST_BODY - len(json.dumps(told)))
    body = json.dumps(told).encode()
    assert len(body) == LONGEST_BODY
    assert url.post(body, JSON).status == 200
    assert len(heard) == 1


def test_who_sends_half_a_body_is_not_waited_for(
    slack: FakeSlack, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_SLOWEST", 0.05)
    with serving(slack, heard) as server:
        assert raw(server, b"POST /slack/events HTTP/1.1\r\nContent-Length: 9\r\n\r\nx") == b""


def test_silence_between_two_pieces_is_told(slack: FakeSlack, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening.LoopbackHandler, "timeout", 0.5)
    with serving(slack, heard) as server:
        answer = raw(server, b"POST /slack/events HTTP/1.1\r\nContent-Length: 9\r\n\r\nx")
    assert answer.startswith(b"HTTP/1.0 408 ")


def test_no_word_or_signature_is_ever_logged(
    slack: FakeSlack, url: RequestUrl, heard: Heard, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    heard.problems.append(ValueError(SECRET_WORDS))
    statuses = [url.post(EVENT, JSON).status, url.post(EVENT, JSON, sign="v0=" + "ab" * 32).status]
    url.post(EVENT, JSON, timestamp="soon")
    assert statuses == [500, 401]
    logged = caplog.text + "".join(capfd.readouterr())
    assert "was not taken: ValueError" in logged
    for secret in (SECRET_WORDS, "4000", "v0=", slack.signing_secret, slack.token, "/slack/events"):
        assert secret not in logged


# more than one at a time


def test_requests_are_taken_side_by_side(slack: FakeSlack) -> None:
    kinds: list[Kind] = []

    def receive(received: Received) -> Answer:
        with slack.changed:
            kinds.append(received.kind)
            slack.changed.notify_all()
            slack.changed.wait_for(lambda: len(kinds) == 2, 60)
        return Answer()

    with serving(slack, receive) as server, ThreadPoolExecutor(2) as pool:
        url = slack.request_url(server.url)
        posted = [pool.submit(url.post, EVENT, JSON) for _ in range(2)]
        assert [one.result().status for one in posted] == [200, 200]
    assert len(kinds) == 2

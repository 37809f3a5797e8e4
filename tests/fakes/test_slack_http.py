"""HTTP mode of the fake Slack, with the real Bolt behind a WSGI server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient

from .bolt_app import behind_http, bolt
from .slack import HOST, FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


def test_events_presses_and_commands_arrive_signed(slack: FakeSlack) -> None:
    told: list[str] = []
    app, ann = bolt(slack), slack.person("ann")
    button = {"type": "button", "action_id": "claim", "text": {"type": "plain_text", "text": "Mine"}}
    client = WebClient(slack.token, base_url=slack.api_url)
    ts = client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "actions", "elements": [button]}])["ts"]
    app.event("message")(lambda event: told.append(event["text"]))
    app.command("/amends")(lambda ack, command: ack(f"You said {command['text']}"))

    @app.action("claim")
    def claim(ack: Any, action: Any) -> None:
        told.append(action["action_id"])
        ack()

    with behind_http(app) as url:
        slack.request_url(url)
        ann.says("C1", "hello")
        slack.answer(ann.presses("claim", "C1", ts))
        slack.answer(ann.types("/amends mine"))
    assert told == ["hello", "claim"]
    assert [one.text for one in ann.sees("C1") if one.only_you] == ["You said mine"]


def test_what_slack_asks_of_a_new_address_is_answered(slack: FakeSlack) -> None:
    with behind_http(bolt(slack)) as url:
        address = slack.request_url(url)
        assert address.verify("a challenge").payload()["challenge"] == "a challenge"
        assert address.ssl_check().status == 200


@pytest.mark.parametrize(
    ("age", "sign"), [(301, ""), (0, "v0=" + "0" * 64)], ids=["six minutes old", "with another's signature"]
)
def test_a_request_of_somebody_else_is_refused(slack: FakeSlack, age: int, sign: str) -> None:
    with behind_http(bolt(slack)) as url:
        address = slack.request_url(url)
        answer = address.post(b"{}", "application/json", timestamp=str(int(time.time()) - age), sign=sign)
    assert answer.status == 401


def test_an_event_that_fails_is_repeated_with_number_and_reason(slack: FakeSlack) -> None:
    told: list[Any] = []
    app = bolt(slack)

    @app.event("message")
    def message(request: Any) -> None:
        told.append([request.headers.get(f"x-slack-retry-{name}") for name in ("num", "reason")])
        if len(told) < 2:
            raise ValueError("Not now.")

    with behind_http(app) as url:
        slack.request_url(url)
        slack.say("C1", "precious")
        slack.wait_for(lambda now: now.envelopes[0].reason)
        slack.tick()
        slack.answer(slack.envelopes[0])
    assert told == [[None, None], [["1"], ["http_error"]]]


def test_an_app_that_is_not_there_is_not_reached(slack: FakeSlack) -> None:
    slack.request_url(f"http://{HOST}:1/slack/events")
    typed = slack.person("ann").types("/amends")
    slack.wait_for(lambda now: typed.failed)
    assert typed.failed == "connection_failed"


def test_an_app_that_takes_too_long_is_not_waited_for(slack: FakeSlack) -> None:
    gate = threading.Event()
    app = bolt(slack)
    app.command("/amends")(lambda ack: (gate.wait(60), ack()))
    with behind_http(app) as url:
        slack.request_url(url, patience=0.1)
        typed = slack.person("ann").types("/amends")
        slack.wait_for(lambda now: typed.failed)
        gate.set()
    assert typed.failed == "http_timeout"

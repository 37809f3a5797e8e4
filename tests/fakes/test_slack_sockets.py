"""Socket Mode of the fake Slack, with the real Bolt and its built-in client at the other end."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin.connection import Connection as Client

from .bolt_app import bolt, connected
from .slack import FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


class Heard(list[dict[str, Any]]):
    """A Bolt app that only notes what it is sent."""

    def __init__(self, slack: FakeSlack, **more: Any) -> None:
        super().__init__()
        self.app = bolt(slack, **more)
        self.app.event("message")(self._note)

    def _note(self, body: dict[str, Any], request: Any) -> None:
        retry = request.headers.get("x-slack-retry-num", ["0"])[0]
        self.append({"id": body["event_id"], "retry": retry, **body["event"]})


def ticket(slack: FakeSlack) -> str:
    return str(
        WebClient(slack.app_token, base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)["url"]
    )


def test_an_event_arrives_and_its_ack_is_noted(slack: FakeSlack) -> None:
    heard = Heard(slack)
    with connected(slack, heard.app):
        ts = slack.say("C1", "Is anybody there?")
        slack.wait_for(lambda now: now.envelopes and now.envelopes[0].acked)
    assert [(one["text"], one["ts"], one["channel"], one["retry"]) for one in heard] == [
        ("Is anybody there?", ts, "C1", "0")
    ]
    assert slack.envelopes[0].answers == [{}]
    assert slack.deliveries.waiting() == []


def test_edits_and_deletions_are_told_with_what_was_there_before(slack: FakeSlack) -> None:
    heard = Heard(slack)
    ann = slack.person("ann")
    with connected(slack, heard.app):
        ts = ann.says("C1", "Wher is it?")
        ann.edits("C1", ts, "Where is it?")
        ann.deletes("C1", ts)
        slack.wait_for(lambda now: len(heard) == 3)
    changed = next(one for one in heard if one.get("subtype") == "message_changed")
    deleted = next(one for one in heard if one.get("subtype") == "message_deleted")
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("Wher is it?", "Where is it?")
    assert (deleted["deleted_ts"], deleted["previous_message"]["text"]) == (ts, "Where is it?")


def test_nobody_hears_of_a_channel_that_the_app_is_not_in(slack: FakeSlack) -> None:
    slack.add_channel("C2", joined=False)
    heard = Heard(slack)
    with connected(slack, heard.app):
        slack.say("C2", "secret")
        slack.say("C1", "open")
        slack.wait_for(lambda now: heard)
    assert [one["text"] for one in heard] == ["open"]


def test_hello_tells_how_many_connections_there_are(slack: FakeSlack) -> None:
    told: list[dict[str, Any]] = []

    def note(message: str) -> None:
        with slack.changed:
            told.append(json.loads(message))
            slack.changed.notify_all()

    first, second = (bolt(slack) for _ in range(2))
    with connected(slack, first, hears=note):
        slack.wait_for(lambda now: told)
        with connected(slack, second, hears=note):
            slack.wait_for(lambda now: len(told) == 2)
    assert [(one["type"], one["num_connections"], bool(one["debug_info"])) for one in told] == [
        ("hello", 1, True), ("hello", 2, True)
    ]  # fmt: skip


def test_a_ticket_opens_one_connection_and_only_once(slack: FakeSlack) -> None:
    address = ticket(slack).replace("ws:", "http:")
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert slack.welcome(address.partition("/link")[2] and address)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(address, headers=upgrade))
    with refused.value:
        assert refused.value.code == 401


def test_each_envelope_goes_to_one_of_several_connections(slack: FakeSlack) -> None:
    first, second = Heard(slack), Heard(slack)
    with connected(slack, first.app), connected(slack, second.app):
        for number in range(6):
            slack.say("C1", str(number))
        slack.wait_for(lambda now: len(first) + len(second) == 6)
    assert (len(first), len(second)) == (3, 3)
    assert sorted(one["text"] for one in [*first, *second]) == list("012345")


def test_what_nobody_acknowledges_comes_again_over_another_connection(slack: FakeSlack) -> None:
    failing, well = Heard(slack), Heard(slack)

    @failing.app.middleware
    def breaks(body: dict[str, Any]) -> None:
        raise ValueError("This process is ill.")

    with connected(slack, failing.app):
        slack.say("C1", "precious")
        slack.wait_for(lambda now: now.envelopes[0].attempts)
        with connected(slack, well.app):
            slack.advance(2.9)
            assert len(slack.envelopes[0].attempts) == 1, "three seconds are not over"
            slack.advance(0.2)
            slack.wait_for(lambda now: now.envelopes[0].acked)
    assert [(one["text"], one["retry"]) for one in well] == [("precious", "1")]
    assert [attempt.route for attempt in slack.envelopes[0].attempts] == [1, 2]
    assert slack.envelopes[0].reason == "timeout"


def test_repetitions_go_round_the_connections(slack: FakeSlack) -> None:
    with connected(slack, bolt(slack), ping_interval=60), connected(slack, bolt(slack), ping_interval=60):
        for connection in slack.connections:
            connection.deaf = True
        slack.say("C1", "anybody?")
        slack.redeliver()
        slack.redeliver()
        routes = [attempt.route for attempt in slack.envelopes[0].attempts]
    assert routes in ([1, 2, 1], [2, 1, 2])


def test_without_a_connection_an_event_is_tried_four_times_and_then_lost(slack: FakeSlack) -> None:
    slack.deliveries.listening = True
    slack.say("C1", "into the void")
    [envelope] = slack.envelopes
    tries = []
    for seconds in (3, 4, 60, 4, 300, 4):
        slack.advance(seconds)
        tries.append((len(envelope.attempts), envelope.failed))
    assert tries == [(2, ""), (2, ""), (3, ""), (3, ""), (4, ""), (4, "operation_timeout")]


def test_an_event_in_an_outage_reaches_the_app_that_comes_back(slack: FakeSlack) -> None:
    heard = Heard(slack)
    slack.deliveries.listening = True
    slack.say("C1", "meanwhile")
    with connected(slack, heard.app):
        slack.advance(3)
        slack.wait_for(lambda now: heard)
    assert [(one["text"], one["retry"]) for one in heard] == [("meanwhile", "1")]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_a_client_that_is_asked_to_go_comes_back_at_once(slack: FakeSlack, reason: Any) -> None:
    heard = Heard(slack)
    with connected(slack, heard.app):
        slack.disconnect(reason)
        slack.wait_for(lambda now: [one.number for one in now.connections] == [2])
        slack.say("C1", "still there?")
        slack.wait_for(lambda now: heard)


@pytest.mark.parametrize("end", ["close", "fin", "reset", "deaf"])
def test_a_client_recovers_from_every_way_a_connection_can_end(slack: FakeSlack, end: str) -> None:
    heard = Heard(slack)
    with connected(slack, heard.app, ping_interval=1):
        [connection] = slack.connections
        if end == "deaf":
            slack.wait_for(lambda now: connection.pings > 1)
            connection.deaf = True
        else:
            getattr(connection, end)()
        slack.wait_for(lambda now: now.sockets.ever == 2)
        slack.say("C1", "back again")
        slack.redeliver()
        slack.wait_for(lambda now: heard)


def test_a_deaf_connection_hears_and_answers_nothing(slack: FakeSlack) -> None:
    heard = Heard(slack)
    with connected(slack, heard.app, ping_interval=60):
        slack.connections[0].deaf = True
        slack.say("C1", "lost on the way")
        assert [attempt.route for attempt in slack.envelopes[0].attempts] == [1]
        with connected(slack, heard.app):
            slack.redeliver()
            slack.wait_for(lambda now: heard)
    assert [one["retry"] for one in heard] == ["1"]


def test_a_ping_of_the_server_is_answered(slack: FakeSlack) -> None:
    with connected(slack, Heard(slack).app):
        [connection] = slack.connections
        connection.ping(b"are you there")
        assert slack.wait_for(lambda now: connection.pongs) == [b"are you there"]


def test_opening_fails_as_often_as_told(slack: FakeSlack) -> None:
    slack.fault("apps.connections.open", "500", times=2)
    slack.fault("apps.connections.open", "429", retry_after=7)
    slack.fault("apps.connections.open", "error", code="invalid_auth")
    client = WebClient(base_url=slack.api_url, retry_handlers=[])
    fates = []
    for _ in range(4):
        with pytest.raises(SlackApiError) as caught:
            client.apps_connections_open(app_token=slack.app_token)
        fates.append((caught.value.response.status_code, caught.value.response["error"]))
    assert fates == [(500, "internal_error")] * 2 + [(429, "ratelimited"), (200, "invalid_auth")]
    assert client.apps_connections_open(app_token=slack.app_token)["url"].startswith("ws://127.0.0.1:")


def test_one_connection_too_many_is_sent_away(slack: FakeSlack) -> None:
    clients = [Client(ticket(slack), logging.getLogger(__name__)) for _ in range(11)]
    for client in clients:
        client.connect()
    slack.wait_for(lambda now: now.sockets.ever == 11)
    assert len(slack.connections) == 10
    for client in clients:
        client.close()


def test_large_payloads_arrive_whole(slack: FakeSlack) -> None:
    heard = Heard(slack)
    texts = ["x" * length for length in (1, 100, 5_000, 30_000)]
    with connected(slack, heard.app):
        for text in texts:
            slack.say("C1", text)
        slack.wait_for(lambda now: len(heard) == 4)
    assert sorted((one["text"] for one in heard), key=len) == texts

"""Posts carry a key and are found again by it; of every failure it is known whether the post may stand there."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.domain.alert import Alert, AlertKey, CaseId, Notice, Reason, Topic
from bot.domain.escalation import How, Notify
from bot.domain.verdict import Label
from bot.edges.slack import channel as channel_room
from bot.edges.slack import web
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.web import Web
from bot.errors import Refused, Retriable
from bot.service.ports import Ref
from tests.fakes.clock import MONDAY
from tests.fakes.slack import HOST, FakeSlack, Kind

EPOCH = 1_700_000_000
LONG_AGO = datetime.fromtimestamp(EPOCH, UTC) - timedelta(minutes=2)
KEY = AlertKey("7:mistake:0:0:channel")


def alert(key: str = KEY, reason: Reason = Reason.MISTAKE, mention: str = "", how: How = How.THREAD) -> Alert:
    return Alert(
        key=AlertKey(key), case=CaseId(7), reason=reason, notify=Notify.CHANNEL, mention=mention, state="suspected",
        labels=frozenset({Label.MISTAKE}), severity=2, confidence=0.9, customer="Mo", subject="Order 17",
        words="I was charged twice <!channel>.", clues=(), messages=1, waiting_since=MONDAY, at=MONDAY, late_by=None,
        next_due_at=MONDAY, how=how,
    )  # fmt: skip


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("C1", "C2"), epoch=EPOCH) as running:
        yield running


@pytest.fixture
def channel(slack: FakeSlack) -> SlackChannel:
    return SlackChannel(Web(slack.token, slack.api_url), "C1")


def keys(slack: FakeSlack) -> list[str]:
    """Of what can be seen in the channel."""
    return [message["metadata"]["event_payload"]["key"] for message in slack.messages("C1")]


# posting


def test_a_post_says_it_in_the_channel_and_carries_its_key(slack: FakeSlack, channel: SlackChannel) -> None:
    ref = channel.post(alert(), None)
    [message] = slack.messages("C1")
    assert ref == f"C1:{message['ts']}"
    assert message["text"] == "Our mistake · Mo: Order 17"
    assert "I was charged twice <!channel>." in json.dumps(message["blocks"])
    assert message["metadata"] == {"event_type": "amends_alert", "event_payload": {"key": KEY, "case": 7}}
    [call] = slack.calls("chat.postMessage")
    assert not call.args["unfurl_links"]
    assert not call.args["unfurl_media"]


def test_a_reply_stands_in_the_thread_of_its_card(slack: FakeSlack, channel: SlackChannel) -> None:
    root = channel.post(alert(), None)
    channel.post(alert("7:still_unanswered:0:0:channel", Reason.STILL_UNANSWERED), root)
    card, reply = slack.messages("C1")
    assert reply["thread_ts"] == card["ts"]
    assert "subtype" not in reply, "what is said to the thread is not repeated in the channel"


def test_a_reply_that_pings_somebody_in_the_thread_stands_there_only(slack: FakeSlack, channel: SlackChannel) -> None:
    root = channel.post(alert(), None)
    channel.post(alert("7:still_unanswered:0:1:on_call", Reason.STILL_UNANSWERED, "S0ONCALL"), root)
    reply = slack.messages("C1")[1]
    assert reply["text"].startswith("<!subteam^S0ONCALL> Still unanswered")
    assert "subtype" not in reply


@pytest.mark.parametrize("mention", ["", "U1", "S0ONCALL"])
def test_what_is_said_to_the_channel_is_a_reply_that_all_of_it_sees(
    slack: FakeSlack, channel: SlackChannel, mention: str
) -> None:
    root = channel.post(alert(), None)
    channel.post(alert("7:still_unanswered:0:1:on_call", Reason.STILL_UNANSWERED, mention, How.CHANNEL), root)
    card, reply = slack.messages("C1")
    assert (reply["thread_ts"], reply["subtype"]) == (card["ts"], "thread_broadcast")


def test_a_case_that_is_opened_again_is_told_under_its_card_and_seen_in_the_channel(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    root = channel.post(alert(), None)
    channel.post(alert("7:mistake:1:0:channel"), root)
    card, again = slack.messages("C1")
    assert (again["thread_ts"], again["subtype"]) == (card["ts"], "thread_broadcast")


# failing


def trouble(channel: SlackChannel) -> Retriable:
    with pytest.raises(Retriable) as problem:
        channel.post(alert(), None)
    return problem.value


def test_when_slack_asks_for_patience_it_gets_as_much_as_it_wants(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.fault("chat.postMessage", "429", retry_after=37)
    problem = trouble(channel)
    assert (problem.retry_after, problem.outcome_unknown) == (37.0, False)
    assert (len(slack.calls("chat.postMessage")), slack.messages("C1")) == (1, []), "the outbox repeats it, not the SDK"


@pytest.mark.parametrize(
    ("kind", "fault", "stands"),
    [
        ("500", {}, False),
        ("500", {"code": "something_new"}, False),
        ("reset_before", {}, False),
        ("reset_after", {}, True),
        ("slow", {"stored": True}, True),
        ("slow", {"stored": False}, False),
        ("error", {"code": "internal_error"}, False),
        ("error", {"code": "fatal_error"}, False),
        ("error", {"code": "service_unavailable"}, False),
    ],
)
def test_without_a_clear_answer_nobody_knows_whether_it_stands_there(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, kind: Kind, fault: dict[str, Any], stands: bool
) -> None:
    monkeypatch.setattr(web, "_TIMEOUT", 0.3)
    channel = SlackChannel(Web(slack.token, slack.api_url), "C1")
    slack.fault("chat.postMessage", kind, **fault)
    assert trouble(channel).outcome_unknown
    assert len(slack.calls("chat.postMessage")) == 1, "it was tried again before anybody looked it up"
    assert bool(channel.find(KEY, None, LONG_AGO)) is stands


def test_what_never_reached_slack_was_surely_not_said(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.stop()
    problem = trouble(channel)
    assert not problem.outcome_unknown
    assert "Slack cannot be reached: [Errno 111] Connection refused." in str(problem)


def test_where_slack_cannot_even_be_found_nothing_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert not trouble(SlackChannel(Web("xoxb-test", "http://slack.invalid/api/"), "C1")).outcome_unknown


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("not_in_channel", "/invite @amends"),
        ("channel_not_found", "alert_channel"),
        ("is_archived", "another channel"),
        ("invalid_auth", "bot token"),
        ("token_revoked", "Install the app again"),
        ("missing_scope", "deploy/slack-manifest.yaml"),
        ("msg_too_long", ""),
    ],
)
def test_what_slack_refuses_for_good_is_said_with_what_to_do(
    slack: FakeSlack, channel: SlackChannel, code: str, advice: str
) -> None:
    slack.fault("chat.postMessage", "error", code=code)
    with pytest.raises(Refused) as problem:
        channel.post(alert(), None)
    assert str(problem.value).startswith(f"Slack chat.postMessage: Slack refuses: {code}.")
    assert advice in problem.value.advice


def test_a_channel_that_is_not_there_an_archived_one_and_a_wrong_token_are_told_apart(slack: FakeSlack) -> None:
    slack.archive("C2")
    for token, name, code in (
        (slack.token, "C9", "channel_not_found"), (slack.token, "C2", "is_archived"), ("xoxb-no", "C1", "invalid_auth")
    ):  # fmt: skip
        with pytest.raises(Refused, match=f"Slack refuses: {code}"):
            SlackChannel(Web(token, slack.api_url), name).post(alert(), None)


@pytest.mark.parametrize("status", [200, 403, 404, 502, 503])
def test_an_answer_that_is_not_slacks_is_no_refusal(status: int) -> None:
    """A proxy's page, say: what it stands for is over at some time, and an alert must not die of it."""

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asks = self.path.endswith("conversations.info")
            page = b'{"ok": true, "channel": {}}' if asks else b"<html>Please log in to the guest network.</html>"
            self.send_response(200 if asks else status)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    with HTTPServer((HOST, 0), Proxy) as proxy:
        thread = Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        problem = trouble(SlackChannel(Web("xoxb-test", f"http://{HOST}:{proxy.server_port}/api/"), "C1"))
        proxy.shutdown()
        thread.join()
    assert problem.outcome_unknown
    assert "guest network" not in str(problem)


# finding


def test_a_post_is_found_by_its_key_among_others(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.say("C1", "Good morning")
    refs = {key: channel.post(alert(key), None) for key in ("1:a", KEY, "2:b")}
    slack.say("C1", KEY)
    assert channel.find(KEY, None, LONG_AGO) == [refs[KEY]]
    assert channel.find(AlertKey("7:mistake:1:0:channel"), None, LONG_AGO) == []


def test_it_is_found_however_many_pages_back(
    slack: FakeSlack, channel: SlackChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_room, "_PAGE", 3)
    first = channel.post(alert(), None)
    for number in range(10):
        slack.say("C1", f"message {number}")
    assert channel.find(KEY, None, LONG_AGO) == [first]
    assert len(slack.calls("conversations.history")) == 4
    assert channel.find(AlertKey("nothing"), None, LONG_AGO) == []


def test_a_reply_is_found_in_its_thread_and_nowhere_else(
    slack: FakeSlack, channel: SlackChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_room, "_PAGE", 2)
    card, other_card = channel.post(alert("1:card"), None), channel.post(alert("2:card"), None)
    for number in range(5):
        slack.say("C1", f"reply {number}", thread_ts=card.partition(":")[2])
    reply = channel.post(alert(KEY, Reason.STILL_UNANSWERED), card)
    assert channel.find(KEY, card, LONG_AGO) == [reply]
    assert channel.find(KEY, other_card, LONG_AGO) == []
    assert channel.find(KEY, None, LONG_AGO) == []


def test_only_what_was_posted_since_then_is_looked_through(slack: FakeSlack, channel: SlackChannel) -> None:
    ref = channel.post(alert(), None)
    posted = datetime.fromtimestamp(float(ref.partition(":")[2]), UTC)
    assert channel.find(KEY, None, posted - timedelta(microseconds=1)) == [ref]
    assert channel.find(KEY, None, posted + timedelta(microseconds=1)) == []


def test_a_post_that_somebody_deleted_is_not_found(slack: FakeSlack, channel: SlackChannel) -> None:
    ref = channel.post(alert(), None)
    WebClient(slack.token, base_url=slack.api_url).chat_delete(channel="C1", ts=ref.partition(":")[2])
    assert channel.find(KEY, None, LONG_AGO) == []


def test_metadata_of_another_app_is_no_trouble(slack: FakeSlack, channel: SlackChannel) -> None:
    other = WebClient(slack.token, base_url=slack.api_url)
    other.chat_postMessage(channel="C1", text="x", metadata={"event_type": "deploy", "event_payload": {"id": 1}})
    ref = channel.post(alert(), None)
    other.chat_postMessage(channel="C1", text="x", metadata={"event_type": "deploy", "event_payload": {}})
    assert channel.find(KEY, None, LONG_AGO) == [ref]


@pytest.mark.parametrize(
    ("root", "method"), [(None, "conversations.history"), (Ref("C1:1.0"), "conversations.replies")]
)
def test_a_look_up_that_fails_does_not_say_that_there_is_nothing(
    slack: FakeSlack, channel: SlackChannel, root: Ref | None, method: str
) -> None:
    for kind, code, expected in (("429", "", Retriable), ("500", "", Retriable), ("error", "missing_scope", Refused)):
        slack.fault(method, kind, code=code)  # type: ignore[arg-type]
        with pytest.raises(expected) as problem:
            channel.find(KEY, root, LONG_AGO)
        assert str(problem.value).startswith(f"Slack {method}: ")


# secrets


def test_neither_tokens_nor_customers_words_are_logged_however_much_is_logged(
    slack: FakeSlack, channel: SlackChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ref = channel.post(alert(), None)
    channel.find(KEY, ref, LONG_AGO)
    slack.fault("chat.postMessage", "error", code="msg_too_long")
    slack.fault("chat.postMessage", "500")
    for _ in range(2):
        with pytest.raises((Refused, Retriable)) as problem:
            channel.post(alert(), None)
        assert not re.search("xoxb|charged", str(problem.value))
    assert not re.search("xoxb|charged", caplog.text)


def test_where_nobody_hears_presses_there_is_nothing_to_press(slack: FakeSlack) -> None:
    channel = SlackChannel(Web(slack.token, slack.api_url), "C1", buttons=False)
    ref = channel.post(alert(), None)
    channel.redraw(ref, replace(alert(), state="acknowledged", claimed_by="Mara Lind (U1)"))
    (shown,) = slack.messages("C1")
    assert "actions" not in {block["type"] for block in shown["blocks"]}
    assert "Mara Lind is on it" in str(shown["blocks"])
    assert "amends step 7 contacted --by YOU" in str(shown["blocks"])


def test_where_nobody_hears_presses_no_reply_and_no_review_list_speaks_of_buttons(slack: FakeSlack) -> None:
    channel = SlackChannel(Web(slack.token, slack.api_url), "C1", buttons=False)
    root = channel.post(alert(), None)
    channel.post(alert("7:still_unanswered:0:0:channel", Reason.STILL_UNANSWERED), root)
    advice = "Answer each with: amends review NUMBER mistake|ignored|neither --by YOU"
    channel.post(Notice(AlertKey("review:1"), Topic.REVIEW, "Daily review", ("1 · Mo",), advice, numbers=(1,)), None)
    _card, reply, review = (str(one["blocks"]) for one in slack.messages("C1"))
    assert "Press" not in reply
    assert "The card above says how to move case 7." in reply
    assert advice in review
    assert "actions" not in review

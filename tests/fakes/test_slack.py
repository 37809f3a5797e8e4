"""The fake Slack answers the real slack_sdk client as Slack does, and fails as told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata

from .slack import FakeSlack

KEY: dict[str, Any] = {"event_type": "alert", "event_payload": {"key": "17:mistake:0"}}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return connect(slack)


def connect(slack: FakeSlack, token: str = FakeSlack.token, timeout: Any = 10) -> WebClient:
    return WebClient(token, base_url=slack.api_url, timeout=timeout, retry_handlers=[])


def refusal(client: WebClient, method: str, **args: Any) -> str:
    """The code with which the call is refused."""
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, json=args)
    return str(caught.value.response["error"])


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages]


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def button(value: str, action_id: str = "done") -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Done"}
    return {"type": "button", "action_id": action_id, "value": value, "text": label}


def test_a_known_token_is_told_who_it_is(client: WebClient) -> None:
    assert client.auth_test()["user_id"] == "UBOT"
    assert client.api_test(foo="bar")["args"] == {"foo": "bar"}


@pytest.mark.parametrize(("token", "code"), [("xoxb-other", "invalid_auth"), ("", "not_authed")])
def test_another_token_is_refused(slack: FakeSlack, token: str, code: str) -> None:
    assert refusal(connect(slack, token), "chat.postMessage", channel="C1", text="x") == code


def test_a_posted_message_is_seen_under_the_ts_that_was_answered(slack: FakeSlack, client: WebClient) -> None:
    answer = client.chat_postMessage(channel="C1", text="hello", blocks=[section("hello")])
    (seen,) = slack.messages("C1")
    assert (seen["ts"], seen["text"], seen["blocks"]) == (answer["ts"], "hello", [section("hello")])
    assert answer["ts"] == "1700000000.000001"


def test_ts_are_unique_and_increase(client: WebClient) -> None:
    answered = [client.chat_postMessage(channel="C1", text="x")["ts"] for _ in range(12)]
    assert answered == sorted(set(answered), key=float)


def test_form_bodies_carry_blocks_and_metadata_as_json(slack: FakeSlack) -> None:
    structures = {"blocks": json.dumps([section("x")]), "metadata": json.dumps(KEY)}
    form = urlencode({"token": slack.token, "channel": "C1", **structures}).encode()
    with urlopen(slack.api_url + "chat.postMessage", form, timeout=10) as answer:
        assert json.load(answer)["ok"]
    assert slack.messages("C1")[0]["metadata"] == KEY


REFUSED = {
    "channel_not_found": {"channel": "C404", "text": "x"},
    "is_archived": {"channel": "COLD", "text": "x"},
    "no_text": {"channel": "C1", "text": ""},
    "msg_too_long": {"channel": "C1", "text": "x" * 40_001},
    "thread_not_found": {"channel": "C1", "text": "x", "thread_ts": "1.000001"},
    "invalid_metadata_format": {"channel": "C1", "text": "x", "metadata": {"key": "x"}},
    "invalid_blocks_format": {"channel": "C1", "text": "x", "blocks": ["x"]},
}


@pytest.mark.parametrize(("code", "args"), REFUSED.items(), ids=REFUSED)
def test_a_message_slack_would_not_take_is_refused(
    slack: FakeSlack, client: WebClient, code: str, args: dict[str, Any]
) -> None:
    slack.add_channel("COLD", archived=True)
    assert refusal(client, "chat.postMessage", **args) == code
    assert slack.messages("C1") == []


def test_threads_and_methods_that_are_not_there_are_refused(client: WebClient) -> None:
    assert refusal(client, "conversations.replies", channel="C1", ts="1.000001") == "thread_not_found"
    assert refusal(client, "chat.postMassage") == "unknown_method"


BROKEN = {
    "section text over 3000": [section("x" * 3001)],
    "empty section": [{"type": "section"}],
    "header over 150": [header("x" * 151)],
    "header in mrkdwn": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "button value over 2000": [{"type": "actions", "elements": [button("x" * 2001)]}],
    "button beside a section": [section("x", accessory=button("x" * 2001))],
    "26 buttons": [{"type": "actions", "elements": [button("x", str(n)) for n in range(26)]}],
    "51 blocks": [{"type": "divider"}] * 51,
    "unknown type": [{"type": "sektion"}],
}


@pytest.mark.parametrize("blocks", BROKEN.values(), ids=BROKEN)
def test_broken_blocks_are_refused_with_the_reason(client: WebClient, blocks: list[dict[str, Any]]) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C1", text="x", blocks=blocks)
    assert caught.value.response["error"] == "invalid_blocks"
    assert "json-pointer:/blocks" in caught.value.response["response_metadata"]["messages"][0]


def test_blocks_that_just_fit_are_taken(client: WebClient) -> None:
    fitting = [section("x" * 3000, accessory=button("x" * 2000)), header("x" * 150)]
    blocks = [
        *fitting,
        {"type": "actions", "elements": [button("x", str(n)) for n in range(25)]},
        *[{"type": "divider"}] * 47,
    ]
    assert client.chat_postMessage(channel="C1", text="x" * 40_000, blocks=blocks)["ok"]


def test_metadata_comes_back_only_when_asked_for(client: WebClient) -> None:
    where: dict[str, Any] = {"channel": "C1"}
    where["ts"] = client.chat_postMessage(text="x", metadata=Metadata(**KEY), **where)["ts"]
    for read in (client.conversations_history, client.conversations_replies):
        assert "metadata" not in read(**where)["messages"][0]
        assert read(**where, include_all_metadata=True)["messages"][0]["metadata"] == KEY


def test_history_pages_newest_first_and_new_ones_shift_nothing(slack: FakeSlack, client: WebClient) -> None:
    for number in "01234":
        slack.say("C1", number)
    pages = []
    for page in client.conversations_history(channel="C1", limit=2):
        pages.append(texts(page["messages"]))
        slack.say("C1", "later")
    assert pages == [["4", "3"], ["2", "1"], ["0"]]


def test_history_keeps_to_its_bounds(slack: FakeSlack, client: WebClient) -> None:
    first, _, last = (slack.say("C1", text) for text in "abc")
    inner = client.conversations_history(channel="C1", oldest=first, latest=last)
    whole = client.conversations_history(channel="C1", oldest=first, latest=last, inclusive=True)
    since = client.conversations_history(channel="C1", oldest=first)
    assert ["".join(texts(one["messages"])) for one in (inner, whole, since)] == ["b", "cba", "cb"]


SENSELESS = {"cursor": "invalid_cursor", "limit": "invalid_limit", "oldest": "invalid_arguments"}


@pytest.mark.parametrize(("name", "code"), SENSELESS.items(), ids=SENSELESS)
def test_a_page_that_makes_no_sense_is_refused(client: WebClient, name: str, code: str) -> None:
    assert refusal(client, "conversations.history", channel="C1", **{name: "x"}) == code


def test_replies_show_in_their_thread_and_in_history_only_when_broadcast(client: WebClient) -> None:
    root = client.chat_postMessage(channel="C1", text="root")["ts"]
    for text, broadcast in (("one", False), ("two", True), ("three", False)):
        client.chat_postMessage(channel="C1", text=text, thread_ts=root, reply_broadcast=broadcast)
    pages = [texts(page["messages"]) for page in client.conversations_replies(channel="C1", ts=root, limit=3)]
    assert pages == [["root", "one", "two"], ["three"]]
    history = client.conversations_history(channel="C1")["messages"]
    assert texts(history) == ["two", "root"]
    assert history[1]["reply_count"] == 3


def test_an_update_replaces_text_and_blocks_and_keeps_metadata(slack: FakeSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C1", text="old", blocks=[section("old")], metadata=KEY)["ts"]
    client.api_call("chat.update", json={"channel": "C1", "ts": ts, "blocks": [section("new")]})
    assert slack.messages("C1")[0]["blocks"] == [section("new")]
    client.chat_update(channel="C1", ts=ts, text="new")
    (seen,) = slack.messages("C1")
    assert (seen["text"], seen["metadata"], "blocks" in seen) == ("new", KEY, False)


def test_a_deleted_message_is_gone_and_the_words_of_others_stay(slack: FakeSlack, client: WebClient) -> None:
    own, other = client.chat_postMessage(channel="C1", text="own")["ts"], slack.say("C1", "not yours")
    client.chat_delete(channel="C1", ts=own)
    assert refusal(client, "chat.delete", channel="C1", ts=own) == "message_not_found"
    assert refusal(client, "chat.delete", channel="C1", ts=other) == "cant_delete_message"
    assert refusal(client, "chat.update", channel="C1", ts=other, text="x") == "cant_update_message"
    assert texts(slack.messages("C1")) == ["not yours"]


def test_an_ephemeral_message_is_in_no_history(slack: FakeSlack, client: WebClient) -> None:
    assert client.chat_postEphemeral(channel="C1", user="U1", text="psst")["message_ts"]
    assert (slack.messages("C1"), texts(slack.ephemerals("C1"))) == ([], ["psst"])
    assert refusal(client, "chat.postEphemeral", channel="C1", user="U404", text="x") == "user_not_in_channel"


def test_channels_users_and_groups_can_be_looked_up(slack: FakeSlack, client: WebClient) -> None:
    slack.archive("C1")
    slack.add_user("U2", "ann", deleted=True)
    slack.add_group("S1", "support", users=["U1", "U2"])
    assert client.conversations_info(channel="C1")["channel"]["is_archived"]
    assert client.users_info(user="U2")["user"]["deleted"]
    assert refusal(client, "users.info", user="U404") == "user_not_found"
    assert "users" not in client.usergroups_list()["usergroups"][0]
    assert client.usergroups_list(include_users=True)["usergroups"][0]["users"] == ["U1", "U2"]


def test_faults_come_in_the_order_told_and_end(slack: FakeSlack, client: WebClient) -> None:
    slack.fault("chat.postMessage", "429", retry_after=7)
    slack.fault("chat.postMessage", "500", times=2)
    slack.fault("chat.postMessage", "error", code="account_inactive")
    fates = []
    for _ in range(4):
        with pytest.raises(SlackApiError) as caught:
            client.chat_postMessage(channel="C1", text="x")
        answer = caught.value.response
        fates.append((answer.status_code, answer["error"], answer.headers.get("Retry-After")))
    internal = (500, "internal_error", None)
    assert fates == [(429, "ratelimited", "7"), internal, internal, (200, "account_inactive", None)]
    assert slack.messages("C1") == []
    assert client.chat_postMessage(channel="C1", text="x")["ok"]
    assert len(slack.calls("chat.postMessage")) == 5


@pytest.mark.parametrize(("kind", "stored"), [("reset_before", []), ("reset_after", ["x"])])
def test_a_reset_loses_the_message_or_only_the_answer(
    slack: FakeSlack, client: WebClient, kind: Any, stored: list[str]
) -> None:
    slack.fault("chat.postMessage", kind)
    with pytest.raises(ConnectionResetError):
        client.chat_postMessage(channel="C1", text="x")
    assert texts(slack.messages("C1")) == stored


@pytest.mark.parametrize("stored", [False, True])
def test_a_slow_call_is_held_until_released(slack: FakeSlack, client: WebClient, stored: bool) -> None:
    slack.fault("chat.postMessage", "slow", stored=stored)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(client.chat_postMessage, channel="C1", text="x")
        slack.wait_for(lambda now: now.held == 1)
        assert (len(slack.messages("C1")), answer.done()) == (stored, False)
        slack.release()
        assert answer.result()["ok"]
    assert len(slack.messages("C1")) == 1


def test_a_message_can_appear_after_its_sender_gave_up(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", "slow")
    with pytest.raises(TimeoutError):
        connect(slack, timeout=0.2).chat_postMessage(channel="C1", text="x")
    slack.release()
    assert slack.wait_for(lambda now: texts(now.messages("C1"))) == ["x"]


def test_it_comes_back_from_an_outage_at_the_same_address(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="before")
    slack.stop()
    with pytest.raises(OSError, match="refused"):
        client.chat_postMessage(channel="C1", text="lost")
    slack.start()
    client.chat_postMessage(channel="C1", text="after")
    assert texts(slack.messages("C1")) == ["before", "after"]


def test_waiting_ends_with_the_event_and_without_one_it_fails(slack: FakeSlack, client: WebClient) -> None:
    with ThreadPoolExecutor() as pool:
        seen = pool.submit(slack.wait_for, lambda now: now.messages("C1"))
        client.chat_postMessage(channel="C1", text="x")
        assert texts(seen.result()) == ["x"]
    with pytest.raises(AssertionError, match=r"Latest calls: chat\.postMessage"):
        slack.wait_for(lambda now: len(now.messages("C1")) == 2, timeout=0.01)


def test_every_call_is_logged_with_its_arguments(slack: FakeSlack, client: WebClient) -> None:
    client.auth_test()
    client.chat_postMessage(channel="C1", text="x", metadata=KEY)
    log = [(call.method, call.args) for call in slack.posts]
    assert log == [("auth.test", {}), ("chat.postMessage", {"channel": "C1", "text": "x", "metadata": KEY})]


def test_parallel_senders_lose_and_double_nothing(slack: FakeSlack, client: WebClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: client.chat_postMessage(channel="C1", text=str(n)), range(60)))
    assert sorted(map(int, texts(slack.messages("C1")))) == list(range(60))

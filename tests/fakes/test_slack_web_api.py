"""The Web API of the fake Slack: tokens, scopes, what can be read, how posting is refused, how calls go wrong."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from .slack import FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return connect(slack)


def connect(slack: FakeSlack, token: str = FakeSlack.token) -> WebClient:
    return WebClient(token, base_url=slack.api_url, retry_handlers=[], timeout=10)


def refused(client: WebClient, method: str, **args: Any) -> Any:
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, params=args)
    return caught.value.response


def code(client: WebClient, method: str, **args: Any) -> str:
    return str(refused(client, method, **args)["error"])


def test_a_scope_that_was_not_granted_is_named(slack: FakeSlack, client: WebClient) -> None:
    slack.add_channel("G1", private=True)
    slack.scopes = {"chat:write", "channels:history"}
    answer = refused(client, "conversations.history", channel="G1")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "groups:history")
    assert answer["provided"] == answer.headers["x-oauth-scopes"] == "channels:history,chat:write"
    assert client.conversations_history(channel="C1")["ok"]
    assert client.auth_test()["ok"], "it needs none"


def test_each_token_is_for_its_own_methods(slack: FakeSlack, client: WebClient) -> None:
    assert code(client, "apps.connections.open") == "not_allowed_token_type"
    app_level = connect(slack, slack.app_token)
    assert code(app_level, "chat.postMessage", channel="C1", text="x") == "not_allowed_token_type"
    assert app_level.api_call("apps.connections.open").headers["x-oauth-scopes"] == "connections:write"


@pytest.mark.parametrize("why", ["token_revoked", "account_inactive"])
def test_a_token_can_be_taken_away_and_given_back(slack: FakeSlack, client: WebClient, why: str) -> None:
    slack.revoke(why)
    assert code(client, "auth.test") == why
    slack.revoke("")
    assert client.auth_test()["ok"]


def test_posting_is_refused_for_the_reason_that_slack_gives(slack: FakeSlack, client: WebClient) -> None:
    slack.add_channel("C2", joined=False)
    slack.add_channel("C3", restricted=True)
    slack.add_channel("C4", archived=True)
    slack.add_channel("G1", private=True, joined=False)
    where = ("C2", "C3", "C4", "G1", "C404")
    assert [code(client, "chat.postMessage", channel=one, text="x") for one in where] == [
        "not_in_channel", "restricted_action", "is_archived", "channel_not_found", "channel_not_found"
    ]  # fmt: skip
    assert code(client, "chat.postMessage", channel="C1", text="x", thread_ts="1.1") == "thread_not_found"
    assert code(client, "chat.postMessage", channel="C1") == "no_text"


def test_an_app_joins_a_public_channel_and_hears_from_then_on(slack: FakeSlack, client: WebClient) -> None:
    slack.add_channel("C2", joined=False, members=["U1"])
    assert code(client, "conversations.history", channel="C2") == "not_in_channel"
    assert client.conversations_join(channel="C2")["channel"]["is_member"]
    assert client.conversations_members(channel="C2")["members"] == ["U1", "UBOT"]
    assert client.conversations_history(channel="C2")["messages"] == []


def test_a_channel_tells_whether_people_of_another_company_are_in_it(slack: FakeSlack, client: WebClient) -> None:
    slack.add_channel("C2", "with-acme", shared=True)
    slack.add_channel("G1", private=True)
    told = [client.conversations_info(channel=one)["channel"] for one in ("C1", "C2", "G1")]
    assert [(one["is_ext_shared"], one["is_private"]) for one in told] == [(False, False), (True, False), (False, True)]


def test_lists_come_page_by_page(slack: FakeSlack, client: WebClient) -> None:
    for number in range(2, 6):
        slack.add_channel(f"C{number}", archived=number == 5)
        slack.add_user(f"U{number}")
    channels = [page["channels"] for page in client.conversations_list(limit=2, exclude_archived=True)]
    assert [[one["id"] for one in page] for page in channels] == [["C1", "C2"], ["C3", "C4"]]
    people = [[one["id"] for one in page["members"]] for page in client.users_list(limit=3)]
    assert people == [["U1", "U2", "U3"], ["U4", "U5"]]


def test_people_and_groups_are_found_by_what_one_knows(slack: FakeSlack, client: WebClient) -> None:
    slack.person("ann")
    slack.add_group("S1", "support", ["UANN"])
    assert client.users_lookupByEmail(email="Ann@example.com")["user"]["id"] == "UANN"
    assert code(client, "users.lookupByEmail", email="nobody@example.com") == "users_not_found"
    assert client.usergroups_users_list(usergroup="S1")["users"] == ["UANN"]
    assert code(client, "usergroups.users.list", usergroup="S2") == "no_such_subteam"
    assert client.team_info()["team"]["id"] == client.auth_test()["team_id"]


def test_a_direct_message_reaches_one_person(slack: FakeSlack, client: WebClient) -> None:
    ann = slack.person("ann")
    direct = client.conversations_open(users="UANN")["channel"]["id"]
    client.chat_postMessage(channel="UANN", text="psst")
    assert [one.text for one in ann.sees(direct)] == ["psst"]


def test_a_message_has_an_address_and_takes_each_reaction_once(slack: FakeSlack, client: WebClient) -> None:
    root = slack.say("C1", "root")
    reply = slack.say("C1", "reply", thread_ts=root)
    link = client.chat_getPermalink(channel="C1", message_ts=reply)["permalink"]
    assert link == f"https://example.slack.com/archives/C1/p{reply.replace('.', '')}?thread_ts={root}&cid=C1"
    client.reactions_add(channel="C1", timestamp=root, name="eyes")
    assert code(client, "reactions.add", channel="C1", timestamp=root, name="eyes") == "already_reacted"


def test_a_root_with_replies_leaves_a_gravestone(slack: FakeSlack, client: WebClient) -> None:
    root = client.chat_postMessage(channel="C1", text="root")["ts"]
    slack.say("C1", "reply", thread_ts=root)
    client.chat_delete(channel="C1", ts=root)
    [grave] = client.conversations_history(channel="C1")["messages"]
    assert (grave["subtype"], grave["reply_count"]) == ("tombstone", 1)
    assert code(client, "chat.update", channel="C1", ts=root, text="x") == "message_not_found"


def test_a_method_that_nobody_knows_is_refused(client: WebClient) -> None:
    assert code(client, "chat.shout") == "unknown_method"


def test_a_broken_answer_does_not_undo_the_message(slack: FakeSlack, client: WebClient) -> None:
    slack.fault("chat.postMessage", "truncated")
    with pytest.raises((SlackApiError, json.JSONDecodeError)):
        client.chat_postMessage(channel="C1", text="x")
    assert len(slack.messages("C1")) == 1


@pytest.mark.parametrize("stored", [False, True])
def test_a_page_of_a_proxy_says_nothing_about_the_message(slack: FakeSlack, client: WebClient, stored: bool) -> None:
    slack.fault("chat.postMessage", "html", stored=stored)
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C1", text="x")
    assert caught.value.response.status_code == 502
    assert len(slack.messages("C1")) == stored


@pytest.mark.parametrize("stored", [False, True])
def test_silence_ends_in_no_answer_whatever_was_done(slack: FakeSlack, client: WebClient, stored: bool) -> None:
    slack.fault("*", "silence", stored=stored)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(client.chat_postMessage, channel="C1", text="x")
        slack.wait_for(lambda now: now.held == 1)
        slack.release()
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            answer.result()
    assert len(slack.messages("C1")) == stored


def test_chance_is_the_same_in_every_run_and_ends(slack: FakeSlack, client: WebClient) -> None:
    def fates() -> list[str]:
        slack.chance("chat.postMessage", {"429": 0.2, "500": 0.2, "reset_after": 0.2}, seed=7)
        return [fate(client) for _ in range(100)]

    first = fates()
    counts = Counter(first)
    assert first == fates()
    assert all(10 <= counts[kind] <= 30 for kind in ("ratelimited", "internal_error", "reset")), counts
    assert len(slack.messages("C1")) == 2 * (counts["reset"] + counts["posted"])
    slack.chance("chat.postMessage", {})
    assert [fate(client) for _ in range(20)] == ["posted"] * 20


def fate(client: WebClient) -> str:
    try:
        client.chat_postMessage(channel="C1", text="x")
    except SlackApiError as error:
        return str(error.response["error"])
    except ConnectionResetError:
        return "reset"
    return "posted"


def test_a_channel_that_is_posted_to_too_fast_asks_for_patience(slack: FakeSlack, client: WebClient) -> None:
    slack.add_channel("C2")
    slack.pace("chat.postMessage", 1.0)
    client.chat_postMessage(channel="C1", text="x")
    client.chat_postMessage(channel="C2", text="another channel")
    hasty = refused(client, "chat.postMessage", channel="C1", text="x")
    assert (hasty.status_code, hasty["error"], hasty.headers["Retry-After"]) == (429, "ratelimited", "1")
    slack.advance(1)
    assert client.chat_postMessage(channel="C1", text="x")["ok"]

"""Where the team's channel refuses us, the one to fall back on is told, with why; outsiders read nothing anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.alert import AlertKey, Notice, Reason, Topic
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.web import Web
from bot.errors import Gone, NoLookUp, Refused, Retriable, Unshowable
from bot.service.ports import Ref
from tests.edges.slack.test_channel import EPOCH, KEY, LONG_AGO, alert
from tests.fakes.slack import FakeSlack

OF_THE_CHANNEL = ("channel_not_found", "is_archived", "not_in_channel", "restricted_action")
OF_THE_TOKEN = ("invalid_auth", "token_revoked", "account_inactive", "missing_scope")
OF_THE_MESSAGE = ("msg_too_long", "invalid_blocks", "invalid_arguments", "invalid_metadata_format")


class Seconds:
    """A clock in a test's hands."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("C1", "C2"), epoch=EPOCH) as running:
        yield running


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def channel(slack: FakeSlack, seconds: Seconds) -> SlackChannel:
    """Alerts go to C1, or else to C2."""
    return SlackChannel(Web(slack.token, slack.api_url), "C1", "C2", seconds)


def alone(slack: FakeSlack) -> SlackChannel:
    return SlackChannel(Web(slack.token, slack.api_url), "C1")


def refuse(slack: FakeSlack, code: str) -> None:
    slack.fault("chat.postMessage", "error", code=code)


def share(slack: FakeSlack, channel: str = "C1", **how: bool) -> None:
    for name, value in (how or {"shared": True}).items():
        setattr(slack.workspace.channels[channel], name, value)


def elsewhere(channel: SlackChannel, root: Ref | None = None) -> Ref:
    """It is refused, and is said in another channel when it is tried again, as delivery does at once."""
    with pytest.raises(Retriable) as problem:
        channel.post(alert(), root)
    assert (problem.value.outcome_unknown, problem.value.retry_after) == (False, 0.0)
    return channel.post(alert(), root)


# the channel to fall back on


@pytest.mark.parametrize("code", OF_THE_CHANNEL)
def test_what_the_channel_refuses_the_other_one_gets_with_a_line_that_says_why(
    slack: FakeSlack, channel: SlackChannel, code: str
) -> None:
    refuse(slack, code)
    ref = elsewhere(channel)
    [message] = slack.messages("C2")
    assert ref == f"C2:{message['ts']}"
    assert message["blocks"][-1]["elements"][0]["text"] == f"This stands here because <#C1> does not take it: {code}."
    assert slack.messages("C1") == []


@pytest.mark.parametrize("code", OF_THE_TOKEN)
def test_what_the_token_may_not_is_tried_in_no_other_channel(
    slack: FakeSlack, channel: SlackChannel, code: str
) -> None:
    refuse(slack, code)
    with pytest.raises(Refused, match=code) as problem:
        channel.post(alert(), None)
    assert not isinstance(problem.value, Unshowable)
    assert channel.post(alert(), None).startswith("C1:")


@pytest.mark.parametrize("code", OF_THE_MESSAGE)
def test_what_the_message_itself_is_refused_for_is_told_apart(
    slack: FakeSlack, channel: SlackChannel, code: str
) -> None:
    refuse(slack, code)
    with pytest.raises(Unshowable, match=code):
        channel.post(alert(), None)


def test_after_five_minutes_the_channel_itself_is_tried_again(
    slack: FakeSlack, channel: SlackChannel, seconds: Seconds
) -> None:
    refuse(slack, "is_archived")
    elsewhere(channel)
    seconds.now = 299.0
    assert channel.post(alert(), None).startswith("C2:")
    assert len(slack.calls("chat.postMessage")) == 3, "nobody asked the archived one meanwhile"
    seconds.now = 300.0
    assert channel.post(alert(), None).startswith("C1:")


def test_where_both_refuse_it_is_refused(slack: FakeSlack, channel: SlackChannel) -> None:
    refuse(slack, "is_archived")
    refuse(slack, "not_in_channel")
    with pytest.raises(Retriable):
        channel.post(alert(), None)
    for _ in range(2):
        with pytest.raises(Refused, match=r"is_archived|not_in_channel") as problem:
            channel.post(alert(), None)
        assert not isinstance(problem.value, Gone)


def test_without_another_channel_it_is_refused_and_asked_again_each_time(slack: FakeSlack) -> None:
    channel = alone(slack)
    refuse(slack, "is_archived")
    with pytest.raises(Refused, match="is_archived"):
        channel.post(alert(), None)
    assert channel.post(alert(), None).startswith("C1:")


def test_a_card_in_a_channel_that_refuses_is_let_go_so_that_a_new_one_stands_in_the_other(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    root = channel.post(alert(), None)
    slack.archive("C1")
    with pytest.raises(Retriable):
        channel.post(alert("7:still_unanswered:0:0:channel", Reason.STILL_UNANSWERED), root)
    with pytest.raises(Gone):
        channel.post(alert("7:still_unanswered:0:0:channel", Reason.STILL_UNANSWERED), root)
    assert channel.post(alert("7:still_unanswered:0:0:channel", Reason.STILL_UNANSWERED), None).startswith("C2:")


def test_where_both_refuse_a_card_is_not_let_go(slack: FakeSlack, channel: SlackChannel) -> None:
    root = channel.post(alert(), None)
    slack.archive("C1")
    slack.archive("C2")
    with pytest.raises(Retriable):
        channel.post(alert(), root)
    with pytest.raises(Refused) as problem:
        channel.post(alert(), root)
    assert not isinstance(problem.value, Gone)


def test_replies_redraws_and_deletions_follow_the_card_into_its_own_channel(
    slack: FakeSlack, channel: SlackChannel, seconds: Seconds
) -> None:
    refuse(slack, "is_archived")
    card = elsewhere(channel)
    seconds.now = 300.0
    reply = channel.post(alert("7:still_unanswered:0:0:channel", Reason.STILL_UNANSWERED), card)
    assert slack.messages("C2")[1]["thread_ts"] == card.partition(":")[2]
    channel.redraw(card, alert(mention="U1"))
    assert "<@U1>" in slack.messages("C2")[0]["text"]
    assert channel.find(AlertKey("7:still_unanswered:0:0:channel"), card, LONG_AGO) == [reply]
    channel.delete(reply)
    assert len(slack.messages("C2")) == 1
    assert slack.messages("C1") == []


def test_a_notice_falls_back_too(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.archive("C1")
    told = Notice(AlertKey("review:1"), Topic.REVIEW, "Daily review", ("a",), "")
    assert channel.post(told, None).startswith("C2:")


# finding in both


def test_what_may_stand_in_either_channel_is_looked_for_in_both_and_the_oldest_comes_first(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    web = Web(slack.token, slack.api_url)
    second = SlackChannel(web, "C2").post(alert(), None)
    first = SlackChannel(web, "C1").post(alert(), None)
    assert channel.find(KEY, None, LONG_AGO) == [second, first]


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "missing_scope"])
def test_where_one_channel_is_closed_to_us_what_stands_in_the_other_counts(
    slack: FakeSlack, channel: SlackChannel, code: str
) -> None:
    slack.fault("conversations.history", "error", times=2, code=code)
    with pytest.raises(NoLookUp, match=code):
        channel.find(KEY, None, LONG_AGO)
    ref = SlackChannel(Web(slack.token, slack.api_url), "C2").post(alert(), None)
    slack.fault("conversations.history", "error", code=code)
    assert channel.find(KEY, None, LONG_AGO) == [ref]


def test_a_thread_that_is_gone_holds_nothing(channel: SlackChannel) -> None:
    assert channel.find(KEY, Ref("C1:1.0"), LONG_AGO) == []


# outsiders


@pytest.mark.parametrize("how", [{"shared": True}, {"pending_shared": True}])
def test_where_outsiders_read_nothing_is_said_or_drawn(slack: FakeSlack, how: dict[str, bool]) -> None:
    channel = alone(slack)
    share(slack, "C1", **how)
    for _ in range(2):
        with pytest.raises(Refused, match="People from outside the company read C1") as problem:
            channel.post(alert(), None)
        assert "alert_channel" in problem.value.advice
    with pytest.raises(Refused, match="outside"):
        channel.redraw(Ref("C1:1.0"), alert())
    assert {call.method for call in slack.posts} == {"conversations.info"}


def test_other_workspaces_of_the_same_company_are_no_outsiders(slack: FakeSlack) -> None:
    share(slack, org_shared=True)
    assert alone(slack).post(alert(), None).startswith("C1:")


def test_where_outsiders_read_the_other_channel_is_told(slack: FakeSlack, channel: SlackChannel) -> None:
    share(slack)
    assert channel.post(alert(), None).startswith("C2:")
    assert "externally_shared" in json.dumps(slack.messages("C2")[0]["blocks"])
    assert slack.messages("C1") == []


def test_where_outsiders_read_both_nothing_is_said(slack: FakeSlack, channel: SlackChannel) -> None:
    share(slack, "C1")
    share(slack, "C2")
    with pytest.raises(Refused, match="outside"):
        channel.post(alert(), None)
    assert slack.messages("C1") + slack.messages("C2") == []


def test_a_case_whose_channel_is_opened_to_outsiders_goes_on_in_the_other(
    slack: FakeSlack, channel: SlackChannel, seconds: Seconds
) -> None:
    root = channel.post(alert(), None)
    share(slack)
    seconds.now = 300.0
    with pytest.raises(Gone):
        channel.post(alert(), root)
    assert channel.post(alert(), None).startswith("C2:")
    with pytest.raises(Refused, match="outside"):
        channel.redraw(root, alert())


def test_a_card_in_a_channel_that_is_in_the_config_no_more_is_answered_there_if_only_the_company_reads_it(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    slack.add_channel("C3")
    root = SlackChannel(Web(slack.token, slack.api_url), "C3").post(alert(), None)
    assert channel.post(alert(), root).startswith("C3:")
    slack.add_channel("C4")
    old = SlackChannel(Web(slack.token, slack.api_url), "C4").post(alert(), None)
    share(slack, "C4")
    with pytest.raises(Gone):
        channel.post(alert(), old)


def test_who_reads_a_channel_is_asked_once_in_five_minutes(
    slack: FakeSlack, channel: SlackChannel, seconds: Seconds
) -> None:
    for moment in (0.0, 1.0, 299.0, 300.0, 301.0):
        seconds.now = moment
        channel.post(alert(), None)
    assert len(slack.calls("conversations.info")) == 2


@pytest.mark.parametrize("kind", ["500", "reset_after", "html", "429"])
def test_while_nobody_says_who_reads_it_nothing_is_said_and_that_is_known_for_sure(
    slack: FakeSlack, channel: SlackChannel, kind: Any
) -> None:
    slack.fault("conversations.info", kind, retry_after=7)
    with pytest.raises(Retriable) as problem:
        channel.post(alert(), None)
    assert (problem.value.outcome_unknown, problem.value.retry_after) == (False, 7.0 if kind == "429" else None)
    assert slack.calls("chat.postMessage") == []


def test_without_the_scope_to_ask_it_is_held_with_advice(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.scopes -= {"channels:read"}
    for _ in range(2):
        with pytest.raises(Refused, match=r"conversations\.info: Slack refuses: missing_scope") as problem:
            channel.post(alert(), None)
        assert "scopes" in problem.value.advice
    assert slack.calls("chat.postMessage") == []


def test_a_post_that_could_not_end_in_time_is_not_begun(slack: FakeSlack) -> None:
    moments = iter([0.0, 0.0, 2.5])
    channel = SlackChannel(Web(slack.token, slack.api_url), "C1", "", lambda: next(moments, 2.5))
    with pytest.raises(Retriable) as problem:
        channel.post(alert(), None)
    assert (problem.value.outcome_unknown, problem.value.retry_after) == (False, 0.0)
    assert slack.calls("chat.postMessage") == []
    assert channel.post(alert(), None).startswith("C1:")


# plainly


def test_plainly_is_nothing_but_text_and_where_to_see_all_of_it(slack: FakeSlack, channel: SlackChannel) -> None:
    channel.post(alert(), None, plainly=True)
    [message] = slack.messages("C1")
    assert message["text"] == "Our mistake · Mo: Order 17\nIt cannot be shown in full: `amends show 7`"
    assert not message["blocks"]
    assert message["metadata"]["event_payload"]["key"] == KEY


def test_a_card_that_is_redrawn_plainly_loses_its_blocks(slack: FakeSlack, channel: SlackChannel) -> None:
    ref = channel.post(alert(), None)
    channel.redraw(ref, alert(), plainly=True)
    [message] = slack.messages("C1")
    assert not message["blocks"]
    assert "amends show 7" in message["text"]


def test_plain_text_is_short_whatever_it_tells_of(slack: FakeSlack, channel: SlackChannel) -> None:
    told = Notice(AlertKey("review:1"), Topic.REVIEW, "x" * 50_000, ("a",), "")
    slack.fault("chat.postMessage", "error", code="invalid_blocks")
    with pytest.raises(Unshowable):
        channel.post(told, None)
    channel.post(told, None, plainly=True)
    assert len(slack.messages("C1")[0]["text"]) < 2100

"""A direct message reaches one member of the company and is found again; what cannot be one, the channel sees."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Alert, AlertKey, Reason
from bot.domain.case import State
from bot.domain.escalation import How, Notify
from bot.edges import wording
from bot.edges.slack import channel as channel_room
from bot.edges.slack.away import away
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.web import Web
from bot.errors import Gone, NoLookUp, Refused, Retriable, Unshowable
from bot.service.ports import Ref
from bot.slackcheck import SCOPES
from tests.edges import cards
from tests.edges.slack.drawn import assert_inert, assert_reachable, flat, parts, pressable
from tests.edges.slack.test_channel import EPOCH, LONG_AGO, alert
from tests.edges.slack.test_places import Seconds
from tests.fakes.slack import FakeSlack, Kind

KEY = AlertKey("7:still_unanswered:0:1:support")
DIRECT = "DUANN"


def rung(mention: str = "UANN", how: How = How.DM) -> Alert:
    """A reminder that is for one person alone."""
    asked = alert(KEY, Reason.STILL_UNANSWERED, mention, how)
    return replace(asked, notify=Notify.SCHEDULE, who="support")


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """With no more than what the manifest asks for."""
    with FakeSlack(("C1", "C2"), epoch=EPOCH) as running:
        running.scopes = set(SCOPES)
        running.person("ann")
        yield running
        running.check_limits()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def channel(slack: FakeSlack, seconds: Seconds) -> SlackChannel:
    return SlackChannel(Web(slack.token, slack.api_url), "C1", "", seconds)


@pytest.fixture
def card(channel: SlackChannel) -> Ref:
    return channel.post(alert(), None)


def said(slack: FakeSlack, conversation: str = DIRECT) -> list[dict[str, Any]]:
    return slack.messages(conversation) if conversation in slack.workspace.channels else []


def replies(slack: FakeSlack) -> list[dict[str, Any]]:
    """What stands in the channel besides the card."""
    return slack.messages("C1")[1:]


def elsewhere(channel: SlackChannel, asked: Alert, card: Ref) -> Ref:
    """It is refused, and is said elsewhere when it is tried again, as delivery does at once."""
    with pytest.raises(Retriable) as problem:
        channel.post(asked, card)
    assert (problem.value.outcome_unknown, problem.value.retry_after) == (False, 0.0)
    return channel.post(asked, card)


# what it says


def test_a_direct_message_reaches_one_person_with_what_whom_since_when_and_a_link_to_the_card(
    slack: FakeSlack, channel: SlackChannel, card: Ref
) -> None:
    ref = channel.post(rung(), card)
    [message] = said(slack)
    assert ref == f"{DIRECT}:{message['ts']}"
    assert replies(slack) == []
    assert message["text"] == "Still unanswered · Mo: Order 17"
    shown = flat(message["blocks"])
    for words in ("Still unanswered · Mo: Order 17", "Waiting since 2026-03-02 09:00 UTC", "charged twice", "Next: "):
        assert words in shown
    assert "Nobody has taken this yet. Told to whoever is on call by the rotation support." in shown
    [link] = [part for part in parts(message["blocks"]) if part.get("type") == "link"]
    slack.scopes |= {"chat:write"}
    there = Web(slack.token, slack.api_url).ask("chat.getPermalink", channel="C1", message_ts=card.partition(":")[2])
    assert link == {"type": "link", "url": there["permalink"], "text": "the card of case 7"}


def test_it_pings_nobody_besides_whoever_reads_it(slack: FakeSlack, channel: SlackChannel, card: Ref) -> None:
    channel.post(rung(), card)
    assert "<@" not in str(said(slack))


def test_it_has_the_buttons_of_the_card_where_somebody_hears_presses(slack: FakeSlack, card: Ref) -> None:
    web = Web(slack.token, slack.api_url)
    for buttons in (True, False):
        SlackChannel(web, "C1", buttons=buttons).post(rung(), card)
    heard, unheard = said(slack)
    assert pressable(heard["blocks"])[:2] == ["claim", "contacted"]
    assert "actions" not in {block["type"] for block in unheard["blocks"]}
    assert "amends step 7 acknowledged --by YOU" in flat(unheard["blocks"])


def test_plainly_it_is_nothing_but_text_and_still_leads_to_the_card(
    slack: FakeSlack, channel: SlackChannel, card: Ref
) -> None:
    slack.fault("chat.postMessage", "error", code="invalid_blocks")
    with pytest.raises(Unshowable):
        channel.post(rung(), card)
    channel.post(rung(), card, plainly=True)
    [message] = said(slack)
    assert not message["blocks"]
    assert f"https://example.slack.com/archives/C1/p{card.partition(':')[2].replace('.', '')}" in message["text"]


@given(cards.hostile_alerts, st.sampled_from(State))
def test_nothing_that_anybody_can_say_acts_in_a_direct_message(asked: Alert, state: State) -> None:
    turn = wording.turn(replace(asked, notify=Notify.SCHEDULE, who=asked.words))
    text, blocks = away(replace(asked, state=state.value), "https://example.slack.com/archives/C1/p1", turn)
    ours = {"type": "link", "url": "https://example.slack.com/archives/C1/p1", "text": "the card of case 7"}
    sections = [part for part in parts(blocks) if ours in part.get("elements", [])]
    assert len(sections) == 1
    sections[0]["elements"].remove(ours)
    assert_inert(text, blocks)
    assert_reachable(blocks)


def test_a_direct_message_of_another_workspaces_member_by_w_id_works_too(
    slack: FakeSlack, channel: SlackChannel, card: Ref
) -> None:
    slack.person("wim", "W1")
    assert channel.post(rung("W1"), card).startswith("DW1:")


# who gets none

UNREACHABLE: dict[str, tuple[dict[str, Any], str]] = {
    "who left": ({"deleted": True}, "user_disabled"),
    "a guest": ({"is_restricted": True}, "outsider"),
    "of another company": ({"team_id": "TACME", "is_stranger": True}, "outsider"),
    "an app": ({"is_bot": True}, "outsider"),
}


@pytest.mark.parametrize("somebody", UNREACHABLE)
def test_who_is_not_of_us_or_left_is_pinged_below_the_card_and_the_channel_sees_it(
    slack: FakeSlack, channel: SlackChannel, card: Ref, somebody: str
) -> None:
    more, code = UNREACHABLE[somebody]
    slack.add_user("U2", **more)
    ref = channel.post(rung("U2"), card)
    [reply] = replies(slack)
    assert ref == f"C1:{reply['ts']}"
    assert (reply["thread_ts"], reply["subtype"]) == (card.partition(":")[2], "thread_broadcast")
    assert reply["text"].startswith("<@U2> Still unanswered")
    why = f"This stands here because a direct message to <@U2> is not possible: {code}."
    assert reply["blocks"][-1]["elements"][0]["text"] == why
    assert not said(slack, "DU2")


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("users.info", "user_not_found"), ("users.info", "user_not_visible"), ("conversations.open", "user_disabled"),
        ("conversations.open", "cannot_dm_bot"), ("conversations.open", "missing_scope"),
        ("conversations.open", "something_new"),
    ],
)  # fmt: skip
def test_whomever_slack_does_not_let_us_talk_to_is_pinged_in_the_channel(
    slack: FakeSlack, channel: SlackChannel, card: Ref, method: str, code: str
) -> None:
    slack.fault(method, "error", code=code)
    channel.post(rung(), card)
    [reply] = replies(slack)
    assert reply["subtype"] == "thread_broadcast"
    assert f": {code}." in str(reply["blocks"])


def test_without_the_scope_for_direct_messages_the_channel_sees_them(
    slack: FakeSlack, channel: SlackChannel, card: Ref
) -> None:
    slack.scopes -= {"im:write"}
    channel.post(rung(), card)
    assert "missing_scope" in str(replies(slack)[0]["blocks"])


def test_where_the_app_takes_no_messages_the_channel_sees_them_for_five_minutes(
    slack: FakeSlack, channel: SlackChannel, card: Ref, seconds: Seconds
) -> None:
    slack.workspace.messages_tab = False
    elsewhere(channel, rung(), card)
    slack.workspace.messages_tab = True
    seconds.now = 299.0
    channel.post(rung(), card)
    assert [reply["subtype"] for reply in replies(slack)] == ["thread_broadcast"] * 2
    assert "messages_tab_disabled" in str(replies(slack)[1]["blocks"])
    seconds.now = 300.0
    assert channel.post(rung(), card).startswith(DIRECT)


def test_what_the_token_may_not_is_kept_and_not_said_elsewhere(
    slack: FakeSlack, channel: SlackChannel, card: Ref
) -> None:
    for method in ("users.info", "conversations.open", "chat.postMessage"):
        slack.fault(method, "error", code="token_revoked")
        with pytest.raises(Refused, match="token_revoked"):
            channel.post(rung(), card)
    assert channel.post(rung(), card).startswith(DIRECT)


def test_a_user_group_gets_no_direct_message_but_a_reply_that_the_channel_sees(
    slack: FakeSlack, channel: SlackChannel, card: Ref
) -> None:
    channel.post(rung("S0ONCALL"), card)
    [reply] = replies(slack)
    assert reply["text"].startswith("<!subteam^S0ONCALL> ")
    assert reply["subtype"] == "thread_broadcast"
    assert not slack.calls("conversations.open")


@pytest.mark.parametrize("mention", ["", "UANN"])
def test_without_anybody_or_without_a_card_it_is_said_in_the_channel(
    slack: FakeSlack, channel: SlackChannel, mention: str
) -> None:
    assert channel.post(rung(mention), None).startswith("C1:")
    root = Ref(f"C1:{slack.messages('C1')[0]['ts']}")
    assert channel.post(rung(""), root).startswith("C1:")
    assert replies(slack)[0]["subtype"] == "thread_broadcast"


def test_a_direct_message_is_never_taken_for_a_card(slack: FakeSlack, channel: SlackChannel, card: Ref) -> None:
    """Else nothing could be said below it any more: where its card is gone, a case gets a new one."""
    direct = channel.post(rung(), card)
    for act in (lambda: channel.post(rung(how=How.THREAD), direct), lambda: channel.redraw(direct, alert())):
        with pytest.raises(Gone):
            act()


# asking


@pytest.mark.parametrize("method", ["auth.test", "users.info", "conversations.open"])
@pytest.mark.parametrize("kind", ["500", "reset_after", "429"])
def test_while_slack_does_not_say_where_it_goes_nothing_is_said_and_that_is_known_for_sure(
    slack: FakeSlack, channel: SlackChannel, card: Ref, method: str, kind: Kind
) -> None:
    slack.fault(method, kind, retry_after=7)
    with pytest.raises(Retriable) as problem:
        channel.post(rung(), card)
    assert (problem.value.outcome_unknown, problem.value.retry_after) == (False, 7.0 if kind == "429" else None)
    assert (said(slack), replies(slack)) == ([], [])
    assert channel.post(rung(), card).startswith(DIRECT)


def test_who_somebody_is_is_asked_again_after_half_a_minute(
    slack: FakeSlack, channel: SlackChannel, card: Ref, seconds: Seconds
) -> None:
    for moment in (0.0, 29.0, 30.0, 31.0):
        seconds.now = moment
        channel.post(rung(), card)
    assert (len(slack.calls("users.info")), len(slack.calls("conversations.open"))) == (2, 2)
    slack.add_user("UANN", "ann", deleted=True)
    seconds.now = 60.0
    assert channel.post(rung(), card).startswith("C1:")


def test_a_message_that_could_not_end_in_time_is_not_begun(slack: FakeSlack, card: Ref) -> None:
    moments = iter([0.0, 0.0, 2.5])
    slow = SlackChannel(Web(slack.token, slack.api_url), "C1", "", lambda: next(moments, 2.5))
    with pytest.raises(Retriable) as problem:
        slow.post(rung(), card)
    assert (problem.value.outcome_unknown, problem.value.retry_after) == (False, 0.0)
    assert said(slack) == []
    assert slow.post(rung(), card).startswith(DIRECT)


def test_where_it_takes_long_to_refuse_the_reply_is_not_begun_either(slack: FakeSlack, card: Ref) -> None:
    slack.add_user("UANN", "ann", deleted=True)
    moments = iter([0.0, 0.0, 2.5])
    slow = SlackChannel(Web(slack.token, slack.api_url), "C1", "", lambda: next(moments, 2.5))
    assert elsewhere(slow, rung(), card).startswith("C1:")
    assert len(slack.calls("users.info")) == 1


# finding


def test_it_is_looked_for_however_slow_slack_is(slack: FakeSlack, channel: SlackChannel, card: Ref) -> None:
    ref = channel.post(rung(), card)
    moments = itertools.count(0.0, 10.0)
    slow = SlackChannel(Web(slack.token, slack.api_url), "C1", "", lambda: next(moments))
    assert slow.find(KEY, None, LONG_AGO, to="UANN") == [ref]


@pytest.mark.parametrize(("kind", "stands"), [("reset_after", True), ("truncated", True), ("reset_before", False)])
def test_after_a_lost_answer_it_is_found_with_whom_it_was_said_to(
    slack: FakeSlack, channel: SlackChannel, card: Ref, kind: Kind, stands: bool
) -> None:
    slack.fault("chat.postMessage", kind)
    with pytest.raises(Retriable) as problem:
        channel.post(rung(), card)
    assert problem.value.outcome_unknown
    found = channel.find(KEY, card, LONG_AGO) + channel.find(KEY, None, LONG_AGO, to="UANN")
    assert found == ([Ref(f"{DIRECT}:{said(slack)[0]['ts']}")] if stands else [])


def test_it_is_found_however_many_pages_back_and_nowhere_else(
    slack: FakeSlack, channel: SlackChannel, card: Ref, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_room, "_PAGE", 2)
    slack.person("ben")
    ref = channel.post(rung(), card)
    for number in range(5):
        channel.post(replace(rung(), key=AlertKey(f"{number}:x")), card)
    assert channel.find(KEY, None, LONG_AGO, to="UANN") == [ref]
    assert channel.find(KEY, None, LONG_AGO, to="UBEN") == []
    assert channel.find(KEY, None, LONG_AGO) == []
    assert channel.find(KEY, card, LONG_AGO, to="UANN") == []


def test_a_message_and_its_twin_in_the_channel_are_both_found_and_either_can_be_taken_back(
    slack: FakeSlack, channel: SlackChannel, card: Ref
) -> None:
    direct = channel.post(rung(), card)
    seen = channel.post(rung("S0ONCALL"), card)
    assert channel.find(KEY, None, LONG_AGO, to="UANN") == [direct, seen], "what the channel sees is in its history"
    channel.delete(direct)
    assert channel.find(KEY, None, LONG_AGO, to="UANN") == [seen]
    channel.delete(direct)


def test_what_was_said_to_somebody_who_left_meanwhile_counts_as_not_said(
    slack: FakeSlack, channel: SlackChannel, card: Ref, seconds: Seconds
) -> None:
    channel.post(rung(), card)
    slack.add_user("UANN", "ann", deleted=True)
    seconds.now = 30.0
    assert channel.find(KEY, None, LONG_AGO, to="UANN") == []


def test_without_the_scope_to_look_nobody_can_tell(slack: FakeSlack, channel: SlackChannel, card: Ref) -> None:
    channel.post(rung(), card)
    slack.scopes -= {"im:history"}
    with pytest.raises(NoLookUp, match="missing_scope"):
        channel.find(KEY, None, LONG_AGO, to="UANN")


def test_while_slack_does_not_say_where_it_stands_nobody_says_that_there_is_nothing(
    slack: FakeSlack, channel: SlackChannel, card: Ref
) -> None:
    slack.fault("users.info", "500")
    with pytest.raises(Retriable):
        channel.find(KEY, None, LONG_AGO, to="UANN")


# nobody is on call


def test_that_nobody_can_be_told_is_said_in_the_channel_to_fall_back_on(slack: FakeSlack, card: Ref) -> None:
    channel = SlackChannel(Web(slack.token, slack.api_url), "C1", "C2")
    asked = replace(rung("", How.CHANNEL), reason=Reason.NOBODY_TO_TELL, notify=Notify.CHANNEL)
    ref = channel.post(asked, card)
    [message] = slack.messages("C2")
    assert (ref, replies(slack)) == (f"C2:{message['ts']}", [])
    assert "Nobody further up the ladder can be told: nobody is on call." in flat(message["blocks"])
    assert [part["url"] for part in parts(message["blocks"]) if part.get("type") == "link"]
    assert channel.find(KEY, None, LONG_AGO) == [ref]


@pytest.mark.parametrize("trouble", ["none", "archived", "shared", "refused"])
def test_where_that_is_none_or_takes_nothing_the_channel_sees_it(slack: FakeSlack, card: Ref, trouble: str) -> None:
    channel = SlackChannel(Web(slack.token, slack.api_url), "C1", "" if trouble == "none" else "C2")
    slack.workspace.channels["C2"].archived = trouble == "archived"
    slack.workspace.channels["C2"].shared = trouble == "shared"
    asked = replace(rung("", How.CHANNEL), reason=Reason.NOBODY_TO_TELL, notify=Notify.CHANNEL)
    if trouble == "refused":
        slack.fault("chat.postMessage", "error", code="restricted_action")
        elsewhere(channel, asked, card)
    else:
        channel.post(asked, card)
    assert [reply["subtype"] for reply in replies(slack)] == ["thread_broadcast"]
    assert slack.messages("C2") == []

"""The outbox over a real Slack channel: each row ends sent, once, or dead with a word about it, whatever befalls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.case import Step
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.web import Web
from bot.service.deliver import LEASE, REFUSED, SETTLE, Delivery
from bot.service.recover import recover
from bot.service.tick import tick
from tests.edges.slack.test_places import Seconds
from tests.fakes.build import MINUTE, MISTAKE
from tests.fakes.clock import MONDAY
from tests.fakes.slack import FakeSlack
from tests.fakes.world import World

CARD, NAG = "1:mistake:0:0:channel", "1:still_unanswered:0:0:channel"


class Desk(World):
    """A team whose channel is C1 of a fake Slack, or else C2."""

    def over(self, slack: FakeSlack) -> None:
        self.workspace, self.seconds = slack, Seconds()
        self.place = SlackChannel(Web(slack.token, slack.api_url), "C1", "C2", self.seconds)
        self.delivery = Delivery(self.store, self.place, self.clock)

    def complain(self) -> None:
        self.customer("You charged me twice.", MISTAKE)

    def waits(self, length: timedelta) -> None:
        """Time passes; then amends does what is due."""
        self.clock.advance(length)
        self.seconds.now += length.total_seconds()
        tick(self.store, self.policy)
        recover(self.store, self.place)
        self.delivery.run()

    def keys(self, channel: str) -> list[str]:
        return [one["metadata"]["event_payload"]["key"] for one in self.workspace.messages(channel)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with FakeSlack(("C1", "C2"), epoch=int(MONDAY.timestamp())) as slack:
        desk = Desk.at(tmp_path)
        with desk:
            desk.over(slack)
            yield desk


def test_a_case_in_a_channel_that_is_archived_goes_on_in_the_other(desk: Desk) -> None:
    desk.complain()
    desk.workspace.archive("C1")
    desk.waits(15 * MINUTE)
    assert (desk.keys("C1"), desk.keys("C2")) == ([CARD], [NAG])
    assert "thread_ts" not in desk.workspace.messages("C2")[0]
    desk.step(Step.ACKNOWLEDGED)
    assert len(desk.workspace.calls("chat.update")) == 1
    assert desk.workspace.calls("chat.update")[0].args["channel"] == "C2"


def test_when_the_token_is_revoked_all_is_kept_and_said_once_it_is_good_again(desk: Desk) -> None:
    desk.workspace.revoke()
    desk.complain()
    desk.waits(REFUSED)
    assert dict(desk.outbox())[CARD] == "pending"
    desk.workspace.revoke("")
    desk.waits(REFUSED)
    assert (desk.keys("C1"), desk.keys("C2")) == ([CARD], [])


def test_what_slack_does_not_take_as_a_card_stands_there_as_text(desk: Desk) -> None:
    desk.workspace.fault("chat.postMessage", "error", code="invalid_blocks")
    desk.complain()
    [message] = desk.workspace.messages("C1")
    assert "amends show 1" in message["text"]
    assert desk.outbox() == [(CARD, "sent")]


def test_what_slack_takes_in_no_way_is_dead_and_told_of(desk: Desk) -> None:
    desk.workspace.fault("chat.postMessage", "error", times=2, code="invalid_blocks")
    desk.complain()
    assert desk.outbox() == [(CARD, "dead"), (f"delivery:{CARD}", "sent")]
    assert desk.workspace.messages("C1")[0]["text"] == "An alert of case 1 could not be shown here"


@pytest.mark.parametrize(("kind", "posts"), [("reset_after", 1), ("truncated", 1), ("500", 2), ("reset_before", 2)])
def test_a_post_without_an_answer_stands_there_once(desk: Desk, kind: Any, posts: int) -> None:
    desk.workspace.fault("chat.postMessage", kind)
    desk.complain()
    desk.waits(LEASE + SETTLE)
    assert len(desk.workspace.calls("chat.postMessage")) == posts
    assert desk.workspace.visible() == {CARD: 1}


def test_a_post_that_slack_carries_out_after_it_was_said_again_is_taken_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.place._web._client, "timeout", 1.0)
    desk.workspace.fault("chat.postMessage", "slow")
    desk.complain()
    desk.waits(LEASE + SETTLE)
    assert desk.workspace.visible() == {CARD: 1}
    desk.workspace.release()
    desk.workspace.wait_for(lambda slack: slack.visible()[CARD] == 2)
    monkeypatch.setattr(desk.place._web._client, "timeout", 8)
    desk.waits(MINUTE)
    assert desk.workspace.visible() == {CARD: 1}
    assert desk.workspace.twins() == {CARD: 2}


def test_a_lost_answer_from_the_other_channel_is_found_there(desk: Desk) -> None:
    desk.workspace.archive("C1")
    desk.workspace.fault("chat.postMessage", "reset_after")
    desk.complain()
    desk.waits(LEASE + SETTLE)
    assert len(desk.workspace.calls("chat.postMessage")) == 1
    assert (desk.keys("C1"), desk.keys("C2")) == ([], [CARD])


def test_in_a_channel_that_outsiders_join_nothing_more_is_said(desk: Desk) -> None:
    desk.complain()
    desk.workspace.workspace.channels["C1"].shared = True
    desk.workspace.workspace.channels["C2"].shared = True
    desk.waits(15 * MINUTE)
    assert (desk.keys("C1"), desk.keys("C2")) == ([CARD], [])
    assert dict(desk.outbox())[NAG] == "pending"
    desk.workspace.workspace.channels["C1"].shared = False
    desk.waits(2 * REFUSED)
    assert desk.keys("C1") == [CARD, NAG]
    assert desk.workspace.messages("C1")[1]["thread_ts"] == desk.workspace.messages("C1")[0]["ts"]

"""A rung that is for one person alone, from the tick to their eyes: said once whatever befalls, or to the channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.escalation import How, Ladder, Notify, Rung
from bot.domain.hours import Delay
from bot.service.deliver import LEASE, SETTLE
from bot.slackcheck import SCOPES
from tests.edges.slack.test_delivering import CARD, Desk
from tests.fakes.build import MINUTE, POLICY
from tests.fakes.clock import MONDAY
from tests.fakes.slack import FakeSlack

TO_ANN, TO_BEN = "1:still_unanswered:0:0:UANN", "1:still_unanswered:0:1:UBEN"
ANN, BEN = "DUANN", "DUBEN"
LADDER = Ladder("default", (
    Rung(Delay(5 * MINUTE), Notify.PERSON, "UANN", How.DM), Rung(Delay(60 * MINUTE), Notify.PERSON, "UBEN", How.DM),
))  # fmt: skip
SOON = timedelta(seconds=1)


class Alone(Desk):
    """A team whose first rung is Ann, alone, and whose second is Ben."""

    def waits(self, length: timedelta) -> None:
        self.workspace.advance(length.total_seconds())
        super().waits(length)

    def told(self, channel: str) -> list[str]:
        return self.keys(channel) if channel in self.workspace.workspace.channels else []

    def nobody_was_left_untold(self) -> None:
        assert dict(self.outbox()) == {CARD: "sent", TO_ANN: "sent"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Alone]:
    with FakeSlack(("C1", "C2"), epoch=int(MONDAY.timestamp())) as slack:
        slack.scopes = set(SCOPES)
        slack.person("ann")
        slack.person("ben")
        desk = Alone.at(tmp_path, replace(POLICY, ladders=(LADDER,)))
        with desk:
            desk.over(slack)
            desk.complain()
            yield desk
        slack.check_limits()


def test_each_rung_is_said_to_whom_it_names_alone_and_the_card_stays_the_card(desk: Alone) -> None:
    desk.waits(5 * MINUTE)
    desk.waits(55 * MINUTE)
    assert (desk.told("C1"), desk.told(ANN), desk.told(BEN)) == ([CARD], [TO_ANN], [TO_BEN])
    assert {call.args["channel"] for call in desk.workspace.calls("chat.update")} <= {"C1"}


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "500", "reset_before"])
def test_a_lost_answer_is_looked_up_and_it_stands_there_once(desk: Alone, kind: Any) -> None:
    desk.workspace.fault("chat.postMessage", kind)
    desk.waits(5 * MINUTE)
    desk.waits(LEASE + SETTLE)
    assert desk.told(ANN) == [TO_ANN]
    assert (desk.workspace.visible()[TO_ANN], desk.workspace.twins()) == (1, {})
    desk.nobody_was_left_untold()


def test_one_that_slack_carries_out_after_it_was_said_again_is_taken_back(
    desk: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.place._web._client, "timeout", 0.3)
    desk.workspace.fault("chat.postMessage", "slow")
    desk.waits(5 * MINUTE)
    desk.waits(LEASE + SETTLE)
    assert desk.told(ANN) == [TO_ANN]
    desk.workspace.release()
    desk.workspace.wait_for(lambda slack: slack.visible()[TO_ANN] == 2)
    monkeypatch.setattr(desk.place._web._client, "timeout", 8)
    desk.waits(MINUTE)
    assert desk.told(ANN) == [TO_ANN]


@pytest.mark.parametrize("method", ["users.info", "conversations.open", "auth.test"])
def test_while_slack_does_not_say_where_it_goes_it_waits_and_is_then_said_once(desk: Alone, method: str) -> None:
    desk.workspace.fault(method, "500")
    desk.waits(5 * MINUTE)
    assert desk.told(ANN) == []
    desk.waits(5 * SOON)
    assert desk.told(ANN) == [TO_ANN]
    assert len(desk.workspace.calls("chat.postMessage")) == 2
    desk.nobody_was_left_untold()


def test_who_left_is_pinged_in_the_channel_at_once(desk: Alone) -> None:
    desk.workspace.add_user("UANN", "ann", deleted=True)
    desk.waits(5 * MINUTE)
    assert (desk.told("C1"), desk.told(ANN)) == ([CARD, TO_ANN], [])
    assert desk.workspace.messages("C1")[1]["subtype"] == "thread_broadcast"
    desk.nobody_was_left_untold()


def test_what_slack_does_not_take_as_a_direct_message_stands_in_the_channel_at_once(desk: Alone) -> None:
    desk.workspace.workspace.messages_tab = False
    desk.waits(5 * MINUTE)
    assert desk.told("C1") == [CARD, TO_ANN]
    desk.nobody_was_left_untold()


def test_a_lost_answer_before_somebody_left_is_said_again_where_somebody_reads_it(desk: Alone) -> None:
    desk.workspace.fault("chat.postMessage", "reset_after")
    desk.waits(5 * MINUTE)
    desk.workspace.add_user("UANN", "ann", deleted=True)
    desk.waits(MINUTE)
    assert desk.told("C1") == [CARD, TO_ANN]
    desk.nobody_was_left_untold()


def test_where_nobody_may_look_it_is_said_again_rather_than_not_at_all(desk: Alone) -> None:
    desk.workspace.scopes -= {"im:history"}
    desk.workspace.fault("chat.postMessage", "reset_before")
    desk.waits(5 * MINUTE)
    desk.waits(LEASE + SETTLE)
    assert desk.told(ANN) == [TO_ANN]
    desk.nobody_was_left_untold()


def test_whose_card_was_deleted_is_still_told_and_the_next_reply_becomes_the_card(desk: Alone) -> None:
    desk.workspace.person("ben").deletes("C1", desk.workspace.messages("C1")[0]["ts"])
    desk.waits(5 * MINUTE)
    assert desk.told(ANN) == [TO_ANN]
    desk.workspace.add_user("UBEN", "ben", deleted=True)
    desk.waits(55 * MINUTE)
    assert desk.told("C1") == [TO_BEN]
    assert "thread_ts" not in desk.workspace.messages("C1")[0]

"""Who is ours and who may act is asked of Slack, remembered for a while, and known even while Slack is silent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.chat import Member
from bot.edges.slack import directory as room
from bot.edges.slack.directory import Directory
from bot.edges.slack.web import Web
from bot.errors import Refused, Retriable
from tests.fakes.clock import SimulatedClock
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.identity import TEAM

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("C1",), users=()) as running:
        yield running


@pytest.fixture
def directory(slack: FakeSlack, clock: SimulatedClock) -> Directory:
    return Directory(Web(slack.token, slack.api_url), clock, "C1")


def asked(slack: FakeSlack, method: str = "users.info") -> int:
    return len(slack.calls(method))


# who somebody is


def test_a_member_of_our_workspace_is_ours(slack: FakeSlack, directory: Directory) -> None:
    slack.add_user("U1", "ana")
    assert directory.who("U1") == Member("U1", "ana", is_ours=True)
    assert directory.names == {"U1": "ana"}


@pytest.mark.parametrize(
    "other",
    [
        {"team_id": "TOTHER"}, {"is_restricted": True}, {"is_ultra_restricted": True}, {"is_stranger": True},
        {"is_bot": True}, {"deleted": True}, {"team_id": None}, {"team_id": ""},
        {"team_id": "TOTHER", "enterprise_user": {"enterprise_id": ""}},
    ],
    ids=str,
)  # fmt: skip
def test_guests_strangers_machines_and_people_of_other_companies_are_not(
    slack: FakeSlack, directory: Directory, other: dict[str, Any]
) -> None:
    slack.add_user("U1", "jo", **other)
    assert directory.who("U1") == Member("U1", "jo", is_ours=False)


def test_another_workspace_of_our_organisation_is_ours(
    slack: FakeSlack, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TEAM, "enterprise_id", "E1")
    slack.add_user("U1", "ana", team_id="TSISTER", enterprise_user={"enterprise_id": "E1"})
    slack.add_user("U2", "jo", team_id="TOTHER", enterprise_user={"enterprise_id": "E2"})
    assert [directory.who(user).is_ours for user in ("U1", "U2")] == [True, False]


def test_whom_slack_does_not_know_is_a_stranger(directory: Directory) -> None:
    assert directory.who("U9") == Member("U9", "", is_ours=False)


def test_people_are_called_what_they_call_themselves(slack: FakeSlack, directory: Directory) -> None:
    names: tuple[Any, ...] = ({"display_name": "Jo P."}, {"display_name": " ", "real_name": "Jo\x00 \n Park"}, {}, None)
    for number, profile in enumerate(names):
        slack.add_user(f"U{number}", "jo", profile=profile)
    assert [directory.who(f"U{number}").name for number in range(4)] == ["Jo P.", "Jo Park", "jo", "jo"]


def test_somebody_is_asked_about_once_an_hour(slack: FakeSlack, directory: Directory, clock: SimulatedClock) -> None:
    slack.add_user("U1", "ana")
    for _ in range(3):
        directory.who("U1")
    assert asked(slack) == 1
    slack.add_user("U1", "anna")
    clock.advance(HOUR)
    assert directory.who("U1").name == "anna"
    assert (asked(slack), asked(slack, "auth.test")) == (2, 1)


def test_only_so_many_people_are_remembered(
    slack: FakeSlack, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_MOST_MEMBERS", 2)
    for user in ("U1", "U2", "U1", "U3"):
        directory.who(user)
    assert set(directory.names) == {"U1", "U3"}


def test_what_is_known_serves_while_slack_is_silent_and_slack_is_left_alone_for_a_moment(
    slack: FakeSlack, directory: Directory, clock: SimulatedClock
) -> None:
    slack.add_user("U1", "ana")
    directory.who("U1")
    clock.advance(HOUR)
    slack.fault("users.info", "500", times=1)
    assert [directory.who("U1").is_ours for _ in range(3)] == [True] * 3
    assert asked(slack) == 2
    clock.advance(timedelta(seconds=10))
    assert directory.who("U1").is_ours
    assert asked(slack) == 3


def test_of_whom_nothing_is_known_slack_must_be_asked_again(slack: FakeSlack, directory: Directory) -> None:
    slack.fault("users.info", "429", retry_after=7)
    with pytest.raises(Retriable) as told:
        directory.who("U1")
    assert told.value.retry_after == 7
    assert not directory.who("U1").is_ours


def test_a_token_that_may_not_ask_is_told_of(slack: FakeSlack, directory: Directory) -> None:
    slack.scopes.discard("users:read")
    with pytest.raises(Refused, match="missing_scope"):
        directory.who("U1")


def test_we_are_known_by_name(directory: Directory) -> None:
    assert (directory.ourselves().team, directory.ourselves().bot_user) == ("TEXAMPLE", "UBOT")


# who may act


@pytest.fixture
def team(slack: FakeSlack, directory: Directory) -> Directory:
    slack.add_channel("C1", members={"UANA"})
    slack.add_group("S1", "support", ["UBEN"])
    for user, more in (("UANA", {}), ("UBEN", {}), ("UCY", {}), ("UEXT", {"team_id": "TOTHER"})):
        slack.add_user(user, user.lower(), **more)
    directory.groups = ("S1",)
    return directory


def test_members_of_the_alert_channel_and_of_a_group_may_act_and_nobody_else(team: Directory) -> None:
    assert [team.may_act(user) for user in ("UANA", "UBEN", "UCY", "U9")] == [True, True, False, False]


def test_nobody_from_outside_may_act_though_they_are_in_the_channel(slack: FakeSlack, team: Directory) -> None:
    slack.add_channel("C1", members={"UANA", "UEXT"}, shared=True)
    assert [team.may_act(user) for user in ("UANA", "UEXT")] == [True, False]


def test_a_large_channel_is_read_to_its_end(slack: FakeSlack, team: Directory) -> None:
    slack.add_channel("C1", members={*(f"U{number:04}" for number in range(450)), "UANA"})
    assert team.may_act("UANA")
    assert asked(slack, "conversations.members") == 3


def test_who_leaves_may_act_for_a_minute_at_most(slack: FakeSlack, team: Directory, clock: SimulatedClock) -> None:
    assert team.may_act("UANA")
    slack.add_channel("C1", members=set())
    clock.advance(MINUTE)
    assert not team.may_act("UANA")


def test_the_team_is_known_while_slack_is_silent(slack: FakeSlack, team: Directory, clock: SimulatedClock) -> None:
    assert (team.may_act("UANA"), team.may_act("UBEN")) == (True, True)
    clock.advance(2 * HOUR)
    slack.chance("*", {"500": 1.0})
    assert (team.may_act("UANA"), team.may_act("UBEN"), team.may_act("UCY")) == (True, True, False)


def test_while_slack_never_answered_nobody_is_told_that_they_may_not(
    slack: FakeSlack, team: Directory, clock: SimulatedClock
) -> None:
    slack.chance("*", {"500": 1.0})
    with pytest.raises(Retriable):
        team.may_act("UANA")
    slack.chance("*", {})
    with pytest.raises(Retriable, match="a moment ago"):
        team.may_act("UANA")
    clock.advance(timedelta(seconds=10))
    assert team.may_act("UANA")


def test_a_channel_of_which_slack_tells_lets_its_members_act_while_a_group_is_unknown(
    slack: FakeSlack, team: Directory
) -> None:
    slack.chance("usergroups.users.list", {"500": 1.0})
    assert team.may_act("UANA")
    with pytest.raises(Retriable):
        team.may_act("UBEN")


def test_somebody_new_to_us_may_not_be_turned_away_while_slack_is_silent(slack: FakeSlack, team: Directory) -> None:
    assert team.may_act("UANA")
    slack.chance("users.info", {"500": 1.0})
    with pytest.raises(Retriable):
        team.may_act("UBEN")


def test_a_group_that_cannot_be_asked_about_does_not_shut_out_the_channel(slack: FakeSlack, team: Directory) -> None:
    slack.scopes.discard("usergroups:read")
    assert (team.may_act("UANA"), team.may_act("UBEN")) == (True, False)


def test_no_name_and_no_token_is_logged(slack: FakeSlack, team: Directory, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="bot")
    slack.chance("*", {"500": 0.5}, seed=3)
    for user in ("UANA", "UBEN", "UCY") * 3:
        with suppress(Retriable):
            team.may_act(user)
    assert slack.token not in caplog.text
    assert "uana" not in caplog.text.lower()

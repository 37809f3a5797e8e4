"""`amends doctor` looks at Slack as amends would use it, and says what to do about what is not as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.checked import Checked
from bot.domain.escalation import How, Ladder, Notify, OnCall, Rung
from bot.domain.hours import Delay
from bot.domain.roster import Duty, Roster
from bot.settings import Settings, load
from bot.slackcheck import SCOPES, check_slack
from tests.edges.slack.test_manifest import manifest
from tests.fakes.slack import FakeSlack

CONFIG = """
[slack]
alert_channel = "C1"
fallback_channel = "C2"
work_channels = ["C3"]
bot_token_env = "AMENDS_TEST_BOT"
app_token_env = "AMENDS_TEST_APP"
signing_secret_env = "AMENDS_TEST_SECRET"
api_url = "{url}"
on_call = "S1"
lead = "U1"
actors = "S2"
[[slack.customer_channel]]
id = "C4"
customer = "Acme"
"""
ALL = ["slack", "slack.scopes", "slack.C1", "slack.C2", "slack.C3", "slack.C4", "slack.on_call", "slack.lead",
       "slack.actors", "slack.listening"]  # fmt: skip


@dataclass
class Office:
    slack: FakeSlack
    settings: Settings

    def looks(self) -> dict[str, Checked]:
        return {one.id: one for one in check_slack(self.settings)}

    def only(self, check_id: str) -> Checked:
        """The one thing that is not fine."""
        (bad,) = [one for one in self.looks().values() if not one.fine]
        assert bad.id == check_id
        assert bad.advice
        return bad

    def with_rungs(self, *rungs: Rung) -> None:
        ladders = (*self.settings.policy.ladders, Ladder("urgent", rungs))
        self.settings = replace(self.settings, policy=replace(self.settings.policy, ladders=ladders))

    def with_slack(self, **other: object) -> None:
        assert self.settings.slack is not None
        self.settings = replace(self.settings, slack=replace(self.settings.slack, **other))  # type: ignore[arg-type]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with FakeSlack(("C1", "C2", "C3")) as slack:
        slack.add_channel("C4", shared=True)
        slack.add_group("S1", "oncall", ["U1"])
        slack.add_group("S2", "support", ["U1"])
        secrets = {"BOT": slack.token, "APP": slack.app_token, "SECRET": slack.signing_secret}
        for name, secret in secrets.items():
            monkeypatch.setenv(f"AMENDS_TEST_{name}", secret)
        (tmp_path / "config.toml").write_text(CONFIG.format(url=slack.api_url))
        yield Office(slack, load(tmp_path / "config.toml"))


def test_where_all_is_well_it_says_so_and_posts_nothing(office: Office) -> None:
    found = office.looks()
    assert list(found) == ALL
    assert all(one.fine for one in found.values())
    assert found["slack"].said == "connected as bot in Example"
    assert found["slack.on_call"].said == "on_call is @oncall"
    assert found["slack.listening"].said == "a socket connects"
    assert not any(office.slack.messages(channel) for channel in ("C1", "C2", "C3", "C4"))


def test_the_canarys_channel_is_looked_at_and_outsiders_may_read_there(office: Office) -> None:
    office.slack.add_channel("C5", shared=True)
    office.settings = replace(office.settings, health=replace(office.settings.health, canary_channel="C5"))
    found = office.looks()
    assert list(found) == [*ALL[:2], "slack.C5", *ALL[2:]]
    assert found["slack.C5"].fine
    assert found["slack.C5"].said.endswith("(the canary)")


def test_its_scopes_are_those_of_the_manifest() -> None:
    assert set(SCOPES) == set(manifest()["oauth_config"]["scopes"]["bot"])


def test_a_scope_that_was_not_granted_is_named(office: Office) -> None:
    office.slack.scopes -= {"usergroups:read", "commands"}
    found = office.looks()
    assert found["slack.scopes"].said == "not granted: commands, usergroups:read"
    assert "slack-manifest.yaml" in found["slack.scopes"].advice


def test_who_only_speaks_needs_no_commands(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.slack.scopes -= {"commands"}
    assert office.settings.slack is not None
    office.with_slack(app_token=replace(office.settings.slack.app_token, env=""))
    found = office.looks()
    assert all(one.fine for one in found.values())
    assert "does not listen" in found["slack.listening"].said


BREAKS: dict[str, tuple[Callable[[Office], object], str, str]] = {
    "archived": (lambda office: office.slack.archive("C1"), "slack.C1", "is archived"),
    "not invited": (
        lambda office: setattr(office.slack.workspace.channels["C3"], "joined", False), "slack.C3", "amends is not in",
    ),
    "read by outsiders": (
        lambda office: setattr(office.slack.workspace.channels["C2"], "shared", True), "slack.C2",
        "shared with people from outside",
    ),
    "no such channel": (lambda office: office.with_slack(alert_channel="C9"), "slack.C9", "channel_not_found"),
    "no such group": (lambda office: office.with_slack(actors="S9"), "slack.actors", "there is no user group S9"),
    "a wrong app token": (
        lambda office: office.slack.revoke("invalid_auth", office.slack.app_token), "slack.listening", "invalid_auth",
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_what_is_broken_is_found_with_what_to_do_and_nothing_else_is(office: Office, broken: str) -> None:
    breaks, check_id, said = BREAKS[broken]
    breaks(office)
    assert said in office.only(check_id).said


def test_a_lead_who_left_is_nobody(office: Office) -> None:
    office.settings = replace(office.settings, on_call=OnCall("S1", "U9"))
    assert office.only("slack.lead").said == "there is no member U9"


# who is named by policies and rotations


def person(who: str, how: How = How.THREAD) -> Rung:
    return Rung(Delay(timedelta(minutes=5)), Notify.PERSON, who, how)


@dataclass(frozen=True)
class Turns:
    """A rotation with all who take turns."""

    people: tuple[str, ...]
    name: str = "support"

    def duty(self, at: datetime) -> Duty:
        return Duty(self.people[0] if self.people else "", "somebody's turn")


def test_whom_policies_and_rotations_name_is_looked_up(office: Office) -> None:
    office.with_rungs(person("U1"), person("S1"), person("U1", How.DM))
    roster = Roster(schedules=(Turns(("U1", "S2")), Turns((), "night")))
    office.settings = replace(office.settings, policy=replace(office.settings.policy, roster=roster))
    found = office.looks()
    assert {one.said for one in found.values()} >= {
        "policy urgent is @u1", "policy urgent is @oncall", "on-call support is @u1", "on-call support is @support",
    }  # fmt: skip
    assert all(one.fine for one in found.values())
    assert [one for one in found if "policy" in one] == ["slack.policy.urgent.U1", "slack.policy.urgent.S1"]


@pytest.mark.parametrize(
    ("who", "how", "said"),
    [
        ("U9", How.THREAD, "there is no member U9"),
        ("S9", How.THREAD, "there is no user group S9"),
        ("UGONE", How.CHANNEL, "policy urgent is @gone, who left the workspace"),
        ("S1", How.DM, "a group gets no direct message"),
        ("UGUEST", How.DM, "none of your own people"),
    ],
)
def test_whom_a_policy_cannot_reach_is_found(office: Office, who: str, how: How, said: str) -> None:
    office.slack.person("gone", deleted=True)
    office.slack.person("guest", is_ultra_restricted=True)
    office.with_rungs(person(who, how))
    assert said in office.only(f"slack.policy.urgent.{who}").said


def test_who_left_a_rotation_is_found_before_it_is_their_turn(office: Office) -> None:
    office.slack.person("gone", deleted=True)
    roster = Roster(schedules=(Turns(("U1", "UGONE")),))
    office.settings = replace(office.settings, policy=replace(office.settings.policy, roster=roster))
    assert "[[oncall]] support" in office.only("slack.oncall.support.UGONE").advice


def test_the_scopes_for_direct_messages_are_needed_by_the_policies_that_send_some(office: Office) -> None:
    office.slack.scopes -= {"im:write", "im:history"}
    assert office.looks()["slack.scopes"].fine
    office.with_rungs(person("U1", How.DM))
    assert office.only("slack.scopes").said == "not granted: im:history, im:write"


def test_http_mode_says_where_requests_are_taken(office: Office) -> None:
    office.with_slack(mode="http", listen=("127.0.0.1", 4321))
    said = office.looks()["slack.listening"].said
    assert said == "signed requests are taken at http://127.0.0.1:4321/slack/events"


def test_with_a_wrong_token_nothing_else_is_asked(office: Office) -> None:
    office.slack.revoke()
    assert office.only("slack").said.endswith("token_revoked.")
    assert list(office.looks()) == ["slack"]

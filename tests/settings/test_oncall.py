"""[[oncall]] in a config file: what it means, and that a file in which anything may stand is answered."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.escalation import Notify
from bot.domain.shifts import Shift
from bot.errors import SettingsError
from bot.settings import load
from bot.settings.oncall_rules import GRACE, OVER, oncall_problems
from tests.settings.configs import write

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
TURNS = """
[team]
timezone = "Europe/Berlin"
[slack]
alert_channel = "C0123456789"
on_call = "S0FIXED"
[[oncall]]
name = "support"
rotation = "weekly"
handover = "Wed 18:30"
start = 2026-01-05
people = ["U0ANN", "S0CREW"]
[[oncall.override]]
who = "U0MO"
from = 2026-12-24T09:00:00
until = 2026-12-25T09:00:00+00:00
[[oncall]]
name = "nights"
rotation = "daily"
timezone = "America/New_York"
start = 2026-01-05
people = ["U0ZOE"]
"""
SHIFTS = """
[[oncall]]
name = "on_call"
calendar = "support.ics"
[oncall.people]
"Ann@Example.com" = "U0ANN"
"ann" = "U0ANN"
"""


def test_a_rotation_is_read_with_its_zone_hand_over_and_overrides(tmp_path: Path) -> None:
    support, nights = load(write(tmp_path, TURNS), NOW).schedules
    assert support.rotation is not None
    assert (support.rotation.people, support.rotation.weekday, support.rotation.handover) == (
        ("U0ANN", "S0CREW"), 2, time(18, 30),
    )  # fmt: skip
    assert (support.zone.key, nights.zone.key) == ("Europe/Berlin", "America/New_York")
    local, offset = datetime(2026, 12, 24, 8, tzinfo=UTC), datetime(2026, 12, 25, 9, tzinfo=UTC)
    assert support.overrides == (Shift("U0MO", local, offset),)


def test_without_a_hand_over_it_is_at_nine_and_weeks_begin_on_monday(tmp_path: Path) -> None:
    _support, nights = load(write(tmp_path, TURNS), NOW).schedules
    assert nights.rotation is not None
    assert nights.rotation.begins(1) == datetime(2026, 1, 6, 14, tzinfo=UTC)
    weekly = load(write(tmp_path, TURNS.replace('handover = "Wed 18:30"\n', "")), NOW).schedules[0].rotation
    assert weekly is not None
    assert weekly.begins(1) == datetime(2026, 1, 12, 8, tzinfo=UTC)


def test_the_policy_knows_who_is_on_call_by_every_name(tmp_path: Path) -> None:
    roster = load(write(tmp_path, TURNS), NOW).policy.roster
    told = [roster.duty(Notify.SCHEDULE, name, NOW) for name in ("support", "nights", "gone")]
    assert [duty.who for duty in told if duty] == ["U0ANN", "U0ZOE", ""]
    fixed = roster.duty(Notify.ON_CALL, "", NOW)
    assert fixed is not None
    assert fixed.who == "S0FIXED"


def test_a_rung_speaks_to_a_schedule_by_its_name_and_to_none_that_is_not_there(tmp_path: Path) -> None:
    policy = '[[escalation.policy]]\nname = "default"\nrungs = [{ after = "1h", notify = "nights" }]\n'
    (ladder,) = load(write(tmp_path, TURNS + policy), NOW).policy.ladders
    assert [(rung.notify, rung.who) for rung in ladder.rungs] == [(Notify.SCHEDULE, "nights")]
    with pytest.raises(SettingsError, match="expected one of channel, on_call, lead, nights, support"):
        load(write(tmp_path, TURNS + policy.replace("nights", "days")), NOW)


def test_a_calendar_is_a_file_beside_the_config_and_knows_people_in_any_letters(tmp_path: Path) -> None:
    settings = load(write(tmp_path, SHIFTS), NOW)
    (found,) = settings.schedules
    assert found.calendar is not None
    assert (found.calendar.where, found.calendar.is_address) == (str(tmp_path / "support.ics"), False)
    assert found.calendar.people == {"ann@example.com": "U0ANN", "ann": "U0ANN"}
    assert found.schedule().duty(NOW).why == "nobody: calendar on_call was never read"
    shift = Shift("U0ANN", NOW, NOW.replace(hour=13))
    assert found.schedule([shift], NOW).duty(NOW).why.startswith("calendar on_call: ann@example.com's shift")


def test_an_address_of_a_calendar_stays_as_it_is(tmp_path: Path) -> None:
    for url in ("https://calendar.acme.example/private/support", "http://127.0.0.1:8080/support.ics"):
        (found,) = load(write(tmp_path, SHIFTS.replace("support.ics", url)), NOW).schedules
        assert found.calendar is not None
        assert (found.calendar.where, found.calendar.is_address) == (url, True)


def test_an_override_is_refused_a_month_after_its_end_and_not_in_the_night_in_which_it_ends(tmp_path: Path) -> None:
    file, ended = write(tmp_path, TURNS), datetime(2026, 12, 25, 9, tzinfo=UTC)
    assert load(file, ended + GRACE - timedelta(seconds=1)).schedules[0].overrides
    with pytest.raises(SettingsError, match=OVER):
        load(file, ended + GRACE)


def test_overrides_that_follow_each_other_do_not_overlap(tmp_path: Path) -> None:
    second = '[[oncall.override]]\nwho = "U0ZOE"\nfrom = 2026-12-25T10:00:00\nuntil = 2026-12-26T09:00:00\n'
    head, found, tail = TURNS.partition('[[oncall]]\nname = "nights')
    assert len(load(write(tmp_path, head + second + found + tail), NOW).schedules[0].overrides) == 2


_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.datetimes() | st.dates() | st.times()
_KEYS = st.sampled_from(
    ["name", "rotation", "handover", "timezone", "start", "calendar", "people", "override", "who", "from", "until"]
)
_ANYTHING = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6))


@given(told=_ANYTHING, team=_ANYTHING)
def test_whatever_stands_in_it_is_answered_with_sentences(told: Any, team: Any) -> None:
    for path, sentence in oncall_problems({"oncall": told, "team": team}, NOW):
        assert path[0] == "oncall"
        assert sentence


@given(
    tables=st.lists(st.dictionaries(_KEYS, _ANYTHING | st.sampled_from(["weekly", "http://[", "a.ics"])), max_size=3)
)
def test_tables_of_anything_are_answered_with_sentences(tables: list[dict[str, Any]]) -> None:
    assert all(path[:1] == ("oncall",) and said for path, said in oncall_problems({"oncall": tables}, NOW))

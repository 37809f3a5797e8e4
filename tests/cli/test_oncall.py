"""`amends oncall`: who, why, until when, who comes next, and when nobody will be on call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Amends
from tests.edges.calendars import calendar, event

CONFIG = """
[team]
timezone = "Europe/Berlin"
[slack]
alert_channel = "C0123456789"
lead = "U0LEAD"
[[oncall]]
name = "on_call"
rotation = "weekly"
start = 2026-01-05
people = ["U0ANN", "S0CREW"]
[[oncall.override]]
who = "U0MO"
from = 2150-12-24T09:00:00
until = 2150-12-27T09:00:00
[[oncall]]
name = "nights"
calendar = "nights.ics"
timezone = "America/New_York"
[oncall.people]
"Ben" = "U0BEN"
"""


@pytest.fixture
def configured(amends: Amends) -> Amends:
    amends.write("config.toml", CONFIG)
    shifts = calendar(
        event("DTSTART:20260301T220000Z", "DURATION:PT10H", "RRULE:FREQ=DAILY", "SUMMARY:Ben"),
        event("DTSTART:20260303T080000Z", "DURATION:PT1H", "SUMMARY:Zoe"),
    )
    amends.write("nights.ics", shifts.decode())
    return amends


def told(amends: Amends, at: str) -> dict[str, Any]:
    done = amends("oncall", "--at", at, "--json")
    assert done.code == 0
    return {one["name"]: one for one in done.told["duties"]} | {"": done.told}


def test_it_says_who_why_until_when_and_who_comes_next(configured: Amends) -> None:
    found = told(configured, "2026-03-02 09:00")
    assert found["on_call"] == {
        "name": "on_call", "used": True, "who": "U0ANN", "why": "weekly rotation on_call, until Mon 2026-03-09 09:00",
        "until": "2026-03-09T08:00:00+00:00", "next": {"at": "2026-03-09T08:00:00+00:00", "who": "S0CREW"},
    }  # fmt: skip
    assert (found["lead"]["who"], found["lead"]["why"], found["lead"]["until"]) == ("U0LEAD", "named as lead", None)
    assert (found["nights"]["who"], found["nights"]["used"]) == ("", False)


def test_a_moment_without_a_zone_is_one_of_the_teams_and_may_have_an_offset(configured: Amends) -> None:
    assert told(configured, "2026-03-09 08:59")["on_call"]["who"] == "U0ANN"
    assert told(configured, "2026-03-09 09:00")["on_call"]["who"] == "S0CREW"
    assert told(configured, "2026-03-09T08:00Z")[""]["at"] == "2026-03-09T08:00:00+00:00"
    assert told(configured, "2026-03-09T07:59Z")["on_call"]["who"] == "U0ANN"


def test_an_override_is_found_years_ahead(configured: Amends) -> None:
    found = told(configured, "2150-12-25 00:00")["on_call"]
    assert (found["who"], found["why"]) == ("U0MO", "override of rotation on_call, until Sun 2150-12-27 09:00")


def test_gaps_of_the_next_seven_days_and_what_a_calendar_does_not_tell_are_told(configured: Amends) -> None:
    found = told(configured, "2026-03-02 09:00")[""]
    assert {one["schedule"] for one in found["gaps"]} == {"nights"}
    assert len(found["gaps"]) == 7
    assert found["gaps"][0]["said"] == (
        "From Mon 2026-03-02 03:00 until Mon 2026-03-02 17:00 (America/New_York): calendar nights has no shift."
    )
    assert found["problems"] == ["nights: “Zoe” names nobody of [oncall.people], or several."]


def test_for_people_it_is_a_line_for_each(configured: Amends) -> None:
    done = configured("oncall", "--at", "2026-03-02 23:30")
    lines = done.out.splitlines()
    assert (done.code, lines[0]) == (0, "Mon 2026-03-02 23:30 (Europe/Berlin)")
    assert lines[1:4] == [
        "on_call  U0ANN: weekly rotation on_call, until Mon 2026-03-09 09:00; then S0CREW from Mon 2026-03-09 09:00",
        "lead     U0LEAD: named as lead",
        "nights   U0BEN: calendar nights: ben's shift, until Tue 2026-03-03 03:00 (no policy uses it)",
    ]
    assert lines[4].startswith("gap in nights: From Tue 2026-03-03 03:00 until Tue 2026-03-03 17:00 (America/New_York)")
    assert "problem: nights: “Zoe”" in done.err


def test_without_schedules_the_fixed_names_are_told(amends: Amends) -> None:
    done = amends("oncall")
    assert done.code == 0
    assert "on_call  nobody is named: the channel is told" in done.out
    assert not (amends.here / "state").exists(), "asking makes no database"


def test_a_time_that_clocks_show_twice_is_the_first_and_that_is_said(configured: Amends) -> None:
    done = configured("oncall", "--at", "2026-10-25 02:30", "--json")
    assert done.told["at"] == "2026-10-25T00:30:00+00:00"
    assert "this is the first, 02:30+02:00; the second is 02:30+01:00." in done.err
    second = configured("oncall", "--at", "2026-10-25 02:30+01:00", "--json")
    assert (second.told["at"], second.err) == ("2026-10-25T01:30:00+00:00", "")


def test_a_time_that_clocks_skip_is_one_they_show_and_that_is_said(configured: Amends) -> None:
    done = configured("oncall", "--at", "2026-03-29 02:30", "--json")
    assert (done.code, done.told["at"]) == (0, "2026-03-29T01:00:00+00:00")
    assert done.err.startswith("Clocks skip 02:30 on that day (Europe/Berlin); this is Sun 29 Mar 03:00.\n")


@pytest.mark.parametrize(("at", "said"), [
    ("tomorrow", 'Write it like "2026-12-24 17:30"'), ("0001-01-01 00:00", "between 1970 and 2200"),
    ("9999-12-31 23:59", "between 1970 and 2200"),
])  # fmt: skip
def test_a_moment_that_is_none_is_answered_with_what_to_write(configured: Amends, at: str, said: str) -> None:
    done = configured("oncall", "--at", at)
    assert done.code == 2
    assert said in done.err

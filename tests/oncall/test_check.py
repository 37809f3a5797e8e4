"""`amends doctor` looks at who is on call: calendars are read, gaps that are near are named, and nothing is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.checked import Checked
from bot.oncallcheck import check_heartbeat, check_oncall
from bot.settings import Settings, load
from bot.settings.model import Secret
from tests.edges.calendars import calendar, calendar_server, event
from tests.fakes.clock import MONDAY
from tests.oncall.test_room import DAYS, configured

ALWAYS = ("DTSTART:20260301T000000Z", "DURATION:P1D", "RRULE:FREQ=DAILY", "SUMMARY:Ann")


def looks(settings: Settings) -> dict[str, Checked]:
    return {one.id: one for one in check_oncall(settings, MONDAY)}


def test_of_each_schedule_it_says_who_is_on_call_and_of_a_calendar_how_many_shifts_it_holds(tmp_path: Path) -> None:
    (tmp_path / "support.ics").write_bytes(calendar(event(*ALWAYS)))
    found = looks(configured(tmp_path))
    assert list(found) == ["calendar.on_call", "oncall.on_call", "oncall.support"]
    assert all(one.fine and not one.advice for one in found.values())
    assert found["calendar.on_call"].said == "the calendar of on_call is read; shifts: 62"
    assert found["oncall.on_call"].said.startswith("on_call: U0ANN is on call, calendar on_call")
    assert found["oncall.support"].said.endswith(" (no policy uses it)")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["config.toml", "support.ics"]


def test_a_gap_in_a_schedule_that_a_policy_uses_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "support.ics").write_bytes(calendar(event(*DAYS)))
    bad = looks(configured(tmp_path))["oncall.on_call"]
    assert (bad.fine, bad.said) == (
        False, "nobody is on call by on_call from Mon 02 Mar 18:00 until Tue 03 Mar 08:00",
    )  # fmt: skip
    assert "override" in bad.advice


def test_where_nobody_comes_back_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "support.ics").write_bytes(calendar(event(*ALWAYS[:2], "RRULE:FREQ=DAILY;COUNT=5", "SUMMARY:Ann")))
    bad = looks(configured(tmp_path))["oncall.on_call"]
    assert bad.said == "nobody is on call by on_call from Fri 06 Mar 00:00 on"


def test_people_of_a_calendar_who_are_not_known_are_named_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    unknown = event("DTSTART:20260301T000000Z", "DURATION:P1D", "SUMMARY:Zoe")
    (tmp_path / "support.ics").write_bytes(calendar(event(*ALWAYS), unknown))
    found = looks(configured(tmp_path))
    assert [one.id for one in found.values() if not one.fine] == ["calendar.on_call"]
    assert "Zoe" in found["calendar.on_call"].said
    assert "[oncall.people]" in found["calendar.on_call"].advice


def test_a_calendar_that_cannot_be_read_is_told_without_its_address(tmp_path: Path) -> None:
    with calendar_server() as server:
        address = server.says("/secret-of-the-team.ics", b"", status=403)
        found = looks(configured(tmp_path, address))
    assert list(found) == ["calendar.on_call", "oncall.support"]
    assert "403" in found["calendar.on_call"].said
    assert "secret-of-the-team" not in repr(found)


@pytest.mark.parametrize(("url", "fine", "said"), [
    ("https://beats.example/secret", True, "only `amends run` calls it"),
    ("http://beats.example/secret", False, "is none that can be called"), (None, False, "HEARTBEAT"),
])  # fmt: skip
def test_the_heartbeat_is_looked_at_and_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, said: str, *, fine: bool
) -> None:
    if url is not None:
        monkeypatch.setenv("AMENDS_TEST_HEARTBEAT", url)
    (tmp_path / "config.toml").write_text('[health]\nheartbeat_url_env = "AMENDS_TEST_HEARTBEAT"\n')
    (found,) = check_heartbeat(load(tmp_path / "config.toml").health)
    assert (found.id, found.fine) == ("heartbeat", fine)
    assert said in found.said
    assert "secret" not in repr(found)


def test_without_a_heartbeat_nothing_is_said_of_it(tmp_path: Path) -> None:
    health = replace(configured(tmp_path).health, heartbeat=Secret())
    assert list(check_heartbeat(health)) == []

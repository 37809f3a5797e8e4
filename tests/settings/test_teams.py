"""Teams: the one of [team], and further ones with hours of their own."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.hours import Hours, Quiet, Team
from bot.errors import SettingsError
from bot.settings import Settings, load

OFFICE = tuple((day, time(9), time(17)) for day in range(5))
FURTHER = """
[team]
name = "Home"
timezone = "Europe/Berlin"
holidays = "DE-BY"
days_off = [2026-12-24]
quiet = "22:00-07:00"
loud_from = 2

[[escalation.team]]
name = "Away"
timezone = "Asia/Tokyo"
hours = "Mon-Sun 00:00-24:00"
"""


def loaded(folder: Path, text: str) -> Settings:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_without_a_word_there_is_one_team_that_is_never_quiet(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "").policy
    assert policy.teams == (Team("Support", Hours(ZoneInfo("UTC"), OFFICE)),)
    assert policy.hours == policy.teams[0].hours


def test_the_first_team_is_the_one_of_the_house_and_its_hours_are_those_of_the_policy(tmp_path: Path) -> None:
    policy = loaded(tmp_path, FURTHER).policy
    home, away = policy.teams
    assert (home.name, home.hours.zone, home.hours.week, home.loud_from) == (
        "Home",
        ZoneInfo("Europe/Berlin"),
        OFFICE,
        2,
    )
    assert home.quiet == Quiet(ZoneInfo("Europe/Berlin"), time(22), time(7))
    assert [day for day in range(20, 32) if date(2026, 12, day) in home.hours.days_off] == [24, 25, 26]
    assert policy.hours == home.hours
    always = tuple((day, time(0), time(0)) for day in range(7))
    assert away == Team("Away", Hours(ZoneInfo("Asia/Tokyo"), always))


@pytest.mark.parametrize("name", ["Home", "Away"])
def test_a_policy_may_name_any_of_the_teams(tmp_path: Path, name: str) -> None:
    rungs = 'rungs = [{ after = "1h", notify = "channel" }]'
    policies = f"""
    [[escalation.policy]]
    name = "bad"
    severity = 3
    team = "{name}"
    {rungs}
    [[escalation.policy]]
    name = "general"
    {rungs}
    """
    policy = loaded(tmp_path, FURTHER + policies).policy
    assert policy.team_of(policy.ladders[0]).name == name
    assert policy.team_of(policy.ladders[1]).name == "Home"


def test_the_same_file_means_the_same_policy(tmp_path: Path) -> None:
    assert loaded(tmp_path, FURTHER).policy == loaded(tmp_path, FURTHER).policy


@pytest.mark.parametrize(
    "table",
    [
        '[team]\nhours = "Mon 09:00-10:00"',
        '[[escalation.team]]\nname = "x"\ntimezone = "UTC"\nhours = "Mon 09:00-10:00"',
    ],
)
def test_a_team_that_would_not_work_for_a_year_is_refused(tmp_path: Path, table: str) -> None:
    today = datetime.now(UTC).date()
    off = [(today + timedelta(days=ahead)).isoformat() for ahead in range(-7, 380)]
    assert loaded(tmp_path, f"{table}\ndays_off = [{', '.join(off[:-30])}]\n")
    with pytest.raises(
        SettingsError, match=r"(?m):1: (team|escalation\.team\[1]): expected fewer days_off: for a year"
    ):
        loaded(tmp_path, f"{table}\ndays_off = [{', '.join(off)}]\n")


@pytest.mark.parametrize(("holidays", "is_loaded"), [("", False), ("DE", True)])
def test_calendars_of_holidays_are_loaded_only_where_a_config_names_some(
    tmp_path: Path, holidays: str, is_loaded: bool
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[team]\nholidays = "{holidays}"\ndays_off = [2026-12-24]\n', encoding="utf-8")
    code = (
        "import sys\nfrom pathlib import Path\nfrom bot.settings import load\n"
        "load(Path(sys.argv[1]))\nprint('holidays' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(is_loaded)]

"""Moments that people write: in the team's zone, and said plainly where their words mean none or two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moments import Given, parse_moment, shown, shown_day
from bot.errors import UsageError

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-24 17:30", datetime(2026, 12, 24, 16, 30, tzinfo=UTC)),
        (" 2026-07-01T09:00 ", datetime(2026, 7, 1, 7, 0, tzinfo=UTC)),
        ("2026-12-24", datetime(2026, 12, 23, 23, 0, tzinfo=UTC)),
        ("2026-12-24T17:30+09:00", datetime(2026, 12, 24, 8, 30, tzinfo=UTC)),
        ("2026-12-24T17:30Z", datetime(2026, 12, 24, 17, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_of_the_teams_zone_unless_it_has_an_offset(text: str, at: datetime) -> None:
    assert parse_moment(text, BERLIN) == Given(at)


def test_of_a_time_that_clocks_show_twice_the_first_is_taken_and_that_is_said() -> None:
    given = parse_moment("2026-10-25 02:30", BERLIN)
    assert given.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert given.note.startswith("Clocks show 02:30 twice on that day (Europe/Berlin); ")
    assert given.note.endswith("this is the first, 02:30+02:00; the second is 02:30+01:00.")
    assert parse_moment("2026-10-25 02:30+01:00", BERLIN) == Given(given.at + timedelta(hours=1))


def test_a_time_that_clocks_skip_is_said_as_the_one_they_show() -> None:
    given = parse_moment("2026-03-29 02:30", BERLIN)
    assert given.at == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert given.note == "Clocks skip 02:30 on that day (Europe/Berlin); this is Sun 29 Mar 03:00."


def test_of_a_day_that_clocks_skip_the_beginning_of_the_next_is_taken() -> None:
    given = parse_moment("2011-12-30 12:00", ZoneInfo("Pacific/Apia"))
    assert given.at == datetime(2011, 12, 30, 10, 0, tzinfo=UTC)
    assert given.note == "Clocks skip 12:00 on that day (Pacific/Apia); this is Sat 31 Dec 00:00."


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-02-30 10:00", "2026-12-24 25:00", "17:30", "\x1b[31m", "9" * 99]
)
def test_what_is_no_moment_is_refused_with_one_that_is(text: str) -> None:
    with pytest.raises(UsageError, match="is not a moment") as caught:
        parse_moment(text, BERLIN)
    assert '"2026-12-24 17:30"' in caught.value.advice


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31 23:59", "2201-01-01", "9999-12-31 23:59+00:00"])
def test_a_year_in_which_nobody_has_a_case_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="between 1970 and 2200"):
        parse_moment(text, BERLIN)


@given(st.integers(366 * 1440, 229 * 365 * 1440).map(lambda minutes: datetime.fromtimestamp(minutes * 60, UTC)))
def test_what_is_shown_with_its_offset_is_read_as_the_same_moment(moment: datetime) -> None:
    local = moment.astimezone(BERLIN)
    assert parse_moment(local.isoformat(), BERLIN).at == moment
    assert f"{shown_day(moment, BERLIN)} {shown(moment, BERLIN)[-5:]}" == f"{local:%a %d %b %Y %H:%M}"

"""The next morning is the first working moment of a later day, as the team's own clock shows it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import Hours
from tests.domain.test_working_hours import WEEKS, moments_near_jumps, working_minutes
from tests.fakes.build import DAY, HOURS, MINUTE, at
from tests.fakes.clock import MONDAY


@given(moments_near_jumps())
def test_it_is_the_first_working_minute_that_a_later_day_has(place: tuple[Hours, datetime]) -> None:
    hours, moment = place
    today = moment.astimezone(hours.zone).date()
    found = hours.next_morning(moment)
    minutes = working_minutes(hours, moment)
    assert found == next(m for m, works in minutes if works and m.astimezone(hours.zone).date() > today)


@given(moments_near_jumps(), st.integers(0, 59_999_999))
def test_it_lies_on_a_later_day_and_inside_working_hours(place: tuple[Hours, datetime], micros: int) -> None:
    hours, moment = place
    moment = moment + micros * MINUTE / 60_000_000
    found = hours.next_morning(moment)
    assert found.astimezone(hours.zone).date() > moment.astimezone(hours.zone).date()
    assert hours.working_between(found, found + MINUTE) == MINUTE
    assert found.tzinfo is UTC


@given(moments_near_jumps(), st.integers(0, 2880))
def test_who_asks_later_is_never_told_an_earlier_morning(place: tuple[Hours, datetime], later: int) -> None:
    hours, moment = place
    assert hours.next_morning(moment) <= hours.next_morning(moment + later * MINUTE)


@pytest.mark.parametrize(
    ("moment", "morning"),
    [
        (at("03:00"), at("09:00", MONDAY + DAY)),
        (at("09:00"), at("09:00", MONDAY + DAY)),
        (at("23:59"), at("09:00", MONDAY + DAY)),
        (at("12:00", MONDAY + 4 * DAY), at("09:00", MONDAY + 7 * DAY)),
        (at("12:00", MONDAY + 6 * DAY), at("09:00", MONDAY + 7 * DAY)),
    ],
)
def test_a_night_or_a_weekend_lies_before_it(moment: datetime, morning: datetime) -> None:
    assert HOURS.next_morning(moment) == morning


def test_after_lunch_is_no_morning() -> None:
    hours = Hours(ZoneInfo("UTC"), WEEKS["with a lunch break"])
    assert hours.next_morning(at("12:30")) == at("08:00", MONDAY + DAY)


def test_the_day_is_the_one_of_the_team_and_not_that_of_greenwich() -> None:
    berlin = Hours(ZoneInfo("Europe/Berlin"), tuple((day, time(9), time(17)) for day in range(7)))
    assert berlin.next_morning(at("22:59")) == at("08:00", MONDAY + DAY)
    assert berlin.next_morning(at("23:00")) == at("08:00", MONDAY + 2 * DAY)


def test_a_team_that_never_works_is_an_error_and_not_an_endless_search() -> None:
    with pytest.raises(OverflowError, match="nobody works within ten years of 2026-03-02"):
        Hours(ZoneInfo("UTC"), ()).next_morning(MONDAY)

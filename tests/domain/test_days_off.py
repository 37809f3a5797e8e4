"""Days on which nobody works: no working hour passes, wherever they lie; and days that are worked until they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import Hours
from tests.fakes.build import DAY, HOUR, HOURS, MINUTE, at, working
from tests.fakes.clock import MONDAY

TUESDAY = date(2026, 3, 3)
WITHOUT_TUESDAY = replace(HOURS, days_off=frozenset({TUESDAY}))
ALWAYS = Hours(ZoneInfo("Europe/Berlin"), tuple((day, time(0), time(0)) for day in range(7)))


def test_a_day_off_is_passed_over_as_a_weekend_is() -> None:
    assert WITHOUT_TUESDAY.add(at("16:00"), working(2 * HOUR)) == at("10:00", MONDAY + 2 * DAY)
    assert WITHOUT_TUESDAY.add(at("12:00", MONDAY + DAY), working(0 * HOUR)) == at("09:00", MONDAY + 2 * DAY)
    assert WITHOUT_TUESDAY.next_morning(at("12:00")) == at("09:00", MONDAY + 2 * DAY)
    assert WITHOUT_TUESDAY.working_between(at("09:00"), at("17:00", MONDAY + 2 * DAY)) == 16 * HOUR


def test_on_a_day_off_nobody_is_at_work() -> None:
    assert HOURS.at_work(at("12:00", MONDAY + DAY))
    assert not WITHOUT_TUESDAY.at_work(at("12:00", MONDAY + DAY))
    assert WITHOUT_TUESDAY.at_work(at("12:00", MONDAY + 2 * DAY))


def test_the_day_off_is_the_one_of_the_team_and_not_that_of_greenwich() -> None:
    auckland = Hours(ZoneInfo("Pacific/Auckland"), ALWAYS.week, frozenset({TUESDAY}))
    assert auckland.at_work(at("10:59"))  # Monday 23:59 in Auckland
    assert not auckland.at_work(at("11:00"))
    assert not auckland.at_work(at("10:59", MONDAY + DAY))
    assert auckland.at_work(at("11:00", MONDAY + DAY))


@given(st.frozensets(st.dates(date(2026, 3, 1), date(2026, 4, 30)), max_size=30), st.integers(0, 6000))
def test_a_day_off_more_never_lets_a_working_delay_end_earlier(off: frozenset[date], length: int) -> None:
    fewer = replace(HOURS, days_off=frozenset(sorted(off)[::2]))
    more = replace(HOURS, days_off=off)
    assert more.add(MONDAY, working(length * MINUTE)) >= fewer.add(MONDAY, working(length * MINUTE))
    assert more.working_between(MONDAY, MONDAY + 30 * DAY) <= fewer.working_between(MONDAY, MONDAY + 30 * DAY)


class Every:
    """Holidays without end."""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date)


def test_who_never_works_for_holidays_is_an_error_and_not_an_endless_search() -> None:
    with pytest.raises(OverflowError, match="no 1h working within ten years of 2026-03-02"):
        replace(HOURS, days_off=Every()).add(MONDAY, working(HOUR))


# hours until midnight


@pytest.mark.parametrize(
    ("day", "length"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)], ids=["spring", "autumn", "summer"]
)
def test_around_the_clock_is_as_long_as_the_day(day: str, length: int) -> None:
    begin = datetime.fromisoformat(day).replace(tzinfo=ALWAYS.zone)
    assert ALWAYS.working_between(begin, begin + DAY) == length * HOUR


def test_around_the_clock_working_time_is_elapsed_time() -> None:
    assert ALWAYS.add(MONDAY, working(1000 * HOUR)) == MONDAY + 1000 * HOUR


def test_what_closes_at_midnight_closes_at_the_end_of_its_day() -> None:
    late = Hours(ZoneInfo("UTC"), ((0, time(18), time(0)),))
    assert late.at_work(at("23:59"))
    assert not late.at_work(at("00:00", MONDAY + DAY))
    assert not late.at_work(at("00:00"))
    assert late.working_between(MONDAY - DAY, MONDAY + 6 * DAY) == 6 * HOUR


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (HOURS, "Mon-Fri 09:00-17:00 (UTC)"),
        (WITHOUT_TUESDAY, "Mon-Fri 09:00-17:00 but for days off (UTC)"),
        (replace(HOURS, days_off=Every()), "Mon-Fri 09:00-17:00 but for days off (UTC)"),
        (ALWAYS, "Mon-Sun 00:00-24:00 (Europe/Berlin)"),
    ],
)
def test_hours_read_as_people_write_them(hours: Hours, said: str) -> None:
    assert str(hours) == said

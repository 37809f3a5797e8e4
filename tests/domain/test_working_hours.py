"""Elapsed time is exact; working time is what somebody counts who watches the clock on the wall, minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import Delay, Hours
from tests.fakes.build import DAY, HOUR, HOURS, MINUTE, at, working
from tests.fakes.clock import MONDAY

# Each zone with days near which its clock jumps: by an hour, by half an hour, at midnight, over a whole day.
JUMPS = {
    "Europe/Berlin": ["2026-03-29", "2026-10-25"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "Pacific/Apia": ["2011-12-30", "2012-04-01"],
    "Africa/Casablanca": ["2026-02-15", "2026-03-22"],
    "America/Havana": ["2026-03-08", "2026-11-01"],
    "Asia/Kathmandu": ["2026-06-01"],
}
WEEKS: dict[str, tuple[tuple[int, time, time], ...]] = {
    "office": tuple((day, time(9), time(17)) for day in range(5)),
    "with a lunch break": tuple((d, *span) for d in range(7) for span in ((time(8), time(12)), (time(13), time(18)))),
    "nearly always": tuple((day, time(0), time(23, 59)) for day in range(7)),
    "when clocks jump": tuple((day, time(2, 15), time(2, 45)) for day in range(7)),
    "begins in the jump": tuple((day, time(2, 30), time(10)) for day in range(7)),
}


def working_minutes(hours: Hours, start: datetime) -> Iterator[tuple[datetime, bool]]:
    """Every minute from `start` on, and whether it is working time: the latest wall time so far lies in a span.

    A clock that was put back shows nothing new until it has caught up, so the team neither starts nor stops twice.
    """
    moment, latest = start - 2 * DAY, datetime(1, 1, 1)  # noqa: DTZ001  (wall time has no zone)
    while True:
        latest = max(latest, moment.astimezone(hours.zone).replace(tzinfo=None))
        if moment >= start:
            yield (
                moment,
                any(day == latest.weekday() and opens <= latest.time() < closes for day, opens, closes in hours.week),
            )
        moment += MINUTE


@st.composite
def moments_near_jumps(draw: st.DrawFn) -> tuple[Hours, datetime]:
    zone = draw(st.sampled_from(sorted(JUMPS)))
    noon = datetime.fromisoformat(f"{draw(st.sampled_from(JUMPS[zone]))}T12:00+00:00")
    start = noon + draw(st.integers(-3 * 1440, 2 * 1440)) * MINUTE
    return Hours(ZoneInfo(zone), WEEKS[draw(st.sampled_from(sorted(WEEKS)))]), start


@given(moments_near_jumps(), st.integers(1, 900))
def test_a_working_delay_ends_where_the_minutes_counted_one_by_one_end(
    place: tuple[Hours, datetime], length: int
) -> None:
    hours, start = place
    left = length
    for moment, counts in working_minutes(hours, start):
        left -= counts
        if left == 0:
            assert hours.add(start, working(length * MINUTE)) == moment + MINUTE
            return


@given(moments_near_jumps(), st.integers(0, 4 * 1440))
def test_working_time_between_two_moments_is_the_minutes_counted_one_by_one(
    place: tuple[Hours, datetime], length: int
) -> None:
    hours, start = place
    end = start + length * MINUTE
    counted = 0
    for moment, counts in working_minutes(hours, start):
        if moment >= end:
            break
        counted += counts
    assert hours.working_between(start, end) == counted * MINUTE


@pytest.mark.parametrize("zone", sorted(JUMPS))
@pytest.mark.parametrize("week", sorted(WEEKS))
def test_every_zone_and_every_week_agree_with_the_oracle_over_each_jump(zone: str, week: str) -> None:
    hours = Hours(ZoneInfo(zone), WEEKS[week])
    for day in JUMPS[zone]:
        start = datetime.fromisoformat(f"{day}T00:00+00:00") - 26 * HOUR
        end = start + 3 * DAY
        minutes = working_minutes(hours, start)
        counted = sum(counts for _, (_, counts) in zip(range(3 * 1440), minutes, strict=False))
        assert hours.working_between(start, end) == counted * MINUTE


@pytest.mark.parametrize("zone", sorted(JUMPS))
def test_elapsed_time_is_exact_over_a_change_of_clocks(zone: str) -> None:
    hours = Hours(ZoneInfo(zone), WEEKS["office"])
    for day in JUMPS[zone]:
        start = datetime.fromisoformat(f"{day}T00:00+00:00") - 12 * HOUR
        after = hours.add(start, Delay(36 * HOUR))
        assert after.timestamp() - start.timestamp() == 36 * 3600


def test_a_friday_that_never_was_has_no_working_hours() -> None:
    """Samoa went from Thursday 29 December 2011 straight to Saturday 31."""
    apia = Hours(ZoneInfo("Pacific/Apia"), WEEKS["office"])
    thursday_at_closing = datetime(2011, 12, 29, 17, tzinfo=apia.zone)
    monday_at_ten = datetime(2012, 1, 2, 10, tzinfo=apia.zone)
    assert apia.add(thursday_at_closing.astimezone(UTC), working(HOUR)) == monday_at_ten
    assert apia.add(thursday_at_closing.astimezone(UTC), working(timedelta())) == monday_at_ten - HOUR


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("09:00", 8 * HOUR, at("17:00")),
        ("16:00", 2 * HOUR, at("10:00", MONDAY + DAY)),
        ("03:00", HOUR, at("10:00")),
        ("20:00", HOUR, at("10:00", MONDAY + DAY)),
        ("09:00", 40 * HOUR, at("17:00", MONDAY + 4 * DAY)),
        ("09:00", 40 * HOUR + MINUTE, at("09:01", MONDAY + 7 * DAY)),
    ],
)
def test_nights_and_weekends_do_not_count(start: str, length: timedelta, end: datetime) -> None:
    assert HOURS.add(at(start), working(length)) == end


def test_no_working_time_at_all_means_the_next_working_moment() -> None:
    assert HOURS.add(at("12:00"), working(timedelta())) == at("12:00")
    assert HOURS.add(at("18:00"), working(timedelta())) == at("09:00", MONDAY + DAY)


def test_between_a_later_and_an_earlier_moment_lies_no_working_time() -> None:
    assert HOURS.working_between(at("15:00"), at("12:00")) == timedelta()


def test_a_team_that_never_works_is_an_error_and_not_an_endless_search() -> None:
    with pytest.raises(OverflowError, match="no 1h working within ten years of 2026-03-02"):
        Hours(ZoneInfo("UTC"), ()).add(MONDAY, working(HOUR))


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_waiting_longer_never_ends_earlier(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert HOURS.add(MONDAY, working(shorter * MINUTE)) <= HOURS.add(MONDAY, working(longer * MINUTE))

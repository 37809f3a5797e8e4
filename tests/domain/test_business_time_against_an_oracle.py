"""Business time in every zone of the tz database, counted a second time by somebody who only watches the wall clock.

The oracle knows no spans. It goes through UTC step by step and asks of each step whether it is worked. The rule that
both sides have to follow is that of Hours: which day and time it is, is the latest that the wall clock has shown.
So of a clock that is put forward, what it skips is over at once (a span inside the gap has no length, one that reaches
into it begins or ends at the jump); of a clock that is put back, the second showing is nothing new: a team that is at
work stays at work through it, one that has gone home does not come back.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, pairwise
from zlib import crc32
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import Delay, Hours
from tests.fakes.build import DAY, HOUR, MINUTE, working

SECOND = timedelta(seconds=1)
ZONES = sorted(available_timezones())
_MIDNIGHT = time(0)
Week = tuple[tuple[int, time, time], ...]


def every_day(*spans: tuple[time, time]) -> Week:
    return tuple((day, *span) for day in range(7) for span in spans)


WEEKS: dict[str, Week] = {
    "around the clock": every_day((_MIDNIGHT, _MIDNIGHT)),
    "office": tuple((day, time(9), time(17)) for day in range(5)),
    "over the jump at two": every_day((time(1, 30), time(3, 30))),
    "inside the jump at two": every_day((time(2, 15), time(2, 45))),
    "from the jump on": every_day((time(2, 30), time(10))),
    "until midnight": every_day((time(18, 45), _MIDNIGHT)),
    "from midnight": every_day((_MIDNIGHT, time(0, 30)), (time(0, 45), time(5))),
    "around midnight": every_day((_MIDNIGHT, time(1)), (time(23), _MIDNIGHT)),
    "every other day": tuple((day, _MIDNIGHT, _MIDNIGHT) for day in (0, 2, 4, 6)),
    "a lunch break": every_day((time(8), time(12)), (time(13), time(18))),
}
# Clocks that behave as few others do: by half an hour, over a whole day, twice within a month, at midnight.
PECULIAR = [
    ("Australia/Lord_Howe", "2026-04-04T15:00"), ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Pacific/Apia", "2011-12-30T10:00"), ("Pacific/Fakaofo", "2011-12-30T11:00"),
    ("Pacific/Kwajalein", "1993-08-21T12:00"), ("Pacific/Kwajalein", "1969-09-30T13:00"),
    ("Africa/Casablanca", "2026-02-15T02:00"), ("Africa/Casablanca", "2026-03-22T02:00"),
    ("Africa/El_Aaiun", "2026-02-15T02:00"), ("America/Sao_Paulo", "2018-02-18T02:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"), ("America/Havana", "2026-03-08T05:00"),
    ("Asia/Beirut", "2026-03-28T22:00"), ("America/St_Johns", "2006-10-29T02:31"),
    ("America/St_Johns", "2007-03-11T03:31"), ("Antarctica/Troll", "2026-03-29T01:00"),
    ("Asia/Pyongyang", "2015-08-14T15:00"), ("America/Caracas", "2016-05-01T07:00"),
    ("Asia/Kathmandu", "1985-12-31T18:30"), ("Europe/Dublin", "2026-10-25T01:00"),
    ("Asia/Gaza", "2015-03-27T22:00"), ("America/Nuuk", "2024-03-31T01:00"),
]  # fmt: skip
# Zones whose clocks once differed from Greenwich by odd seconds: here the oracle goes second by second.
ODD_SECONDS = [
    ("Africa/Monrovia", "1972-01-07T00:44:30"), ("Europe/Amsterdam", "1937-06-30T23:40:28"),
    ("America/New_York", "1883-11-18T17:00:00"),
]  # fmt: skip


@dataclass(frozen=True)
class Wall:
    """The latest that a clock has shown, step by step from a moment (UTC) on: the date, and the minute of its week."""

    begins: datetime
    step: timedelta
    shown: tuple[tuple[date, int], ...]

    def index(self, moment: datetime) -> int:
        return (moment - self.begins) // self.step


def watch(zone: ZoneInfo, begins: datetime, ends: datetime, step: timedelta = MINUTE) -> Wall:
    """Goes through UTC; the clock must not have been put back shortly before `begins`."""
    shown, latest = [], datetime.min  # noqa: DTZ901  (wall time has no zone)
    for passed in range((ends - begins) // step):
        wall = (begins + passed * step).astimezone(zone).replace(tzinfo=None)
        latest = max(latest, wall)
        shown.append((latest.date(), latest.weekday() * 1440 + latest.hour * 60 + latest.minute))
    return Wall(begins, step, tuple(shown))


@cache
def worked_minutes(week: Week) -> frozenset[int]:
    """The minutes of a week (0 = Monday 00:00) that are worked."""
    return frozenset(
        minute
        for minute in range(7 * 1440)
        for day, opens, closes in week
        if day * 1440 + opens.hour * 60 + opens.minute <= minute
        and minute < day * 1440 + (closes.hour * 60 + closes.minute or 1440)
    )


def count(wall: Wall, week: Week, days_off: frozenset[date]) -> list[int]:
    """How many steps were worked before each step, and at the end before all that is left out."""
    minutes = worked_minutes(week)
    return [0, *accumulate(minute in minutes and day not in days_off for day, minute in wall.shown)]


def check(hours: Hours, wall: Wall, start: datetime, lengths: tuple[int, ...]) -> None:
    """Working delays and working time from `start` on are what is counted, for each of `lengths` in steps."""
    counted = count(wall, hours.week, hours.days_off if isinstance(hours.days_off, frozenset) else frozenset())
    first = wall.index(start)
    assert hours.at_work(start) == (counted[first + 1] > counted[first]), start
    if counted[-1] > counted[first]:  # no working time at all means the next working moment
        opens = bisect_left(counted, counted[first] + 1) - 1
        assert hours.add(start, working(timedelta())) == wall.begins + opens * wall.step, start
    for length in lengths:
        at = bisect_left(counted, counted[first] + length, lo=first + 1)
        if at < len(counted):
            assert hours.add(start, working(length * wall.step)) == wall.begins + at * wall.step, (start, length)
        ends = min(first + length, len(wall.shown))
        between = hours.working_between(start, wall.begins + ends * wall.step)
        assert between == (counted[ends] - counted[first]) * wall.step, (start, length)


def offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    found = moment.astimezone(zone).utcoffset()
    assert found is not None
    return found


def changes(zone: ZoneInfo, first: int = 1901) -> list[tuple[datetime, datetime]]:
    """Half years (UTC) within which the clock is changed, by whole minutes, up to 2037."""
    days = [datetime(year, month, 1, tzinfo=UTC) for year in range(first, 2038) for month in (1, 7)]
    shown = [offset(zone, day) for day in days]
    return [
        (days[i], days[i + 1])
        for i, (old, new) in enumerate(pairwise(shown))
        if old != new and not old % MINUTE and not new % MINUTE
    ]


def moment_of(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """When within a half year the clock is changed: the halves are halved until it is the second."""
    old = offset(zone, before)
    while after - before > SECOND:
        middle = before + (after - before) // (2 * SECOND) * SECOND
        before, after = (middle, after) if offset(zone, middle) == old else (before, middle)
    return after


@cache
def moments(name: str) -> tuple[datetime, ...]:
    """Two changes of a zone's clock, which ones depends on its name; where it never changed, a day of 2026."""
    zone, seed = ZoneInfo(name), crc32(name.encode())
    halves = changes(zone)
    if not halves:
        return (datetime(2026, 1 + seed % 12, 1 + seed % 28, 12, tzinfo=UTC),)
    return tuple(moment_of(zone, *halves[turn % len(halves)]) for turn in (seed, seed // 7 + 1))


def compare(name: str, change: datetime, seed: int) -> None:
    """Three of the weeks, one of them with days off, from three moments around a change."""
    zone = ZoneInfo(name)
    wall = watch(zone, change - 5 * HOUR, change + 19 * HOUR)
    local = change.astimezone(zone).date()
    names = sorted(WEEKS)
    for turn in range(3):
        off = [frozenset[date](), frozenset({local}), frozenset({local + DAY, local - DAY})][(seed + turn) % 3]
        hours = Hours(zone, WEEKS[names[(seed + 3 * turn) % len(names)]], off)
        start = change + (-5 * HOUR, -37 * MINUTE, 11 * MINUTE)[(seed // 3 + turn) % 3]
        check(hours, wall, start, (1, 45, 61, 200, 480, 1100))


@pytest.mark.parametrize("part", range(8))
def test_in_every_zone_business_time_is_what_the_minutes_counted_one_by_one_are(part: int) -> None:
    for name in ZONES[part::8]:
        for change in moments(name):
            compare(name, change, crc32(f"{name} {change}".encode()))


@pytest.mark.parametrize("week", sorted(WEEKS))
def test_where_clocks_behave_as_few_others_do_every_week_agrees_with_the_oracle(week: str) -> None:
    for name, change in PECULIAR:
        zone, moment = ZoneInfo(name), datetime.fromisoformat(f"{change}+00:00")
        local = moment.astimezone(zone).date()
        for off in (frozenset[date](), frozenset({local}), frozenset({local - DAY})):
            hours = Hours(zone, WEEKS[week], off)
            for start in (moment - 3 * HOUR, moment - MINUTE, moment, moment + 25 * MINUTE):
                check(hours, watched(name, moment), start, (1, 30, 90, 480, 1500))


@cache
def watched(name: str, change: datetime) -> Wall:
    return watch(ZoneInfo(name), change - 3 * HOUR, change + 27 * HOUR)


@pytest.mark.parametrize(("name", "change"), ODD_SECONDS)
def test_where_clocks_differed_by_odd_seconds_every_second_is_counted(name: str, change: str) -> None:
    zone, moment = ZoneInfo(name), datetime.fromisoformat(f"{change}+00:00")
    wall = watch(zone, moment - HOUR, moment + 2 * HOUR, SECOND)
    for week in ("around the clock", "from midnight", "until midnight", "around midnight"):
        for start in (moment - HOUR, moment - 40 * SECOND, moment + 90 * SECOND):
            check(Hours(zone, WEEKS[week]), wall, start, (1, 29, 1777, 5000))


@pytest.mark.parametrize("hours", [1, 24, 36])
def test_an_elapsed_deadline_is_exact_over_every_change_of_clocks(hours: int) -> None:
    for name in ZONES:
        for change in moments(name):
            start = change - HOUR * hours / 2
            due = Hours(ZoneInfo(name), WEEKS["office"]).add(start, Delay(hours * HOUR))
            assert due.timestamp() - start.timestamp() == hours * 3600, name


@given(
    st.sampled_from(ZONES), st.data(), st.sampled_from(sorted(WEEKS)), st.integers(-300, 300), st.integers(1, 1000),
    st.frozensets(st.integers(-1, 2), max_size=2),
)  # fmt: skip
def test_whatever_the_zone_the_year_and_the_days_off_both_count_the_same(
    name: str, data: st.DataObject, week: str, shift: int, length: int, off: frozenset[int]
) -> None:
    zone = ZoneInfo(name)
    halves = changes(zone, 1950)
    change = moment_of(zone, *data.draw(st.sampled_from(halves))) if halves else datetime(2028, 2, 29, tzinfo=UTC)
    start = change + shift * MINUTE
    local = start.astimezone(zone).date()
    hours = Hours(zone, WEEKS[week], frozenset(local + day * DAY for day in off))
    check(hours, watch(zone, change - 6 * HOUR, change + 24 * HOUR), start, (length,))

"""When nobody is to be pinged, as the clock on the wall shows it: over midnight, and where clocks are put back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import Quiet, Team
from tests.domain.test_working_hours import JUMPS
from tests.fakes.build import DAY, HOUR, HOURS, MINUTE, at
from tests.fakes.clock import MONDAY

NIGHT = Quiet(ZoneInfo("UTC"), time(22), time(7))
SIESTA = Quiet(ZoneInfo("UTC"), time(12), time(14, 30))
SPANS = [
    (time(22), time(7)), (time(2, 15), time(2, 45)), (time(2, 30), time(1)), (time(23), time(2, 30)),
    (time(23, 30), time(0)), (time(9), time(17)), (time(12), time(11, 59)), (time(0, 15), time(0, 45)),
    (time(0), time(7)),
]  # fmt: skip


@st.composite
def nights_near_jumps(draw: st.DrawFn) -> tuple[Quiet, datetime]:
    zone = draw(st.sampled_from(sorted(JUMPS)))
    noon = datetime.fromisoformat(f"{draw(st.sampled_from(JUMPS[zone]))}T12:00+00:00")
    return Quiet(ZoneInfo(zone), *draw(st.sampled_from(SPANS))), noon + draw(st.integers(-2880, 1440)) * MINUTE


def is_quiet(quiet: Quiet, shown: datetime) -> bool:
    """Of what a clock shows."""
    if quiet.begins < quiet.ends:
        return quiet.begins <= shown.time() < quiet.ends
    return shown.time() >= quiet.begins or shown.time() < quiet.ends


def first_loud_minute(quiet: Quiet, start: datetime) -> datetime:
    """Found minute by minute: when the latest that the clock has shown is not quiet."""
    moment, latest = start - 2 * DAY, datetime.min  # noqa: DTZ901  (wall time has no zone)
    while True:
        latest = max(latest, moment.astimezone(quiet.zone).replace(tzinfo=None))
        if moment >= start and not is_quiet(quiet, latest):
            return moment
        moment += MINUTE


@given(nights_near_jumps())
def test_quiet_ends_at_the_first_minute_that_is_not_quiet_on_the_wall(place: tuple[Quiet, datetime]) -> None:
    quiet, moment = place
    loud = first_loud_minute(quiet, moment)
    assert quiet.until(moment) == (loud if loud > moment else None)


@given(nights_near_jumps(), st.integers(0, 59_999_999))
def test_when_quiet_has_ended_it_is_not_quiet(place: tuple[Quiet, datetime], micros: int) -> None:
    quiet, moment = place
    moment += timedelta(microseconds=micros)
    ends = quiet.until(moment)
    assert ends is None or (ends > moment and ends.tzinfo is UTC and quiet.until(ends) is None)


@pytest.mark.parametrize(
    ("quiet", "moment", "ends"),
    [
        (NIGHT, at("21:59"), None),
        (NIGHT, at("22:00"), at("07:00", MONDAY + DAY)),
        (NIGHT, at("23:59"), at("07:00", MONDAY + DAY)),
        (NIGHT, at("00:00"), at("07:00")),
        (NIGHT, at("06:59"), at("07:00")),
        (NIGHT, at("07:00"), None),
        (SIESTA, at("11:59"), None),
        (SIESTA, at("12:00"), at("14:30")),
        (SIESTA, at("14:30"), None),
        (Quiet(ZoneInfo("UTC"), time(22), time(0)), at("23:00"), at("00:00", MONDAY + DAY)),
        (Quiet(ZoneInfo("UTC"), time(22), time(0)), at("00:00"), None),
    ],
)
def test_a_night_reaches_into_the_next_day(quiet: Quiet, moment: datetime, ends: datetime | None) -> None:
    assert quiet.until(moment) == ends


def test_a_night_in_which_clocks_change_ends_when_they_show_its_end() -> None:
    berlin = Quiet(ZoneInfo("Europe/Berlin"), time(22), time(7))
    assert berlin.until(datetime(2026, 3, 28, 22, tzinfo=UTC)) == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert berlin.until(datetime(2026, 10, 24, 22, tzinfo=UTC)) == datetime(2026, 10, 25, 6, tzinfo=UTC)


def test_a_night_that_ends_in_the_hour_that_is_shown_twice_ends_once() -> None:
    berlin = Quiet(ZoneInfo("Europe/Berlin"), time(22), time(2, 30))
    half_past_two = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert berlin.until(half_past_two - MINUTE) == half_past_two
    assert berlin.until(half_past_two + HOUR - MINUTE) is None


def test_where_a_whole_day_is_skipped_one_night_goes_over_into_the_next() -> None:
    """Samoa went from Thursday 29 December 2011 straight to Saturday 31."""
    apia = Quiet(ZoneInfo("Pacific/Apia"), time(22), time(7))
    thursday_night = datetime(2011, 12, 29, 23, tzinfo=apia.zone).astimezone(UTC)
    assert apia.until(thursday_night) == datetime(2011, 12, 31, 7, tzinfo=apia.zone)


def test_it_is_the_wall_of_the_team_and_not_that_of_greenwich() -> None:
    tokyo = Quiet(ZoneInfo("Asia/Tokyo"), time(22), time(7))
    assert tokyo.until(at("13:00")) == at("22:00")
    assert tokyo.until(at("12:59")) is None


@pytest.mark.parametrize(
    ("loud_from", "severity", "waits"),
    [(3, 0, True), (3, 2, True), (3, 3, False), (1, 0, True), (1, 1, False), (4, 3, True)],
)
def test_what_is_bad_enough_is_said_at_night_too(loud_from: int, severity: int, waits: bool) -> None:
    team = Team("Support", HOURS, NIGHT, loud_from)
    assert team.quiet_until(at("03:00"), severity) == (at("07:00") if waits else None)
    assert team.quiet_until(at("12:00"), severity) is None


def test_without_quiet_hours_nothing_waits() -> None:
    assert Team("Support", HOURS).quiet_until(at("03:00"), 0) is None


def test_quiet_hours_read_as_people_write_them() -> None:
    assert str(NIGHT) == "22:00-07:00 (UTC)"
    assert str(Quiet(NIGHT.zone, time(22), time(0))) == "22:00-24:00 (UTC)"


def test_hours_quiet_and_teams_can_be_kept_in_sets() -> None:
    assert len({Team("Support", HOURS, NIGHT), Team("Support", HOURS, NIGHT), Team("Sales", HOURS)}) == 2
    assert HOURS.days_off == frozenset[date]()

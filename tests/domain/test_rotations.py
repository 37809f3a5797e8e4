"""People take turns: each moment has one of them, in order, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moments import parse_moment
from bot.domain.roster import following, gaps
from bot.domain.rota import Rota
from bot.domain.rotation import Rotation
from bot.domain.shifts import Shift
from bot.domain.wall_clock import first_shown

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
    "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham", "America/Havana", "Africa/Cairo",
)  # fmt: skip
BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = ("U0ANN", "U0BEN", "S0CREW")
MONDAY = date(2026, 1, 5)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

zones = st.sampled_from(ZONES).map(ZoneInfo)
walls = st.times().map(lambda wall: wall.replace(second=0, microsecond=0))
days = st.dates(date(2011, 1, 1), date(2036, 1, 1))
rotations = st.builds(
    Rotation, st.just("support"), st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4).map(tuple), days, walls,
    zones, st.none() | st.integers(0, 6),
)  # fmt: skip


def weekly(start: date = MONDAY, weekday: int | None = 0, wall: time = time(9), zone: ZoneInfo = BERLIN) -> Rotation:
    return Rotation("support", PEOPLE, start, wall, zone, weekday)


def rota(rotation: Rotation, *overrides: Shift) -> Rota:
    return Rota(rotation.name, "rotation", rotation, rotation.zone, overrides)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def test_a_weekly_rotation_says_who_why_and_until_when() -> None:
    duty = rota(weekly()).duty(berlin("2026-01-07 03:00"))
    assert (duty.who, duty.why) == ("U0ANN", "weekly rotation support, until Mon 2026-01-12 09:00")
    assert duty.until == berlin("2026-01-12 09:00")


def test_hand_over_is_at_its_minute_and_not_before() -> None:
    schedule = rota(weekly())
    assert schedule.duty(berlin("2026-01-12 09:00") - timedelta(microseconds=1)).who == "U0ANN"
    assert schedule.duty(berlin("2026-01-12 09:00")).who == "U0BEN"


def test_after_the_last_of_them_the_first_is_next() -> None:
    begun = [rota(weekly()).duty(berlin("2026-01-07 12:00") + 7 * DAY * week).who for week in range(5)]
    assert begun == ["U0ANN", "U0BEN", "S0CREW", "U0ANN", "U0BEN"]


def test_before_the_start_nobody_is_on_call() -> None:
    duty = rota(weekly()).duty(berlin("2026-01-05 08:59"))
    assert duty.who == ""
    assert duty.why == "nobody: weekly rotation support has not begun, until Mon 2026-01-05 09:00"


def test_a_start_in_the_middle_of_a_week_makes_the_first_turn_shorter() -> None:
    schedule = rota(weekly(start=date(2026, 1, 8)))
    assert schedule.duty(berlin("2026-01-08 09:00")).until == berlin("2026-01-12 09:00")
    assert schedule.duty(berlin("2026-01-12 09:00")).who == "U0BEN"


def test_days_that_are_shorter_or_longer_change_hands_at_the_same_wall_time() -> None:
    daily = weekly(start=date(2026, 3, 28), weekday=None)
    assert daily.begins(1) - daily.begins(0) == timedelta(hours=23)
    autumn = weekly(start=date(2026, 10, 24), weekday=None)
    assert autumn.begins(1) - autumn.begins(0) == timedelta(hours=25)


def test_a_hand_over_that_clocks_skip_is_when_they_jump() -> None:
    daily = weekly(start=date(2026, 3, 28), weekday=None, wall=time(2, 30))
    assert daily.begins(1) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert rota(daily).duty(datetime(2026, 3, 29, 0, 59, tzinfo=UTC)).who == "U0ANN"
    assert rota(daily).duty(datetime(2026, 3, 29, 1, 0, tzinfo=UTC)).who == "U0BEN"


def test_a_hand_over_that_clocks_show_twice_is_the_first_time_and_only_then() -> None:
    daily = weekly(start=date(2026, 10, 24), weekday=None, wall=time(2, 30))
    assert daily.begins(1) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for minute in (30, 90, 120):
        assert rota(daily).duty(datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + minute * MINUTE).who == "U0BEN"


def test_a_day_that_clocks_go_back_into_is_not_given_to_yesterdays_person_again() -> None:
    st_johns = weekly(start=date(2010, 11, 6), weekday=None, wall=time(0), zone=ZoneInfo("America/St_Johns"))
    again = datetime(2010, 11, 7, 2, 45, tzinfo=UTC)
    assert again.astimezone(st_johns.zone).date() == date(2010, 11, 6), "it was the 7th a quarter of an hour before"
    assert rota(st_johns).duty(again).who == "U0BEN"


def test_a_day_that_a_country_leaves_out_leaves_out_its_turn() -> None:
    samoa = weekly(start=date(2011, 12, 29), weekday=None, wall=time(0), zone=ZoneInfo("Pacific/Apia"))
    assert samoa.begins(1) == samoa.begins(2) == datetime(2011, 12, 30, 10, 0, tzinfo=UTC)
    assert samoa.turn(samoa.begins(2)).who == "S0CREW"


def test_who_comes_next_is_somebody_else() -> None:
    alone = Rotation("support", ("U0ANN",), MONDAY, time(9), BERLIN, 0)
    assert following(rota(alone), berlin("2026-01-07 12:00")) is None
    found = following(rota(weekly()), berlin("2026-01-07 12:00"))
    assert found is not None
    assert (found[0], found[1].who) == (berlin("2026-01-12 09:00"), "U0BEN")


def test_of_overrides_that_overlap_the_later_listed_one_wins() -> None:
    first = Shift("U0MO", berlin("2026-01-06 00:00"), berlin("2026-01-09 00:00"))
    second = Shift("U0ZOE", berlin("2026-01-07 00:00"), berlin("2026-01-08 00:00"))
    schedule = rota(weekly(), first, second)
    told = [(schedule.duty(berlin(f"2026-01-{day:02} 12:00"))) for day in (6, 7, 8, 9)]
    assert [duty.who for duty in told] == ["U0MO", "U0ZOE", "U0MO", "U0ANN"]
    assert told[0].why == "override of rotation support, until Wed 2026-01-07 00:00"


def test_a_turn_ends_where_an_override_begins() -> None:
    schedule = rota(weekly(), Shift("U0MO", berlin("2026-01-06 00:00"), berlin("2026-01-07 00:00")))
    assert schedule.duty(berlin("2026-01-05 12:00")).until == berlin("2026-01-06 00:00")


@given(rotation=rotations, offset=st.timedeltas(timedelta(), 400 * DAY))
def test_every_moment_of_a_rotation_has_exactly_the_person_whose_turn_it_is(
    rotation: Rotation, offset: timedelta
) -> None:
    at = rotation.begins(0) + offset
    begun = [index for index in range(405) if rotation.begins(index) <= at]
    turn = rotation.turn(at)
    assert turn.who == rotation.people[begun[-1] % len(rotation.people)]
    assert turn.until == rotation.begins(len(begun))
    assert turn.until > at


@given(rotation=rotations, length=st.timedeltas(MINUTE, 60 * DAY))
def test_a_rotation_has_no_gap_but_before_its_start(rotation: Rotation, length: timedelta) -> None:
    first = rotation.begins(0)
    assert gaps(rota(rotation), first, first + length) == ()
    assert gaps(rota(rotation), first - length, first + length) == ((first - length, first),)


@given(rotation=rotations)
def test_hand_overs_keep_their_order_over_every_change_of_clocks(rotation: Rotation) -> None:
    moments = [rotation.begins(index) for index in range(200)]
    assert all(one <= other for one, other in pairwise(moments))
    for moment in moments:
        assert rotation.turn(moment).until is not None


@given(rotation=rotations, starts=st.timedeltas(timedelta(), 30 * DAY), length=st.timedeltas(MINUTE, 9 * DAY),
       offset=st.timedeltas(-DAY, 40 * DAY))  # fmt: skip
def test_an_override_wins_exactly_inside_its_span(
    rotation: Rotation, starts: timedelta, length: timedelta, offset: timedelta
) -> None:
    begin = rotation.begins(0) + starts
    override = Shift("U0MO", begin, begin + length)
    at = rotation.begins(0) + offset
    plain, found = rota(rotation).duty(at), rota(rotation, override).duty(at)
    assert (found.who == "U0MO") == (begin <= at < begin + length)
    if found.who != "U0MO":
        assert found.who == plain.who
    assert found.until is not None
    assert found.until > at


@given(zone=zones, day=days, wall=walls)
def test_a_wall_time_is_met_when_clocks_first_show_it_or_something_later(zone: ZoneInfo, day: date, wall: time) -> None:
    named = datetime.combine(day, wall)
    found = first_shown(day, wall, zone)
    assert found.astimezone(zone).replace(tzinfo=None) >= named
    assert (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) < named
    is_skipped = parse_moment(named.isoformat(), zone).note.startswith("Clocks skip")
    assert is_skipped == (found.astimezone(zone).replace(tzinfo=None) != named)


def test_a_wall_time_that_is_said_to_be_the_second_is_the_first_like_any_other() -> None:
    first_shown.cache_clear()
    assert first_shown(date(2026, 10, 25), time(2, 30, fold=1), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert first_shown(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

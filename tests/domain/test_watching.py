"""Which folders people are to be told of: those that were not read for three intervals, and each once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.watching import INTERVALS, SHORTEST, Watched, unwatched
from tests.fakes.build import HOUR, MINUTE
from tests.fakes.clock import MONDAY

HERE = ("support", "support/INBOX")
SECONDS = st.integers(-1000, 1000).map(lambda n: MONDAY + timedelta(seconds=n))


def folder(begun: datetime = MONDAY, good: datetime | None = None, *, told: bool = False) -> Watched:
    return Watched(*HERE, begun, good, "no answer", told)


@pytest.mark.parametrize(("minutes", "is_told"), [(0, False), (2.99, False), (3, True), (600, True)])
def test_three_intervals_without_a_good_look_are_too_long(minutes: float, is_told: bool) -> None:
    now = MONDAY + minutes * MINUTE
    assert unwatched([folder()], {HERE: MINUTE}, now) == ([folder()] if is_told else [])
    good = folder(begun=MONDAY - HOUR, good=MONDAY)
    assert unwatched([good], {HERE: MINUTE}, now) == ([good] if is_told else [])


@pytest.mark.parametrize(("seconds", "is_told"), [(3, False), (59.9, False), (60, True)])
def test_a_slow_look_is_not_told_of_however_short_the_interval(seconds: float, is_told: bool) -> None:
    at_once = timedelta(seconds=1)
    assert bool(unwatched([folder()], {HERE: at_once}, MONDAY + timedelta(seconds=seconds))) == is_told


def test_a_watch_that_began_just_now_is_not_blamed_for_the_night_before() -> None:
    assert unwatched([folder(begun=MONDAY, good=MONDAY - 14 * HOUR)], {HERE: MINUTE}, MONDAY + MINUTE) == []


def test_nobody_is_told_twice_nor_of_a_folder_that_others_watch() -> None:
    assert unwatched([folder(told=True)], {HERE: MINUTE}, MONDAY + HOUR) == []
    assert unwatched([folder()], {}, MONDAY + HOUR) == []
    assert unwatched([folder()], {("sales", "sales/INBOX"): MINUTE}, MONDAY + HOUR) == []


@given(SECONDS, SECONDS | st.none(), SECONDS, st.integers(1, 300))
def test_it_is_told_exactly_when_its_last_good_moment_is_three_intervals_and_a_minute_ago(
    begun: datetime, good: datetime | None, now: datetime, seconds: int
) -> None:
    interval, one = timedelta(seconds=seconds), folder(begun, good)
    assert one.last_known_good == max(moment for moment in (begun, good) if moment)
    assert bool(unwatched([one], {HERE: interval}, now)) == (
        now - one.last_known_good >= max(INTERVALS * interval, SHORTEST)
    )

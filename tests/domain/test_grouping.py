"""Pings to one address: together, not too often, and never swallowed by a moment that lies far ahead."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.grouping import Grouping, next_ping, ping_at
from tests.fakes.build import DAY, HOUR, MINUTE
from tests.fakes.clock import MONDAY

SECOND = timedelta(seconds=1)
GROUPING = Grouping(30 * SECOND, 5 * MINUTE, 10 * MINUTE)


def test_the_first_ping_waits_for_others_and_takes_along_who_comes_meanwhile() -> None:
    first = next_ping(None, MONDAY, GROUPING)
    assert first == MONDAY + 30 * SECOND
    assert next_ping(first, MONDAY + 29 * SECOND, GROUPING) == first


def test_the_next_one_comes_no_sooner_than_the_interval_after_it() -> None:
    first = MONDAY + 30 * SECOND
    assert next_ping(first, first + MINUTE, GROUPING) == first + 5 * MINUTE
    assert next_ping(first, first + HOUR, GROUPING) == first + HOUR + 30 * SECOND


def test_one_that_was_planned_before_the_clock_was_set_back_is_not_waited_for() -> None:
    assert next_ping(MONDAY + DAY, MONDAY, GROUPING) == MONDAY + 30 * SECOND


def test_a_case_that_pinged_lately_is_said_without_a_ping() -> None:
    assert ping_at(None, MONDAY, MONDAY + MINUTE, GROUPING) is None


def test_a_rung_that_repeats_exactly_as_often_as_is_allowed_pings_each_time_whatever_the_ticks_add() -> None:
    """Fired 900 and 100 milliseconds late: eight tenths of a second too early, so put off by them."""
    first = ping_at(None, None, MONDAY + timedelta(seconds=0.9), GROUPING)
    assert first is not None
    second = ping_at(first, first, MONDAY + 10 * MINUTE + timedelta(seconds=0.1), GROUPING)
    assert second == first + 10 * MINUTE


def test_a_ping_that_waits_for_daylight_swallows_no_loud_one() -> None:
    in_the_morning = MONDAY + 5 * HOUR
    assert ping_at(in_the_morning, in_the_morning, MONDAY, GROUPING) == MONDAY + 30 * SECOND


def test_a_ping_before_the_clock_was_set_back_silences_no_later_one() -> None:
    assert ping_at(MONDAY + DAY, MONDAY + DAY, MONDAY, GROUPING) == MONDAY + 30 * SECOND


@given(st.lists(st.timedeltas(6 * MINUTE, HOUR), max_size=20))
def test_of_one_case_pings_are_never_closer_than_the_pause_and_none_is_early(gaps: list[timedelta]) -> None:
    now, planned, last = MONDAY, None, None
    for gap in gaps:
        now += gap
        at = ping_at(planned, last, now, GROUPING)
        if at is None:
            continue
        assert at >= now
        assert last is None or at >= last + GROUPING.repeat
        planned = last = at

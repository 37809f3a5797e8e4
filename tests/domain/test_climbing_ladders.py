"""A rung fires when it is due; a case that fell behind fires one rung and then keeps its gaps."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Reason
from bot.domain.escalation import Climb, Ladder, Notify, OnCall, Traits, choose, climb, rung_due
from bot.domain.hours import Delay
from tests.fakes.build import DAY, HOUR, HOURS, LADDER, MINUTE, at, ladder, working
from tests.fakes.clock import MONDAY

TUESDAY = MONDAY + DAY
ELAPSED = ladder((Delay(HOUR), Notify.CHANNEL), (Delay(3 * HOUR), Notify.ON_CALL), (Delay(9 * HOUR), Notify.LEAD))
WORKING = ladder((working(HOUR), Notify.CHANNEL), (working(3 * HOUR), Notify.ON_CALL), (working(9 * HOUR), Notify.LEAD))


def test_a_rung_that_fires_on_time_leaves_the_clock_alone() -> None:
    assert climb(LADDER, 0, MONDAY, at("09:15"), HOURS) == Climb(MONDAY, at("10:00"), None)


def test_two_seconds_behind_is_still_on_time_and_three_are_late() -> None:
    due = at("09:15")
    assert climb(LADDER, 0, MONDAY, due + timedelta(seconds=2), HOURS).late_by is None
    assert climb(LADDER, 0, MONDAY, due + timedelta(seconds=3), HOURS).late_by == timedelta(seconds=3)


def test_a_little_lateness_does_not_add_up() -> None:
    second = timedelta(seconds=1)
    first = climb(ELAPSED, 0, MONDAY, at("10:00") + second, HOURS)
    assert first.next_due_at == at("12:00")
    assert climb(ELAPSED, 1, first.clock_start, at("12:00") + second, HOURS).next_due_at == at("18:00")


def test_the_last_rung_has_no_next_one() -> None:
    assert climb(LADDER, 2, MONDAY, at("13:00"), HOURS) == Climb(MONDAY, None, None)
    assert rung_due(LADDER, 3, MONDAY, HOURS) is None


def test_after_ten_hours_of_downtime_the_gap_to_the_next_rung_is_what_it_was() -> None:
    step = climb(ELAPSED, 0, MONDAY, at("20:00"), HOURS)
    assert step == Climb(MONDAY + 10 * HOUR, at("22:00"), 10 * HOUR)
    assert climb(ELAPSED, 1, step.clock_start, at("22:00"), HOURS) == Climb(
        MONDAY + 10 * HOUR, at("04:00", TUESDAY), None
    )


def test_a_late_rung_of_working_hours_does_not_set_off_the_next_one_at_once() -> None:
    """Opened Monday at 16:30, due Tuesday at 9:30, fired after closing: the next is due Wednesday at eleven."""
    start, now = at("16:30"), at("19:30", TUESDAY)
    step = climb(WORKING, 0, start, now, HOURS)
    assert step.late_by == 10 * HOUR
    assert step.next_due_at == at("11:00", MONDAY + 2 * DAY)


def test_an_elapsed_rung_after_a_late_working_one_keeps_its_elapsed_gap() -> None:
    mixed = ladder((working(4 * HOUR), Notify.CHANNEL), (Delay(24 * HOUR), Notify.LEAD))
    step = climb(mixed, 0, MONDAY, at("10:00", TUESDAY), HOURS)
    assert step.next_due_at == at("10:00", TUESDAY) + 20 * HOUR


def test_a_ladder_whose_next_rung_would_already_be_due_fires_it_now_and_not_in_the_past() -> None:
    odd = ladder((Delay(3 * HOUR), Notify.CHANNEL), (Delay(HOUR), Notify.ON_CALL))
    assert climb(odd, 0, MONDAY, at("12:00"), HOURS).next_due_at == at("12:00")


def fire_all(climbed: Ladder, start: datetime, index: int, now: datetime) -> list[datetime]:
    """When every rung fires, if rung `index` fires only at `now` and all others on time."""
    fired, clock_start, due = [], start, rung_due(climbed, 0, start, HOURS)
    for rung in range(len(climbed.rungs)):
        assert due is not None
        moment = max(due, now) if rung == index else due
        step = climb(climbed, rung, clock_start, moment, HOURS)
        assert (step.late_by is not None) == (moment > due + timedelta(seconds=2))
        fired.append(moment)
        clock_start, due = step.clock_start, step.next_due_at
    return fired


@given(st.sampled_from([ELAPSED, WORKING]), st.integers(0, 2), st.integers(0, 8000), st.integers(0, 8000))
def test_whatever_is_late_later_rungs_keep_their_gaps_in_their_own_measure(
    climbed: Ladder, index: int, start_minute: int, lateness: int
) -> None:
    start = MONDAY + start_minute * MINUTE
    due = rung_due(climbed, index, start, HOURS)
    assert due is not None
    fired = fire_all(climbed, start, index, due + lateness * MINUTE)
    for rung in {1, 2} - {index}:
        gap = climbed.rungs[rung].after.length - climbed.rungs[rung - 1].after.length
        assert fired[rung] == HOURS.add(fired[rung - 1], Delay(gap, climbed.rungs[rung].after.working))


def test_the_first_ladder_that_names_the_reason_wins_over_the_general_one() -> None:
    general = ladder(name="general")
    special = ladder(name="special", reasons=frozenset({"mistake"}))
    second = ladder(name="second", reasons=frozenset({"mistake", "ignored"}))
    ladders = (general, special, second)
    reasons = (Reason.MISTAKE, Reason.IGNORED, Reason.UNANSWERED)
    names = [choose(ladders, Traits(reason.value)).name for reason in reasons]
    assert names == ["special", "second", "general"]


def test_without_a_general_ladder_a_reason_nobody_named_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="general ladder"):
        choose((ladder(reasons=frozenset({"mistake"})),), Traits("ignored"))


def test_an_address_is_empty_where_nobody_is_named() -> None:
    on_call = OnCall(on_call="S123", lead="U9")
    assert [on_call.address(who) for who in Notify] == ["", "S123", "U9", "", ""]
    assert [OnCall().address(who) for who in Notify] == [""] * 5

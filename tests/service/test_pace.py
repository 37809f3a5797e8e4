"""How often the channel is spoken to: a small burst, then one at a time; when it asks for patience, all of it waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.service.pace import POSTS, REDRAWS, Limiter, Pace, Rate
from tests.fakes.clock import MONDAY

SECOND = timedelta(seconds=1)
NONE = timedelta()
lengths = st.integers(0, 5_000).map(lambda n: timedelta(milliseconds=n))


def spent_at_once(limiter: Limiter, now: datetime) -> int:
    """How many calls may be made without waiting."""
    count = 0
    while not limiter.wait(now):
        limiter.spend(now)
        count += 1
    return count


def test_a_few_go_at_once_and_then_one_a_second() -> None:
    limiter = Limiter(POSTS)
    assert spent_at_once(limiter, MONDAY) == 4
    assert limiter.wait(MONDAY) == SECOND
    assert limiter.wait(MONDAY + 0.4 * SECOND) == 0.6 * SECOND
    assert spent_at_once(limiter, MONDAY + SECOND) == 1


def test_after_a_rest_the_burst_is_there_again_and_no_more_than_that() -> None:
    limiter = Limiter(POSTS)
    spent_at_once(limiter, MONDAY)
    assert spent_at_once(limiter, MONDAY + timedelta(hours=1)) == 4


@given(
    st.integers(1, 6),
    st.integers(50, 3_000).map(lambda n: timedelta(milliseconds=n)),
    st.lists(st.tuples(lengths, st.none() | lengths), max_size=60),
)
def test_over_any_schedule_there_are_never_more_than_a_burst_and_one_each_gap(
    burst: int, gap: timedelta, schedule: list[tuple[timedelta, timedelta | None]]
) -> None:
    limiter, now, made = Limiter(Rate(gap, burst)), MONDAY, list[datetime]()
    for passes, patience in schedule:
        now += passes
        if patience is not None:
            limiter.hold(now, patience)
        for _ in range(burst + 1):
            if not limiter.wait(now):
                limiter.spend(now)
                made.append(now)
    for first, begin in enumerate(made):
        for last, end in enumerate(made[first:], 1):
            assert last <= burst + (end - begin) / gap


@given(st.lists(lengths, max_size=30))
def test_whoever_waits_as_long_as_told_may_then_go(steps: list[timedelta]) -> None:
    limiter, now = Limiter(POSTS), MONDAY
    for step in steps:
        limiter.spend(now)
        limiter.hold(now, step)
        now += limiter.wait(now)
        assert limiter.wait(now) == NONE


def test_patience_is_had_to_the_end_and_then_there_is_no_burst() -> None:
    limiter = Limiter(POSTS)
    limiter.hold(MONDAY, 30 * SECOND)
    limiter.hold(MONDAY, 10 * SECOND)
    assert limiter.wait(MONDAY) == 30 * SECOND
    assert spent_at_once(limiter, MONDAY + 29 * SECOND) == 0
    assert spent_at_once(limiter, MONDAY + 30 * SECOND) == 1


def test_when_the_clock_goes_back_an_hour_nobody_waits_an_hour() -> None:
    limiter = Limiter(POSTS)
    spent_at_once(limiter, MONDAY)
    limiter.hold(MONDAY, 5 * SECOND)
    earlier = MONDAY - timedelta(hours=1)
    assert limiter.wait(earlier) == 5 * SECOND
    assert limiter.wait(earlier + 5 * SECOND) == NONE


def test_posts_and_redraws_wait_apart() -> None:
    pace = Pace()
    pace.posts.hold(MONDAY, 30 * SECOND)
    assert spent_at_once(pace.redraws, MONDAY) == REDRAWS.burst
    assert (pace.posts.wait(MONDAY), pace.redraws.wait(MONDAY)) == (30 * SECOND, REDRAWS.gap)
    assert pace.pause(MONDAY) == REDRAWS.gap


def test_only_for_what_was_kept_waiting_there_is_a_pause() -> None:
    pace = Pace()
    pace.posts.hold(MONDAY, 30 * SECOND)
    assert pace.pause(MONDAY) is None
    pace.posts.wait(MONDAY)
    assert pace.pause(MONDAY + 10 * SECOND) == 20 * SECOND


def test_a_pause_that_is_over_before_anybody_asks_for_it_is_none_to_sleep_through() -> None:
    pace = Pace()
    pace.posts.hold(MONDAY, SECOND)
    pace.posts.wait(MONDAY)
    assert pace.pause(MONDAY + 2 * SECOND) == NONE
    pace.posts.wait(MONDAY + 2 * SECOND)
    assert pace.pause(MONDAY + 2 * SECOND) is None

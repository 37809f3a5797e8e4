"""When the inbox moves away from what the classifier learnt; equal weeks are never called a change."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.drift import Share, false_alarms, unseen_words


def share(fewest: int, most: int, low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[Share]:
    """Of so many, a part between these rates."""

    def of(whole: int) -> st.SearchStrategy[Share]:
        return st.builds(Share, st.integers(int(whole * low), int(whole * high)), st.just(whole))

    return st.integers(fewest, most).flatmap(of)


shares = share(0, 300)


@st.composite
def equal_rates(draw: st.DrawFn) -> tuple[Share, Share]:
    """Two shares of very different sizes, and exactly one rate."""
    part, rest = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    assume(part + rest)
    one, other = draw(st.integers(1, 50)), draw(st.integers(1, 50))
    return Share(part * one, (part + rest) * one), Share(part * other, (part + rest) * other)


def test_a_share_of_nothing_is_nothing() -> None:
    assert Share(0, 0).rate == 0.0
    assert Share(1.5, 6).rate == 0.25


# dismissed alerts


@given(equal_rates())
def test_equal_rates_of_dismissals_are_no_change(pair: tuple[Share, Share]) -> None:
    recent, before = pair
    assume(before.whole >= 20)
    assert false_alarms(recent, before) is None


@given(share(0, 300, high=0.6), share(20, 300, low=0.4))
def test_fewer_dismissals_than_before_are_no_alarm(recent: Share, before: Share) -> None:
    assume(recent.rate <= before.rate)
    assert false_alarms(recent, before) is None


@given(share(20, 300, low=0.4, high=0.95), share(0, 300, high=0.3))
def test_what_alarms_would_alarm_with_one_dismissal_more(recent: Share, before: Share) -> None:
    assume(recent.part < recent.whole and false_alarms(recent, before))
    assert false_alarms(Share(recent.part + 1, recent.whole), before)


@given(share(0, 19), shares)
def test_a_handful_of_decisions_never_alarms(recent: Share, before: Share) -> None:
    assert false_alarms(recent, before) is None


def test_a_rise_is_told_with_both_rates() -> None:
    assert false_alarms(Share(24, 40), Share(20, 100)) == (
        "“Not a mistake” rises: 60% of the last week's decided alerts, 20% before."
    )


def test_a_small_rise_among_few_may_be_chance_and_among_many_is_not() -> None:
    assert false_alarms(Share(9, 30), Share(20, 100)) is None
    assert false_alarms(Share(300, 1000), Share(200, 1000)) is not None


def test_a_new_installation_that_is_wrong_more_often_than_right_hears_of_it_without_a_past() -> None:
    assert false_alarms(Share(11, 20), Share(0, 0)) == (
        "55% of the alerts decided in the last week were “not a mistake”."
    )
    assert false_alarms(Share(10, 20), Share(19, 19)) is None
    assert false_alarms(Share(19, 19), Share(0, 0)) is None


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_weeks_in_which_all_are_dismissed_or_none_differ_in_nothing(rate: float) -> None:
    assert false_alarms(Share(40 * rate, 40), Share(160 * rate, 160)) is None


def test_where_nothing_changes_about_one_look_in_a_hundred_alarms() -> None:
    chance = Random(17)

    def week(size: int) -> Share:
        return Share(sum(chance.random() < 0.3 for _ in range(size)), size)

    alarms = sum(false_alarms(week(40), week(160)) is not None for _ in range(2000))
    assert 4 <= alarms <= 50


# words that the classifier never saw


@given(equal_rates())
def test_equal_shares_of_unseen_words_are_no_change(pair: tuple[Share, Share]) -> None:
    assert unseen_words(*pair) is None


@given(share(100, 300, high=0.6), share(100, 300, low=0.4))
def test_fewer_unseen_words_than_before_are_no_alarm(recent: Share, before: Share) -> None:
    assume(recent.rate <= before.rate)
    assert unseen_words(recent, before) is None


@given(share(0, 99), share(0, 300))
def test_a_few_messages_are_no_new_topic(few: Share, many: Share) -> None:
    assert unseen_words(few, many) is None
    assert unseen_words(many, few) is None


@given(share(100, 300, low=0.2, high=0.9), share(100, 300, high=0.3))
def test_what_is_a_new_topic_is_one_with_more_new_words(recent: Share, before: Share) -> None:
    assume(unseen_words(recent, before))
    assert unseen_words(Share(recent.part * 1.1, recent.whole), before)


def test_a_new_topic_is_told_with_both_shares() -> None:
    assert unseen_words(Share(12.0, 100), Share(20.0, 400)) == (
        "Customers use words that the classifier never saw: 12% of last week's, 5% before."
    )


@pytest.mark.parametrize(
    ("recent", "before"),
    [(0.07, 0.05), (0.02, 0.001), (0.25, 0.20)],
    ids=["not enough more", "more of next to nothing", "not half as many again"],
)
def test_a_little_more_is_no_new_topic(recent: float, before: float) -> None:
    assert unseen_words(Share(recent * 1000, 1000), Share(before * 1000, 1000)) is None

"""Lengths of time as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.hours import Delay, spell


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"), (59, "59s"), (60, "1m"), (119, "1m"), (900, "15m"), (3600, "1h"), (5400, "1h 30m"),
        (86_399, "23h 59m"), (86_400, "1d"), (86_400 + 1800, "1d"), (2 * 86_400 + 4 * 3600, "2d 4h"),
        (400 * 86_400, "400d"),
    ],
)  # fmt: skip
def test_a_length_is_told_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert spell(timedelta(seconds=seconds)) == words


def test_a_delay_says_whether_it_counts_working_hours_only() -> None:
    assert str(Delay(timedelta(hours=4))) == "4h"
    assert str(Delay(timedelta(minutes=90), working=True)) == "1h 30m working"

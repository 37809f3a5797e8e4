"""L5: an engine that is dead, hangs or is locked out ends; tests/watchdog plays it with processes, in shorter times."""

from __future__ import annotations

import pytest

from bot.watchdog import Limits, Since, account, judge


@pytest.mark.parametrize(
    ("since", "ends"),
    [
        (Since(own=5.9), False), (Since(own=6.1), True), (Since(database=119.0), False), (Since(database=121.0), True),
        (Since(own=5.0, database=100.0), False),
    ],
)  # fmt: skip
def test_l5_hung_for_six_ticks_or_locked_out_for_two_minutes_it_ends(since: Since, ends: bool) -> None:
    assert bool(judge(since, (), Limits())) == ends


def test_l5_dead_in_one_of_its_threads_it_ends_at_the_next_look_and_asleep_it_has_not_hung() -> None:
    assert "mail has died" in judge(Since(), ("mail",), Limits())
    assert account(Since(own=5.9), 3600.0, "own", Limits()) == Since()
    assert Limits().every <= 1.0

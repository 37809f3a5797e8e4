"""What takes too long is ended, once; what was over in time is left alone."""

from __future__ import annotations

import threading

import pytest

from bot.edges.alarm import Alarm

SOON = 60.0  # seconds until a test gives up


def test_what_takes_too_long_is_ended_however_long_others_may_take() -> None:
    alarm, ended = Alarm(), threading.Event()
    with alarm.ended_after(1000, lambda: pytest.fail("it had time")), alarm.ended_after(0.01, ended.set):
        assert ended.wait(SOON)


def test_each_is_ended_once_and_one_that_cannot_be_ended_stops_no_other() -> None:
    alarm, calls, both = Alarm(), list[str](), threading.Event()

    def fails() -> None:
        calls.append("fails")
        raise OSError

    second = alarm.ended_after(0.02, lambda: calls.append("second"))
    with alarm.ended_after(0.01, fails), second, alarm.ended_after(0.05, both.set):
        assert both.wait(SOON)
    assert sorted(calls) == ["fails", "second"]


def test_what_is_over_in_time_is_left_alone() -> None:
    alarm, later = Alarm(), threading.Event()
    calls: list[int] = []
    for number in range(100):
        with alarm.ended_after(0.02, lambda number=number: calls.append(number)):  # type: ignore[misc]
            pass
    with alarm.ended_after(0.05, later.set):
        assert later.wait(SOON)
    assert calls == []

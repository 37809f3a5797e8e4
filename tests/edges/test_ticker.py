"""The clock ticks, whatever becomes of what it calls, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bot.edges.ticker import Ticker

SOON = 60.0  # seconds until a test gives up
FAST = 0.01


@pytest.fixture
def ticker() -> Iterator[Ticker]:
    made = Ticker()
    yield made
    if running():
        made.stop()


def running() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "APScheduler" in thread.name]


class Counting:
    """Counts its calls; `reached` is set with the call that makes `goal`."""

    def __init__(self, goal: int) -> None:
        self.goal, self.calls, self.reached = goal, 0, threading.Event()

    def __call__(self) -> None:
        self.calls += 1
        if self.calls >= self.goal:
            self.reached.set()


def test_it_ticks_again_and_again_and_not_before_it_is_started(ticker: Ticker) -> None:
    call = Counting(5)
    ticker.every(FAST, call, "tick")
    assert (call.calls, running()) == (0, [])
    ticker.start()
    assert call.reached.wait(SOON)


def test_a_call_that_raises_is_logged_and_called_again(ticker: Ticker, caplog: pytest.LogCaptureFixture) -> None:
    call = Counting(3)

    def failing() -> None:
        call()
        if call.calls < 3:
            raise KeyError("odd")

    ticker.every(FAST, failing, "the tick")
    ticker.start()
    assert call.reached.wait(SOON)
    logged = [record for record in caplog.records if record.getMessage().startswith("the tick failed")]
    assert len(logged) == 2
    assert all(record.exc_info and record.exc_info[0] is KeyError for record in logged)


def test_a_call_that_lasts_is_not_doubled_and_keeps_no_other_from_ticking(ticker: Ticker) -> None:
    go_on, inside, other = threading.Event(), Counting(2), Counting(20)

    def lasting() -> None:
        inside()
        go_on.wait(SOON)

    ticker.every(FAST, lasting, "lasting")
    ticker.every(FAST, other, "other")
    ticker.start()
    assert other.reached.wait(SOON)
    assert inside.calls == 1
    go_on.set()
    assert inside.reached.wait(SOON), "after the long call it goes on"


def test_once_stopped_it_ticks_no_more_and_waits_for_no_call_under_way(ticker: Ticker) -> None:
    go_on, began, ended = threading.Event(), threading.Event(), threading.Event()

    def lasting() -> None:
        began.set()
        go_on.wait(SOON)
        ended.set()

    ticker.every(FAST, lasting, "tick")
    ticker.start()
    assert began.wait(SOON)
    assert running()
    ticker.stop()
    assert not ended.is_set(), "it waited"
    assert running() == [], "somebody is left to tick"
    go_on.set()

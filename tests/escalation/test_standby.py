"""L6: when the engine that ticks is killed or stopped, another takes over within its lease and one tick."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.service.ticking import LENGTH
from tests.escalation import invariants
from tests.escalation.processes import SOON, Engine, Life, fire_in_turn
from tests.fakes.build import MINUTE, MISTAKE
from tests.fakes.clock import MONDAY
from tests.fakes.dovecot import wait_until
from tests.fakes.world import everything

TICK = timedelta(seconds=1)
SIGNALS = [signal.SIGKILL, signal.SIGSTOP]


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_l6_a_standby_takes_over_within_the_lease_and_one_tick(
    life: Life, start: Callable[..., Engine], number: signal.Signals
) -> None:
    life.customer("You charged me twice.", MISTAKE)
    first, standby = start(), start()
    gone = MONDAY + 15 * MINUTE - TICK
    assert first.does(fire_in_turn, gone).held
    assert not standby.does(fire_in_turn, gone).held
    first.signal(number)
    moments = [gone + after * TICK for after in range(1, int(LENGTH / TICK) + 2)]
    ticked = [standby.does(fire_in_turn, moment) for moment in moments]
    assert sum(one.queued for one in ticked) == 1, "the rung that was due meanwhile has fired"
    assert ticked[-1].held
    before = everything(life.store)
    if number is signal.SIGSTOP:
        first.signal(signal.SIGCONT)
        assert not first.does(fire_in_turn, moments[-1]).held
    assert everything(life.store) == before
    invariants.hold(life.store)


@pytest.mark.parametrize("point", ["before_commit_of_change_cases", "after_commit_of_change_cases"])
def test_l6_killed_within_its_tick_the_rung_fires_once(life: Life, start: Callable[..., Engine], point: str) -> None:
    life.customer("You charged me twice.", MISTAKE)
    first, standby = start(point), start()
    due = MONDAY + 15 * MINUTE
    assert first.does(fire_in_turn, due) is None
    assert first.died
    assert standby.does(fire_in_turn, due + LENGTH).held
    assert [key.split(":", 1)[1] for key, _ in life.outbox()] == ["mistake:0:0:channel", "still_unanswered:0:0:channel"]
    invariants.hold(life.store)


@pytest.mark.parametrize("fresh", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_l6_on_postgresql_nobody_waits_for_one_that_is_stopped_within_its_tick(
    life: Life, start: Callable[..., Engine]
) -> None:
    """SQLite has one lock for all, and no way to take it from who holds it: there the watchdogs end both."""
    life.customer("You charged me twice.", MISTAKE)
    first, standby = start("stopped_within_change_cases"), start()
    due = MONDAY + 15 * MINUTE
    first.is_told(fire_in_turn, due)
    assert wait_until(lambda: first.is_stopped, SOON)
    ticked = standby.does(fire_in_turn, due + LENGTH)
    assert (ticked.held, ticked.queued) == (True, 1)
    invariants.hold(life.store)

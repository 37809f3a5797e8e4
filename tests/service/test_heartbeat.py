"""Somebody elsewhere hears from amends while it works, and only then."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from bot.domain.health import Finding, Health, Severity
from bot.errors import Retriable
from bot.service.heartbeat import Heartbeat
from tests.fakes.build import MINUTE
from tests.fakes.world import World

SICK = Health((Finding("tick", Severity.UNHEALTHY, "No deadline was looked after."),))
WARNED = Health((Finding("quarantine", Severity.WARNING, "A mail could not be read."),))


@dataclass
class Listener:
    """Whoever waits for it."""

    health: Health = field(default_factory=Health)
    trouble: Exception | None = None
    heard: int = 0

    def call(self) -> None:
        if self.trouble:
            raise self.trouble
        self.heard += 1

    def beat(self, world: World) -> Heartbeat:
        return Heartbeat(lambda: self.health, self.call, world.store, MINUTE)


def test_it_is_called_while_all_is_well_and_that_is_written_down(world: World) -> None:
    listener = Listener(WARNED)
    assert listener.beat(world).once()
    assert listener.heard == 1
    assert world.store.transact(lambda tx: tx.pulses())["heartbeat"].good_at == world.clock.now()


def test_an_amends_that_does_not_work_is_silent_and_says_once_why(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener(SICK)
    beat = listener.beat(world)
    assert [beat.once(), beat.once()] == [False, False]
    assert listener.heard == 0
    assert [one.getMessage() for one in caplog.records] == ["no heartbeat: No deadline was looked after."]
    listener.health = Health()
    assert beat.once()
    assert listener.heard == 1


def test_what_does_not_get_through_is_written_down_and_tried_again(world: World) -> None:
    listener = Listener(trouble=Retriable("It answers 500.", where="the heartbeat"))
    beat = listener.beat(world)
    assert not beat.once()
    pulse = world.store.transact(lambda tx: tx.pulses())["heartbeat"]
    assert (pulse.good_at, pulse.error) == (None, "the heartbeat: It answers 500.")
    listener.trouble = None
    assert beat.once()
    assert world.store.transact(lambda tx: tx.pulses())["heartbeat"].error == ""


def test_it_ends_when_it_is_told_to(world: World) -> None:
    stop = threading.Event()
    stop.set()
    Listener().beat(world).run(stop)

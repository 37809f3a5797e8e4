"""An audit that is asked often looks rarely, and whatever it looks at, it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.health import Expected, Pulse, Vitals
from bot.errors import Retriable
from bot.service.audit import Auditor
from bot.store.vitals import vitals
from tests.fakes.build import HOUR, MINUTE, MISTAKE
from tests.fakes.clock import SimulatedClock
from tests.fakes.world import World

SECOND = timedelta(seconds=1)


@dataclass
class Looks:
    """Sees a tick of this very moment, or the trouble that it was told of."""

    trouble: Exception | None = None
    at: list[datetime] = field(default_factory=list)

    def __call__(self, now: datetime) -> Vitals:
        self.at.append(now)
        if self.trouble:
            raise self.trouble
        return Vitals(pulses={"tick": Pulse(now, now)})


def test_asked_again_within_a_second_it_does_not_look_again(clock: SimulatedClock) -> None:
    looks = Looks()
    auditor = Auditor(looks, Expected(), clock)
    for length in (0.0, 0.9, 0.2, 0.7):
        clock.advance(timedelta(seconds=length))
        assert auditor.health().is_healthy
    assert len(looks.at) == 2


def test_after_the_clock_went_back_it_looks_again(clock: SimulatedClock) -> None:
    looks = Looks()
    auditor = Auditor(looks, Expected(), clock)
    auditor.health()
    clock.advance(-HOUR)
    auditor.health()
    assert len(looks.at) == 2


def test_a_database_that_cannot_be_read_is_a_finding(clock: SimulatedClock) -> None:
    found = Auditor(Looks(Retriable("The database does not answer.")), Expected(), clock).health()
    assert [(one.id, one.said) for one in found.findings] == [
        ("database", "The database cannot be read: The database does not answer.")
    ]
    assert not found.is_healthy


def test_why_the_tick_fails_is_told_with_it(clock: SimulatedClock) -> None:
    auditor = Auditor(lambda now: Vitals(pulses={"tick": Pulse(now, now - MINUTE)}), Expected(), clock)
    auditor.tick_failed("The disk is full.")
    assert auditor.health().findings[0].said == "No deadline was looked after for 1m. The disk is full."


def test_of_a_whole_amends_it_sees_what_was_passed_over_and_what_was_made_up_for(world: World) -> None:
    auditor = Auditor(lambda now: world.store.read(lambda c: vitals(c, now)), Expected(), world.clock)

    def ticks() -> list[str]:
        world.store.transact(lambda tx: tx.pulse("tick"))
        world.clock.advance(2 * SECOND)
        return [one.id for one in auditor.health().findings]

    assert ticks() == []
    world.customer("You charged me twice.", MISTAKE)
    world.clock.advance(HOUR)
    assert ticks() == ["deadlines"]
    world.engine()
    assert ticks() == []
    world.channel.heard = len(world.channel.posts)  # what it says is told elsewhere

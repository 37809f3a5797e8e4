"""The same pipeline under a clock that jumps from event to event: for the demo and for back-testing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.message import Arrival
from bot.domain.triage import Policy
from bot.service.deliver import Delivery
from bot.service.intake import Intake
from bot.service.ports import Store
from bot.service.tick import tick


@dataclass(slots=True)
class SimulatedClock:
    """A clock that stands still until it is moved, and never goes back."""

    moment: datetime

    def now(self) -> datetime:
        """The simulated moment, UTC."""
        return self.moment

    def move(self, to: datetime) -> None:
        """Forward to a moment; an earlier one is ignored."""
        self.moment = max(self.moment, to)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something at a moment: a message that arrives, or something that a person does."""

    at: datetime
    what: Arrival | Callable[[], None]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Plays happenings in order; deadlines between them fire at their own moments."""

    clock: SimulatedClock
    store: Store
    intake: Intake
    policy: Policy
    delivery: Delivery

    def play(self, happenings: Iterable[Happening], until: datetime | None = None) -> None:
        """All of them, then what falls due until `until`."""
        for happening in sorted(happenings, key=lambda h: h.at):
            self._pass_time(happening.at)
            if isinstance(happening.what, Arrival):
                self.intake.take([happening.what])
            else:
                happening.what()
            self.delivery.run()
        if until is not None:
            self._pass_time(until)

    def _pass_time(self, to: datetime) -> None:
        """Stop at every deadline before `to`; one second on, as the ticker of a running bot would."""
        while True:
            due = self.store.transact(lambda tx: tx.next_due())
            if due is None or due > to:
                break
            self.clock.move(due)
            if not tick(self.store, self.policy).due:
                self.clock.move(self.clock.now() + timedelta(seconds=1))
            self.delivery.run()
        self.clock.move(to)

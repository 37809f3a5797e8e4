"""A canary: now and then something is said the way of all alerts, and whether it arrives is seen.

Its due time is a row. A tick finds it and queues a notice, delivery says that in the operators' channel, a later tick
sees it said and closes it. It is a notice and not a case, so that no list, count, review or training ever holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.health import CANARY, Pulse
from bot.service.ports import Transaction

PREFIX = "canary:"
"""Of the keys of canaries: by it they find their channel."""
_ADVICE = "Nothing is to be done. Where this stays away, `amends status` says why."


@dataclass(frozen=True, slots=True)
class Canary:
    """Sets out every so often, one at a time: one that has not arrived is waited for."""

    every: timedelta

    def look(self, tx: Transaction) -> bool:
        """A part of each tick: close what has arrived, and let the next one set out; whether one did."""
        flight = tx.pulses().get(CANARY)
        is_flying = flight is not None and (flight.good_at is None or flight.good_at < flight.begun_at)
        if flight is not None and is_flying:
            has_arrived = tx.said_under(_key(flight))
            if has_arrived:
                tx.pulse(CANARY)
            elif has_arrived is not None:
                return False
        due = tx.chore_due(CANARY)
        if due is not None and tx.now < due <= tx.now + self.every:  # later than that only by another config or clock
            return False
        self._set_out(tx)
        return True

    def _set_out(self, tx: Transaction) -> None:
        tx.begin_pulse(CANARY)
        tx.plan_chore(CANARY, tx.now + self.every)
        told = (f"It set out at {tx.now:%H:%M:%S} UTC, and came the way of all alerts.",)
        tx.announce(Notice(_key(Pulse(tx.now)), Topic.CANARY, "The canary has arrived", told, _ADVICE))


def _key(flight: Pulse) -> AlertKey:
    return AlertKey(f"{PREFIX}{flight.begun_at.isoformat()}")

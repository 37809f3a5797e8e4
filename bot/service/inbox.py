"""What Slack told us is worked off, in order, once; what cannot be is tried again, then put aside and told of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.alert import AlertKey, Notice, Topic
from bot.errors import Retriable
from bot.service.defects import frames
from bot.service.ports import InboundRow, Kind, Store, Transaction

log = logging.getLogger(__name__)
BATCH = 50
TRIES = 3
_SOON, _LONGEST = timedelta(seconds=2), timedelta(minutes=5)
# Slack itself tells nothing again after an hour; whoever sweeps a gap recognises messages by their place.
REMEMBERED = timedelta(days=7)

Handle = Callable[[InboundRow], None]
"""Works one row off, and says so in the transaction in which it does. Raises what it likes."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The way in from Slack; used by one thread."""

    store: Store
    handlers: Mapping[Kind, Handle]

    def run(self) -> int:
        """Work off what is there; how many rows were done with."""
        done = 0
        while True:
            rows = self.store.transact(lambda tx: tx.inbound(BATCH))
            done += sum(self._one(row) for row in rows)
            if len(rows) < BATCH:
                return done

    def _one(self, row: InboundRow) -> bool:
        try:
            self.handlers[row.kind](row)
        except Retriable as problem:
            wait, reason = problem.retry_after, str(problem)
            log.warning("%s %s from Slack waits: %s", row.kind.value, row.id, reason)
            self.store.transact(lambda tx: tx.inbound_waits(row.id, tx.now + _patience(row, tx.now, wait), reason))
            return False
        except Exception as problem:
            self._failed(row, problem)
            return False
        return True

    def _failed(self, row: InboundRow, problem: Exception) -> None:
        """Its words are not told: they may be a customer's."""
        reason, last = type(problem).__name__, row.tries + 1 >= TRIES
        log.error("%s %s from Slack could not be worked off: %s", row.kind.value, row.id, frames(problem))

        def note(tx: Transaction) -> None:
            tx.inbound_failed(row.id, None if last else tx.now + _SOON, reason)
            if last:
                tx.announce(_told(row, reason))

        self.store.transact(note)


def _patience(row: InboundRow, now: datetime, asked_for: float | None) -> timedelta:
    """As long as it has waited already, so that the waits double."""
    return timedelta(seconds=asked_for) if asked_for else min(max(now - row.at, _SOON), _LONGEST)


def _told(row: InboundRow, reason: str) -> Notice:
    line = f"Number {row.id}, told at {row.at:%Y-%m-%d %H:%M} UTC: {reason}"
    advice = "It is kept in the table `inbound` of the database; the log of amends run shows where it failed."
    return Notice(
        AlertKey(f"inbound:{row.id}"), Topic.INBOUND, "Something from Slack could not be read", (line,), advice
    )


def forget(tx: Transaction) -> int:
    """Drop the keys of what was done with long ago."""
    return tx.forget_inbound(tx.now - REMEMBERED)

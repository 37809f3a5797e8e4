"""We speak: one row at a time is claimed under a lease, checked again, said, and settled."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.hours import spell
from bot.errors import Refused, Retriable
from bot.service.ports import Channel, Clock, OutboxRow, Ref, Store, Transaction

log = logging.getLogger(__name__)

# A call to the channel may last CALL seconds. A row is leased for longer than that, and nothing is
# sent with less than CALL left: so when a lease has run out, no call of its holder is still under way.
CALL = timedelta(seconds=10)
LEASE = timedelta(seconds=15)
SETTLE = timedelta(seconds=5)
REFUSED = timedelta(minutes=5)
# Waits double until they are long enough; counting on would overflow after a week of outage.
_FIRST_WAIT, _LONGEST_WAIT, _DOUBLINGS = 2.0, 300.0, 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way out."""

    store: Store
    channel: Channel
    clock: Clock

    def run(self, limit: int = 1000) -> int:
        """Say what may be said now; how many rows were sent. Never raises what the channel raises."""
        sent = 0
        for _ in range(limit):
            row = self.store.transact(_next)
            if row is None:
                break
            sent += self._send(row)
        return sent

    def _send(self, row: OutboxRow) -> bool:
        alert, root = self.store.transact(lambda tx: tx.alert_for(row))
        if alert is None:
            self.store.transact(lambda tx: tx.bury(row, "its case no longer wants it"))
            return False
        if not self._lease_holds(row):
            return False
        try:
            ref = self.channel.post(alert, root)
        except Retriable as problem:
            self._postpone(row, problem)
        except Refused as problem:
            # a revoked token or an archived channel is mended by a person; until then nothing is thrown away
            log.error("alert %s cannot be delivered: %s Tried again in %s.", row.key, problem, spell(REFUSED))
            reason = str(problem)
            self.store.transact(lambda tx: tx.release(row, tx.now + REFUSED, reason))
        else:
            return self.settled(row, ref)
        return False

    def settled(self, row: OutboxRow, ref: Ref) -> bool:
        """Write down where it stands."""
        return self.store.transact(lambda tx: tx.settle(row, ref))

    def _lease_holds(self, row: OutboxRow) -> bool:
        """Whether a call that starts now ends inside the lease; if not, whoever finds the row looks it up."""
        return self.clock.now() + CALL <= row.lease_until

    def _postpone(self, row: OutboxRow, problem: Retriable) -> None:
        reason = str(problem)
        if problem.outcome_unknown:
            log.warning("alert %s: %s Its outcome is looked up before anything is repeated.", row.key, reason)
            look_up_at = row.lease_until + SETTLE
            self.store.transact(lambda tx: tx.hold(row, look_up_at, reason))
            return
        wait = problem.retry_after or min(_FIRST_WAIT * 2 ** min(row.attempts, _DOUBLINGS), _LONGEST_WAIT)
        log.warning("alert %s: %s Tried again in %.0f s.", row.key, reason, wait)
        self.store.transact(lambda tx: tx.release(row, tx.now + timedelta(seconds=wait), reason))


def _next(tx: Transaction) -> OutboxRow | None:
    """What is to be said now; of a flood, first the few that matter most, then the list of the others."""
    tx.bundle()
    return tx.claim(LEASE, SETTLE)

"""After a crash or a lost answer: what may have been said is looked up before anything is said again."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.errors import NoLookUp, Refused, Retriable
from bot.service.deliver import LEASE, SETTLE
from bot.service.ports import Channel, OutboxRow, Store

log = logging.getLogger(__name__)
# Clocks of two machines may differ; a post is looked for from this long before it was queued.
_SKEW = timedelta(minutes=2)
_AGAIN = timedelta(seconds=30)


def recover(store: Store, channel: Channel, limit: int = 100) -> int:
    """Reconcile rows whose sender vanished; how many were found said already. Others are sent again."""
    found = 0
    for _ in range(limit):
        row = store.transact(lambda tx: tx.unresolved(LEASE + SETTLE))
        if row is None:
            break
        found += _reconcile(store, channel, row)
    return found


def _reconcile(store: Store, channel: Channel, row: OutboxRow) -> bool:
    try:
        _, root = store.transact(lambda tx: tx.alert_for(row))
        ref = channel.find(row.key, root, row.queued_at - _SKEW)
    except NoLookUp as problem:
        log.error("alert %s may have been sent, and nobody can tell: it is sent again. %s", row.key, problem)
        reason = str(problem)
        store.transact(lambda tx: tx.release(row, tx.now, reason))  # twice is a nuisance, silence is a loss
        return False
    except (Retriable, Refused) as problem:
        # without an answer nothing may be repeated: the row waits, and the log says why
        log.error("alert %s may have been sent, and it could not be looked up: %s", row.key, problem)
        reason = str(problem)
        store.transact(lambda tx: tx.hold(row, tx.now + _AGAIN, reason))
        return False
    if ref is None:
        store.transact(lambda tx: tx.release(row, tx.now, "looked up: it was not sent"))
        return False
    log.info("alert %s had been sent before the interruption", row.key)
    return store.transact(lambda tx: tx.settle(row, ref))

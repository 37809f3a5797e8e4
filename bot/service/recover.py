"""After a crash or a lost answer: what may have been said is looked up before anything is said again.

What was said again because nobody could find it may show up late. So it is looked for twice more, and all but the one
on record is taken back. What shows up after that, ten minutes late, stays.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.domain.escalation import How
from bot.errors import NoLookUp, Refused, Retriable
from bot.service.deliver import REFUSED, TIMING, Timing
from bot.service.ports import Channel, OutboxRow, Ref, Store

log = logging.getLogger(__name__)
# Clocks of two machines may differ; a post is looked for from this long before it was queued.
SKEW = timedelta(minutes=2)


def recover(store: Store, channel: Channel, limit: int = 100, timing: Timing = TIMING) -> int:
    """Reconcile rows whose sender vanished; how many were found said already. Others are sent again.

    Then what was said twice is taken back.
    """
    found = 0
    lease = timing.lease + timing.settle
    for _ in range(limit):
        row = store.transact(lambda tx: tx.unresolved(lease))
        if row is None:
            break
        was_found = _reconcile(store, channel, row, timing)
        if was_found is None:
            break
        found += was_found
    for _ in range(limit):
        said_again = store.transact(lambda tx: tx.twin_to_look_for(lease))
        if said_again is None:
            break
        _take_back_twins(store, channel, *said_again, timing)
    return found


def _reconcile(store: Store, channel: Channel, row: OutboxRow, timing: Timing) -> bool | None:
    """Whether it had been said; None: the channel wants to be left alone."""
    try:
        refs = _standing(store, channel, row)
    except NoLookUp as problem:
        log.error("alert %s may have been sent, and nobody can tell: it is sent again. %s", row.key, problem)
        reason = str(problem)
        # twice is a nuisance, silence is a loss
        store.transact(lambda tx: tx.release(row, tx.now, reason, said_again=True))
        return False
    except (Retriable, Refused) as problem:
        # without an answer nothing may be repeated: the row waits, and the log says why
        log.error("alert %s may have been sent, and it could not be looked up: %s", row.key, problem)
        reason, wait = str(problem), _wait(problem, timing)
        store.transact(lambda tx: tx.hold(row, tx.now + wait, reason))
        return None if isinstance(problem, Retriable) and problem.retry_after else False
    if not refs:
        store.transact(lambda tx: tx.release(row, tx.now, "looked up: it was not sent", said_again=True))
        return False
    log.info("alert %s had been sent before the interruption", row.key)
    return store.transact(lambda tx: tx.settle(row, refs[0], twins=len(refs) > 1))


def _standing(store: Store, channel: Channel, row: OutboxRow) -> list[Ref]:
    """Wherever it stands, once each: it may have been said when its case had no card, or another one."""
    _, root = store.transact(lambda tx: tx.alert_for(row))
    since = row.queued_at - SKEW
    replies = channel.find(row.key, root, since) if root else []
    return list(dict.fromkeys(replies + channel.find(row.key, None, since, to=_told_directly(row))))


def _told_directly(row: OutboxRow) -> str:
    """Whom it was to be said to alone; empty where it was not."""
    return row.say.mention if row.say is not None and row.say.how is How.DM else ""


def _take_back_twins(store: Store, channel: Channel, row: OutboxRow, on_record: Ref, timing: Timing) -> None:
    try:
        refs = _standing(store, channel, row)
        # somebody may have deleted the one on record; then another one has to stay
        kept = on_record if on_record in refs else next(iter(refs), None)
        for twin in refs:
            if twin != kept:
                _take_back(channel, row, twin)
    except NoLookUp as problem:
        log.error("alert %s was said again and may stand there twice: %s", row.key, problem)
        store.transact(lambda tx: tx.look_for_twin_again(row, None))
    except (Retriable, Refused) as problem:
        log.warning("alert %s was said again, and could not be looked for: %s", row.key, problem)
        wait = REFUSED if isinstance(problem, Refused) else _wait(problem, timing)
        store.transact(lambda tx: tx.look_for_twin_again(row, tx.now + wait))
    else:
        store.transact(lambda tx: tx.looked_for_twin(row))


def _take_back(channel: Channel, row: OutboxRow, twin: Ref) -> None:
    """What must not be deleted stays, and it is said so: to try for ever helps nobody."""
    try:
        channel.delete(twin)
    except Refused as problem:
        log.error("alert %s stands there twice, and %s could not be taken back: %s", row.key, twin, problem)
    else:
        log.warning("alert %s had been said twice; %s was taken back", row.key, twin)


def _wait(problem: Retriable | Refused, timing: Timing) -> timedelta:
    asked = timedelta(seconds=(problem.retry_after or 0.0) if isinstance(problem, Retriable) else 0.0)
    return max(asked, timing.look_again)

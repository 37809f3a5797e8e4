"""Time passes: what is due is decided and written, at most a hundred rows a transaction, a savepoint each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.triage import Policy, on_due, on_silence
from bot.errors import LostRace
from bot.service.act import carry_out
from bot.service.ports import Store, Transaction

log = logging.getLogger(__name__)
BATCH = 100
# A case that cannot be decided is looked at again this much later; the others are not held up.
PUSH_AHEAD = timedelta(minutes=5)


@dataclass(slots=True)
class Ticked:
    """What one transaction did."""

    due: int = 0
    queued: int = 0
    failed: int = 0


def tick(store: Store, policy: Policy) -> Ticked:
    """Fire all that is due. Cost depends on what is due, not on what is open."""
    total = Ticked()
    while True:
        done = store.transact(lambda tx: _batch(tx, policy))
        total.due, total.queued, total.failed = (
            total.due + done.due, total.queued + done.queued, total.failed + done.failed,
        )  # fmt: skip
        if done.due < BATCH:
            return total


def _batch(tx: Transaction, policy: Policy) -> Ticked:
    done = Ticked()
    for case in tx.due_cases(BATCH):
        done.due += 1
        _guarded(tx, done, lambda it=case: carry_out(tx, on_due(it, policy, tx.now)),  # type: ignore[misc]
                 lambda it=case: tx.push_ahead(it.id, tx.now + PUSH_AHEAD))  # type: ignore[misc]  # fmt: skip
    for waiting, customer in tx.due_waits(BATCH - done.due):
        done.due += 1
        _guarded(tx, done, lambda w=waiting, c=customer: carry_out(tx, on_silence(w, c, policy, tx.now)),  # type: ignore[misc]
                 lambda w=waiting: tx.forget_wait(w.thread, tx.now + PUSH_AHEAD))  # type: ignore[misc]  # fmt: skip
    return done


def _guarded(tx: Transaction, done: Ticked, fire: Callable[[], int], push: Callable[[], None]) -> None:
    """One row in its own savepoint: whatever fails in it is logged, pushed ahead, and stops nobody else.

    A row that somebody else changed at the same moment is theirs: the deadline they wrote stands.
    """
    try:
        with tx.savepoint():
            done.queued += fire()
    except LostRace:
        return
    except Exception:
        log.exception("a due row could not be decided; it is tried again in %s", PUSH_AHEAD)
        done.failed += 1
        with tx.savepoint():
            push()

"""Time passes: what is due is decided and written, at most fifty rows a transaction.

All of a batch is written in few statements; if one row spoils that, each gets a savepoint of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.actions import ChangeCase
from bot.domain.case import Case
from bot.domain.policy import Policy
from bot.domain.triage import on_due, on_silence
from bot.errors import LostRace
from bot.service.act import carry_out
from bot.service.due_ports import PUSH_AHEAD
from bot.service.pings import bundle_pings
from bot.service.ports import Store, Transaction

log = logging.getLogger(__name__)
# A complaint that comes in a storm waits for one such transaction; another process on SQLite, for its turn between two.
BATCH = 50
Fence = Callable[[Transaction], bool]


@dataclass(slots=True)
class Ticked:
    """What one transaction did. `held`: whether the tick was ours; if not, nothing was written."""

    due: int = 0
    queued: int = 0
    failed: int = 0
    held: bool = True


def tick(store: Store, policy: Policy, fence: Fence | None = None) -> Ticked:
    """Fire all that is due. Cost depends on what is due, not on what is open.

    `fence` is asked first in each transaction; once it says no, nothing is written.
    """
    total = Ticked()
    while True:
        done = store.transact(lambda tx: _batch(tx, policy, fence))
        total.due, total.queued, total.failed, total.held = (
            total.due + done.due, total.queued + done.queued, total.failed + done.failed, done.held,
        )  # fmt: skip
        if done.due < BATCH:
            return total


def _batch(tx: Transaction, policy: Policy, fence: Fence | None) -> Ticked:
    done = Ticked()
    if fence is not None and not fence(tx):
        done.held = False
        return done
    cases = tx.due_cases(BATCH)
    done.due = len(cases)
    if cases:
        _fire(tx, cases, policy, done)
    for waiting, customer, medium in tx.due_waits(BATCH - done.due):
        done.due += 1
        _guarded(
            tx, done, lambda w=waiting, c=customer, m=medium: carry_out(tx, on_silence(w, c, policy, tx.now, m)),  # type: ignore[misc]
            lambda w=waiting: tx.defective_wait(w.thread, tx.now + PUSH_AHEAD),  # type: ignore[misc]
        )  # fmt: skip
    return done


def _fire(tx: Transaction, cases: Sequence[Case], policy: Policy, done: Ticked) -> None:
    """All in one go; where that fails, one by one, so that the one that fails stops nobody else."""
    decided = [change for case in cases for change in _decided(tx, case, policy, done)]
    try:
        with tx.savepoint():
            done.queued += _write(tx, decided, policy)
    except Exception as problem:  # a defect in one row: which one shows when each is written alone
        if not isinstance(problem, LostRace):
            log.warning("%s due cases are written one by one: %s", len(cases), type(problem).__name__)
        for one in decided:
            _guarded(tx, done, lambda it=one: _write(tx, [it], policy),  # type: ignore[misc]
                     lambda it=one: tx.defective(it.case.id, tx.now + PUSH_AHEAD))  # type: ignore[misc]  # fmt: skip


def _decided(tx: Transaction, case: Case, policy: Policy, done: Ticked) -> Sequence[ChangeCase]:
    """What time leads to for one case: changes of it, and nothing else."""
    try:
        actions = on_due(case, policy, tx.now)
        changes = [one for one in actions if isinstance(one, ChangeCase)]
        assert len(changes) == len(actions), "time changes cases, and nothing else"
    except Exception:  # whatever one row holds, the others are due
        log.exception("a due row could not be decided; it is tried again in %s", PUSH_AHEAD)
        done.failed += 1
        tx.defective(case.id, tx.now + PUSH_AHEAD)
        return ()
    return changes


def _write(tx: Transaction, changes: Sequence[ChangeCase], policy: Policy) -> int:
    bundled = bundle_pings(tx, changes, policy.grouping, tx.now)
    tx.change_cases(bundled)
    return sum(len(one.say) for one in bundled)


def _guarded(tx: Transaction, done: Ticked, fire: Callable[[], int], push: Callable[[], None]) -> None:
    """One row in its own savepoint: whatever fails in it is logged, pushed ahead, and stops nobody else.

    A row that somebody else changed at the same moment is theirs: the deadline they wrote stands.
    """
    try:
        with tx.savepoint():
            done.queued += fire()
    except LostRace:
        return
    except Exception:  # as above
        log.exception("a due row could not be decided; it is tried again in %s", PUSH_AHEAD)
        done.failed += 1
        with tx.savepoint():
            push()

"""What people tell amends about a case: steps, snoozes, and with them corrections for the classifier."""

from __future__ import annotations

from datetime import datetime

from bot.domain.alert import CaseId
from bot.domain.case import Case, Step
from bot.domain.triage import Policy, snooze, take_step
from bot.errors import UsageError
from bot.service.act import carry_out
from bot.service.ports import Store, Transaction


def step(store: Store, policy: Policy, case: CaseId, what: Step, *, who: str, whence: str, note: str = "") -> Case:
    """Take a step by hand; the case as it is now. Raises UsageError, IllegalStep or LostRace."""

    def work(tx: Transaction) -> Case:
        found = _existing(tx, case)
        carry_out(tx, take_step(found, what, policy, tx.now, who=who, whence=whence, note=note))
        return _existing(tx, case)

    return store.transact(work)


def put_off(store: Store, case: CaseId, until: datetime, *, who: str, whence: str) -> Case:
    """Snooze a case until a moment (UTC); the case as it is now."""

    def work(tx: Transaction) -> Case:
        carry_out(tx, snooze(_existing(tx, case), until, tx.now, who=who, whence=whence))
        return _existing(tx, case)

    return store.transact(work)


def _existing(tx: Transaction, case: CaseId) -> Case:
    found = tx.case(case)
    if found is None:
        raise UsageError(f"There is no case {case}.", advice="`amends cases` lists them.")
    return found

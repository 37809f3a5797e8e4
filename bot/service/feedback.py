"""What people tell amends about a case, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.domain.alert import CaseId
from bot.domain.case import Case, Step
from bot.domain.triage import Policy
from bot.service.ports import Store
from bot.service.races import until_won
from bot.service.team import Team


def act(store: Store, policy: Policy, work: Callable[[Team], str], *, who: str, whence: str) -> str:
    """What a person does, and what is said to them; what somebody changed meanwhile is looked at again.

    Raises UsageError, IllegalStep, or LostRace when others are faster again and again.
    """
    return until_won(store, lambda tx: work(Team(tx, policy, who, whence)))


def step(store: Store, policy: Policy, case: CaseId, what: Step, *, who: str, whence: str, note: str = "") -> Case:
    """Take a step by hand; the case as it is now. Raises UsageError, IllegalStep or LostRace."""
    act(store, policy, lambda team: team.step(case, what, note), who=who, whence=whence)
    return _now(store, case)


def put_off(store: Store, policy: Policy, case: CaseId, until: datetime, *, who: str, whence: str) -> Case:
    """Snooze a case until a moment (UTC); the case as it is now."""
    act(store, policy, lambda team: team.snooze(case, until), who=who, whence=whence)
    return _now(store, case)


def _now(store: Store, case: CaseId) -> Case:
    found = store.transact(lambda tx: tx.case(case))
    assert found is not None  # it was there a moment ago, and cases are never deleted
    return found

"""Carries out what the domain decided, inside the transaction that loaded the facts."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.triage import Action, ChangeCase, Correct, OpenCase, Track
from bot.service.ports import Transaction


def carry_out(tx: Transaction, actions: Sequence[Action]) -> int:
    """Write every action; returns how many messages were queued. Raises LostRace when a case has moved on."""
    return sum(_one(tx, action) for action in actions)


def _one(tx: Transaction, action: Action) -> int:
    match action:
        case OpenCase(case, entry, say, message):
            tx.queue(tx.open_case(case, entry, message), say)
            return 1
        case ChangeCase(case, entry, says, withdraw):
            tx.change_case(case, entry)
            if withdraw:
                tx.withdraw(case.id)
            for say in says:
                tx.queue(case.id, say)
            return len(says)
        case Track(thread, waiting):
            tx.track(thread, waiting)
        case Correct(case, labels, who, note):
            tx.correct(case.id, labels, who, note)
    return 0

"""Who loses a race looks again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.errors import LostRace
from bot.service.ports import Store, Transaction

T = TypeVar("T")
_TIMES = 5


def until_won(store: Store, work: Callable[[Transaction], T]) -> T:
    """`work` in a transaction, begun anew with what somebody changed meanwhile. Raises LostRace at the fifth time."""
    for _ in range(_TIMES - 1):
        try:
            return store.transact(work)
        except LostRace:
            continue
    return store.transact(work)

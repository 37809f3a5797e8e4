"""A store into which a test can step between two transactions, as another process or a slow machine would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bot.service.ports import Store, Transaction

T = TypeVar("T")


@dataclass
class Between:
    """Passes all work on to `store`; after the n-th transaction (1 = first) it does what `then[n]` says."""

    store: Store
    then: dict[int, Callable[[], object]] = field(default_factory=dict)
    done: int = 0

    def transact(self, work: Callable[[Transaction], T]) -> T:
        result = self.store.transact(work)
        self.done += 1
        if meanwhile := self.then.get(self.done):
            meanwhile()
        return result

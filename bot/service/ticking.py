"""Who ticks: one process at a time. It says so in each transaction of its tick, so a paused one writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bot.service.ports import Transaction

log = logging.getLogger(__name__)
NAME = "tick"
LENGTH = timedelta(seconds=5)
"""A standby takes over this long after the last tick of a holder that is stopped; at once, if it is seen to be dead."""


@dataclass(slots=True)
class TickLease:
    """The fence of the tick. `is_gone` tells of a holder's name whether that process certainly lives no more."""

    holder: str
    is_gone: Callable[[str], bool]
    _fence: int | None = field(default=None)
    _told: bool = False
    _dropped: bool = False

    def __call__(self, tx: Transaction) -> bool:
        """Whether the tick is ours in this very transaction; then it is for another while."""
        if self._dropped:
            return False
        if self._fence is not None and tx.keep_lease(NAME, self.holder, self._fence, LENGTH):
            return True
        self._fence = self._take(tx)
        return self._fence is not None

    def _take(self, tx: Transaction) -> int | None:
        before = tx.lease_holder(NAME)
        is_another = before not in ("", self.holder)
        dead = frozenset({before}) if is_another and self.is_gone(before) else frozenset()
        if not tx.take_lease(NAME, self.holder, LENGTH, from_the_dead=dead):
            if not self._told:
                log.info("another amends escalates; standing by")
            self._told = True
            return None
        self._told = False
        return tx.fence(NAME)

    def drop(self, tx: Transaction) -> None:
        """Let another have it at once; a tick that is still under way takes it no more."""
        self._dropped, self._fence = True, None
        tx.drop_lease(NAME, self.holder)

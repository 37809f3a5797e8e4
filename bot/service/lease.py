"""Who watches a mailbox: one process at a time. The unique key of each place makes two harmless; this makes it one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.service.ports import Clock, Store, Transaction

log = logging.getLogger(__name__)
LENGTH = timedelta(seconds=20)
RENEWED_EVERY = 5.0
"""Seconds; a holder that was stopped for longer than the lease lasts finds it gone."""


@dataclass(slots=True)
class Lease:
    """On one name. `is_gone` tells of a holder's name whether that process certainly lives no more."""

    store: Store
    clock: Clock
    name: str
    holder: str
    is_gone: Callable[[str], bool]
    _until: datetime | None = field(default=None)
    _told: bool = False
    was_left: bool = False
    """Whether its last holder ended without letting it go: killed, or by something that it read."""

    @property
    def held(self) -> bool:
        """Whether it is ours now, by our own clock."""
        return self._until is not None and self.clock.now() < self._until

    def keep(self) -> bool:
        """Take or renew it; to be called every few seconds. Whether it is ours."""
        asked_at = self.clock.now()
        if self.store.transact(self._take):
            self._until, self._told = asked_at + LENGTH, False
            return True
        if self._until is not None or not self._told:
            log.info("%s is watched by another amends; standing by", self.name)
        self._until, self._told = None, True
        return False

    def _take(self, tx: Transaction) -> bool:
        holder = tx.lease_holder(self.name)
        is_another = holder not in ("", self.holder)
        dead = frozenset({holder}) if is_another and self.is_gone(holder) else frozenset()
        taken = tx.take_lease(self.name, self.holder, LENGTH, from_the_dead=dead)
        self.was_left = self.was_left or (taken and is_another)
        return taken

    def drop(self) -> None:
        """Let another have it at once."""
        self._until = None
        self.store.transact(lambda tx: tx.drop_lease(self.name, self.holder))

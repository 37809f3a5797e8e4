"""A dead man's switch: somebody elsewhere is called while all is well, and notices when the calls end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from bot.domain.health import HEARTBEAT, Health
from bot.errors import AmendsError
from bot.service.ports import Store, Transaction

log = logging.getLogger(__name__)


class Heartbeat:
    """Runs in a thread of its own, so that neither a slow server nor a locked database keeps anybody waiting."""

    def __init__(self, health: Callable[[], Health], call: Callable[[], None], store: Store, every: timedelta) -> None:
        """Nothing is called yet. `call` raises AmendsError, in words that hold no secret."""
        self._health, self._call, self._store, self._every = health, call, store, every
        self._was_silent = False

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        while not stop.wait(self._every.total_seconds()):
            self.once()

    def once(self) -> bool:
        """Call, if nothing is unhealthy; whether that got through."""
        found = self._health()
        if not found.is_healthy:
            if not self._was_silent:
                log.warning("no heartbeat: %s", found.findings[0].said)
            self._was_silent = True
            return False
        self._was_silent = False
        try:
            self._call()
        except AmendsError as problem:
            log.warning("the heartbeat did not get through: %s", problem)
            said = str(problem)
            self._note(lambda tx: tx.bad_pulse(HEARTBEAT, said))
            return False
        self._note(lambda tx: tx.pulse(HEARTBEAT))
        return True

    def _note(self, work: Callable[[Transaction], object]) -> None:
        try:
            self._store.transact(work)
        except AmendsError as problem:
            log.warning("how the heartbeat went could not be written down: %s", problem)

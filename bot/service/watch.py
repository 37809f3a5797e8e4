"""Looks at the folders of one account again and again; each folder fails alone, with its own back-off."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import Refused, Retriable
from bot.service.intake import Intake
from bot.service.ports import Clock, Cursor, Source, Store

log = logging.getLogger(__name__)
# Waits double until they are long enough; counting on would overflow after days of outage.
_FIRST, _LONGEST, _DOUBLINGS = 2.0, 300.0, 10


@dataclass(slots=True)
class Backoff:
    """How long a folder that failed is left alone: 2 s, 4 s … 5 minutes, or what the server asked for."""

    failures: int = 0
    until: datetime | None = None

    def failed(self, now: datetime, asked: float | None) -> float:
        """Note a failure; returns the seconds until the next try."""
        wait = max(asked or 0.0, min(_FIRST * float(2 ** min(self.failures, _DOUBLINGS)), _LONGEST))
        self.failures += 1
        self.until = now + timedelta(seconds=wait)
        return wait

    def over(self, now: datetime) -> bool:
        """Whether it may be tried again."""
        return self.until is None or now >= self.until


@dataclass(slots=True)
class Watch:
    """The folders of one account, in order."""

    sources: Sequence[Source]
    intake: Intake
    store: Store
    clock: Clock
    poll_seconds: float
    _backoffs: dict[str, Backoff] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; nothing that a server does ends it."""
        while not stop.is_set():
            self.once(stop)
            stop.wait(self.poll_seconds)
        for source in self.sources:
            source.close()

    def once(self, stop: threading.Event) -> None:
        """One look at every folder that is not in back-off."""
        for source in self.sources:
            backoff = self._backoffs.setdefault(source.name, Backoff())
            if not stop.is_set() and backoff.over(self.clock.now()):
                self._look(source, backoff, stop)

    def _look(self, source: Source, backoff: Backoff, stop: threading.Event) -> None:
        try:
            for batch in source.unread(self._cursor):
                self.intake.take(batch)
                if stop.is_set():
                    return
        except (Retriable, Refused) as problem:
            asked = problem.retry_after if isinstance(problem, Retriable) else _LONGEST
            wait = backoff.failed(self.clock.now(), asked)
            log.warning("%s: %s Tried again in %.0f s.", source.name, problem, wait)
        except Exception:
            wait = backoff.failed(self.clock.now(), None)
            log.exception("%s: reading failed in an unexpected way; tried again in %.0f s", source.name, wait)
            source.close()
        else:
            if backoff.failures:
                log.info("%s: works again", source.name)
            self._backoffs[source.name] = Backoff()

    def _cursor(self, account: str, folder: str) -> Cursor | None:
        return self.store.transact(lambda tx: tx.cursor(account, folder))

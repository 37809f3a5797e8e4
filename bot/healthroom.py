"""Everything in this process that watches amends itself: the watchdog, the audit and who may ask it, what it calls."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from bot import auditing
from bot.domain.health import DELIVER, TICK
from bot.edges import heartbeat
from bot.edges.health_http import HealthServer
from bot.errors import AmendsError, SettingsError
from bot.service.canary import Canary
from bot.service.heartbeat import Heartbeat
from bot.service.ports import Clock, Transaction
from bot.service.tick import Fence
from bot.settings import Settings
from bot.watchdog import Watchdog

if TYPE_CHECKING:
    from bot.store.store import SqlStore

log = logging.getLogger(__name__)
T = TypeVar("T")
# That nothing had to be said is written down this often (seconds).
_DELIVERED_EVERY = 5.0


class HealthRoom:
    """What the parts of amends tell how they do, and what makes that known."""

    def __init__(self, settings: Settings, store: SqlStore, clock: Clock) -> None:
        """Nothing runs yet. Raises SettingsError where the heartbeat's URL is none."""
        self._settings, self._store = settings, store
        self._auditor = auditing.auditor(settings, store, clock)
        self._watchdog = Watchdog(lambda: store.waiting_since)
        self._canary = Canary(settings.health.canary_every) if settings.health.canary_channel else None
        self._delivered_at = -_DELIVERED_EVERY
        self._server: HealthServer | None = None
        if settings.health.heartbeat.named:
            heartbeat.check(settings.health.heartbeat.reveal())

    def threads(self, stop: threading.Event) -> list[threading.Thread]:
        """One that calls who waits for us, if anybody does; not started yet."""
        told = self._settings.health
        if not told.heartbeat.named:
            return []
        beat = Heartbeat(
            self._auditor.health, lambda: heartbeat.call(told.heartbeat.reveal()), self._store, told.heartbeat_every
        )
        return [threading.Thread(target=beat.run, args=(stop,), name="heartbeat", daemon=True)]

    def start(self, threads: Iterable[threading.Thread], stop: threading.Event) -> None:
        """Watch these threads and the tick until `stop`, and answer who asks."""
        self._watchdog.start(threads, stop)
        if self._settings.health.listen is None:
            return
        try:
            answers = auditing.answers(self._auditor, self._store)
            self._server = HealthServer(answers, *self._settings.health.listen)
        except SettingsError as problem:
            log.warning("/healthz and /metrics are not there, everything else works: %s", problem)
            return
        self._server.start()
        log.info("healthy or not: %s/healthz", self._server.url)

    def stop(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.stop()

    # what the parts of amends tell

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Around each tick."""
        try:
            with self._watchdog.ticking():
                yield
        except AmendsError as problem:
            self._auditor.tick_failed(str(problem))
            raise
        self._auditor.tick_failed("")

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """For the tick, which has many transactions where much is due: each of them shows that it is not hung."""
        done = self._store.transact(work)
        self._watchdog.beat()
        return done

    def fence(self, lease: Fence) -> Fence:
        """For one tick: the lease, and once with it that the tick is done and what the canary wants, in its commit."""
        noted = False

        def is_ours(tx: Transaction) -> bool:
            nonlocal noted
            if not lease(tx):
                return False
            if not noted:
                self._note_tick(tx)
                noted = True
            return True

        return is_ours

    def _note_tick(self, tx: Transaction) -> None:
        tx.pulse(TICK)
        if self._canary is not None:
            self._canary.look(tx)

    def delivered(self) -> None:
        """What was to be said was looked at; that goes well even where nothing was, or may be yet."""
        if time.monotonic() - self._delivered_at >= _DELIVERED_EVERY:
            self._store.transact(lambda tx: tx.pulse(DELIVER))
            self._delivered_at = time.monotonic()

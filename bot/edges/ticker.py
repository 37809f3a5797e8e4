"""The clock that ticks. The only file that imports APScheduler, and it does nothing but tick: due times are rows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.WARNING)


class Ticker:
    """Calls functions at intervals of seconds. A call that lasts longer than its interval is not doubled.

    A missed moment is made up for once, however late (`misfire_grace_time=None`): the default of one second
    would drop it.
    """

    def __init__(self) -> None:
        """Nothing ticks yet."""
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(self, seconds: float, call: Callable[[], object], name: str) -> None:
        """Add a function; what it raises is logged and does not stop the ticking."""
        self._scheduler.add_job(_guarded, "interval", seconds=seconds, args=(call, name), id=name)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """End without waiting for a call under way: a crash at any line is harmless, so is this."""
        self._scheduler.shutdown(wait=False)


def _guarded(call: Callable[[], object], name: str) -> None:
    try:
        call()
    except Exception:
        log.exception("%s failed; it is tried again at the next tick", name)

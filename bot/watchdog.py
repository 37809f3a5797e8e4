"""Ends a process that no longer does its work, so that a supervisor starts it anew; it asks no database and no server.

Hung: the tick has not completed for `own` seconds; where the database kept it waiting, for `database` seconds. Seconds
in which this process itself did not run (stopped, or a machine that slept) count for nothing.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Literal

from bot.errors import Retriable

log = logging.getLogger(__name__)
EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h."""

# A log whose reader hangs must not keep a process alive that is to end (seconds).
_LAST_WORDS = 2.0
_DEEPEST = 12
Waiting = Literal["own", "database"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: without a completed tick, the same while the database is waited for, and between two looks.

    A look that comes later than `asleep` shows that nothing ran meanwhile.
    """

    own: float = 6.0
    database: float = 120.0
    every: float = 0.5
    asleep: float = 2.5


@dataclass(frozen=True, slots=True)
class Since:
    """Seconds since the last completed tick, by what they were spent on."""

    own: float = 0.0
    database: float = 0.0


def account(since: Since, passed: float, waiting: Waiting, limits: Limits) -> Since:
    """Another look, `passed` seconds after the last one. After a sleep everything has its time again."""
    if passed > limits.asleep:
        return Since()
    if waiting == "database":
        return replace(since, database=since.database + passed)
    return replace(since, own=since.own + passed)


def judge(since: Since, dead: Iterable[str], limits: Limits) -> str:
    """Why the process must end, "" if it need not. `dead`: threads that ended although nobody asked them to."""
    gone = sorted(dead)
    if gone:
        return f"the thread {gone[0]} has died"
    if since.own > limits.own:
        return f"the tick has not completed for {since.own + since.database:.0f} s"
    if since.own + since.database > limits.database:
        return f"the database has kept the tick waiting for {since.own + since.database:.0f} s"
    return ""


class Watchdog:
    """Looks twice a second, from a thread of its own. `waiting_since`: since when the database keeps us, or None."""

    def __init__(self, waiting_since: Callable[[], float | None], limits: Limits | None = None) -> None:
        """Nothing is watched yet."""
        self._waiting_since, self._limits = waiting_since, limits or Limits()
        self._threads: tuple[threading.Thread, ...] = ()
        self._beaten = threading.Event()
        self._locked_out = False
        self._ticking: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self, threads: Iterable[threading.Thread], stop: threading.Event) -> None:
        """Watch from now on until `stop`, before which none of the `threads` is to end."""
        self._threads, self._stop = tuple(threads), stop
        self._thread.start()

    def beat(self) -> None:
        """The tick has done something: a transaction of many is enough."""
        self._locked_out = False
        self._beaten.set()

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Around each tick. One that fails is none; one that the world kept from its work waits for the database."""
        self._ticking, self._locked_out = threading.get_ident(), False
        try:
            yield
        except Retriable:
            self._locked_out = True
            raise
        self.beat()

    def _watch(self) -> None:
        since, looked = Since(), time.monotonic()
        while not self._stop.wait(self._limits.every):
            now = time.monotonic()
            if self._beaten.is_set():
                self._beaten.clear()
                since = Since()
            else:
                since = account(since, now - looked, self._waits_for(), self._limits)
            looked = now
            why = judge(since, (one.name for one in self._threads if not one.is_alive()), self._limits)
            if why and not self._stop.is_set():
                self._end(why)

    def _waits_for(self) -> Waiting:
        return "database" if self._locked_out or self._waiting_since() is not None else "own"

    def _end(self, why: str) -> None:
        """One line, however the log is, and then nothing more."""
        where = "; ".join(_stacks(self._ticking))
        speaker = threading.Thread(target=_say, args=(why, where), daemon=True)
        speaker.start()
        speaker.join(_LAST_WORDS)
        os._exit(EXIT_CODE)


def _say(why: str, where: str) -> None:
    log.critical("amends ends itself, to be started anew: %s. Where it was: %s", why, where)
    logging.shutdown()


def _stacks(ticking: int | None) -> Iterator[str]:
    """Names of functions alone, the innermost last: of whoever ticks, and of whoever writes to the database."""
    names = {one.ident: one.name for one in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        if ident == ticking or names.get(ident, "").startswith("store"):
            yield f"{names.get(ident, 'tick')}: {' > '.join(reversed(list(_functions(frame))[:_DEEPEST]))}"


def _functions(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield frame.f_code.co_name
        frame = frame.f_back

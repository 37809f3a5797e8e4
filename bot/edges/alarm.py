"""What takes too long is ended. One thread watches over all connections: one for each command costs more than most."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator


class Alarm:
    """Calls what ends things that were not over in time; its thread is started when it is first needed."""

    def __init__(self) -> None:
        """Nothing is watched yet."""
        self._changed = threading.Condition()
        self._watched: dict[object, tuple[float, Callable[[], None]]] = {}
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def ended_after(self, seconds: float, end: Callable[[], None]) -> Iterator[None]:
        """What takes longer than that is ended by `end`: called once, from another thread; it must not block."""
        key, due = object(), time.monotonic() + seconds
        with self._changed:
            self._watched[key] = (due, end)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="alarm", daemon=True)
                self._thread.start()
            elif due < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._watched.pop(key, None)

    def _watch(self) -> None:
        while True:
            for end in self._wait():
                with contextlib.suppress(Exception):  # one that cannot be ended leaves the others watched
                    end()

    def _wait(self) -> list[Callable[[], None]]:
        """Sleep until the first is due; those that are."""
        with self._changed:
            self._wakes = min((due for due, _ in self._watched.values()), default=math.inf)
            # what is over by then was taken away without a word: to wake for nothing is cheaper than to be told
            self._changed.wait(None if self._wakes == math.inf else max(0.0, self._wakes - time.monotonic()))
            now = time.monotonic()
            late = [key for key, (due, _) in self._watched.items() if due <= now]
            return [self._watched.pop(key)[1] for key in late]


ALARM = Alarm()

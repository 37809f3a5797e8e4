"""Since when the database keeps the writer waiting: while a transaction begins, executes a statement, or commits."""

from __future__ import annotations

import threading
import time
from typing import Any

from sqlalchemy import Engine, event


class Waiting:
    """Written by the thread that writes, read by whoever watches it; what others read does not count."""

    def __init__(self, engine: Engine) -> None:
        """Hears of each statement."""
        self.since: float | None = None
        self._writer: int | None = None
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def begins(self) -> None:
        """From now on, for this thread; seconds of a clock that never goes back."""
        self._writer, self.since = threading.get_ident(), time.monotonic()

    def ends(self) -> None:
        """It has answered."""
        self.since = None

    def _before(self, *_: Any) -> None:
        if threading.get_ident() == self._writer:
            self.since = time.monotonic()

    def _after(self, *_: Any) -> None:
        if threading.get_ident() == self._writer:
            self.since = None

"""Keeps one connection to Slack up: dials, watches, dials again. It knows no library; `bolt.py` does the dialling."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.edges.slack.session import PATIENCE, Dial, Health, Patience, Session
from bot.errors import AmendsError, Refused, Retriable

log = logging.getLogger(__name__)


class Line:
    """One thread that sees to it that there is a session."""

    def __init__(self, dial: Dial, connected: Callable[[], None], patience: Patience = PATIENCE) -> None:
        """`dial` opens a session, or raises Retriable or Refused; it is given what to call when a session changes.

        `connected` is called after each connection that was made: what was said meanwhile has to be fetched. It is
        called by the thread that watches the line, so it must be quick and raise nothing.
        """
        self._dial, self._connected, self._patience = dial, connected, patience
        self._changed = threading.Condition()
        self._session: Session | None = None
        self._stopping = False
        self._health = Health(connected=False, since=datetime.now(UTC))
        self._failures = self._short_lived = 0  # in a row
        self._thread = threading.Thread(target=self._run, name="slack-line", daemon=True)

    def start(self) -> None:
        """Begin to dial; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End it: within two seconds, whatever is under way."""
        with self._changed:
            self._stopping = True
            session, self._session = self._session, None
            self._changed.notify_all()
        if session is not None:
            session.end(self._patience.stop)
        if self._thread.is_alive():  # a call under way may take longer; what it returns is closed
            self._thread.join(self._patience.stop / 2)
        self._note(connected=False, error=self._health.error)

    @property
    def health(self) -> Health:
        """As it is now."""
        with self._changed:
            if self._session is None:
                return self._health
            age = timedelta(seconds=time.monotonic() - self._session.last_pong)
            return replace(self._health, last_pong=datetime.now(UTC) - age)

    def _run(self) -> None:
        try:
            while (session := self._reached()) is not None and self._adopted(session):
                self._connected()
                self._watch(session)
        finally:
            self._lost("The line has ended.")

    # dialling

    def _reached(self) -> Session | None:
        """A new session, however long it takes; None when there is to be none."""
        pause = self._pause()
        while self._waited(pause):
            try:
                return self._dial(self._wake)
            except (Retriable, Refused) as problem:
                self._failures += 1
                pause = self._after(problem)
                self._tell(problem, pause)
        return None

    def _after(self, problem: AmendsError) -> float:
        if isinstance(problem, Refused):
            return self._patience.refused
        return max(self._pause(), getattr(problem, "retry_after", None) or 0.0)

    def _pause(self) -> float:
        """0 as long as all is well."""
        patience = self._patience
        return max(self._doubled(self._failures, patience.longest), self._doubled(self._short_lived, patience.restless))

    def _doubled(self, times: int, most: float) -> float:
        """With jitter: after an outage not everybody should call in the same second."""
        doubled: float = self._patience.first * 2 ** min(times - 1, 16) if times else 0.0
        return min(doubled, most) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)

    def _tell(self, problem: AmendsError, pause: float) -> None:
        """A no once until it changes; everything else each time."""
        error = str(problem)
        refused = isinstance(problem, Refused)
        if not (refused and error == self._health.error):
            log.log(logging.ERROR if refused else logging.WARNING, "%s Next try in %.1f s.", error, pause)
        with self._changed:
            self._health = replace(self._health, error=error)

    def _waited(self, seconds: float) -> bool:
        """Whether we are to go on, after so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)
            return not self._stopping

    # watching

    def _adopted(self, session: Session) -> bool:
        """The new one replaces the old one, if there is one still; False when we were told to stop meanwhile."""
        with self._changed:
            wanted = not self._stopping
            unwanted, self._session = (self._session, session) if wanted else (session, self._session)
        if unwanted is not None:
            self._close(unwanted)
        if wanted:
            self._failures = 0
            self._note(connected=True)
            log.info("Connected to Slack.")
        return wanted

    def _watch(self, session: Session) -> None:
        """Until another one is wanted in its place."""
        begin = time.monotonic()
        with self._changed:
            while not self._stopping and not session.is_leaving and not self._ended(session):
                self._changed.wait(self._patience.look)
            why = self._ended(session)
        settled = time.monotonic() - begin >= self._patience.settled
        self._short_lived = 0 if settled else self._short_lived + 1
        if why and not self._stopping:
            log.warning("The connection to Slack is lost: %s", why)
            self._lost(why)

    def _ended(self, session: Session) -> str:
        """Why nothing comes over it any more; "" while something may."""
        if not session.is_open:
            return session.trouble or "it was closed."
        silent = time.monotonic() - session.last_pong
        return f"no answer for {silent:.0f} s." if silent > self._patience.pong else ""

    def _lost(self, why: str) -> None:
        with self._changed:
            session, self._session = self._session, None
        self._note(connected=False, error=self._health.error if self._stopping else why)
        if session is not None:
            self._close(session)

    def _close(self, session: Session) -> None:
        """Without waiting for it."""
        threading.Thread(target=session.end, args=(self._patience.drain,), name="slack-goodbye", daemon=True).start()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _note(self, *, connected: bool, error: str = "") -> None:
        with self._changed:
            since = self._health.since if self._health.connected == connected else datetime.now(UTC)
            self._health = Health(connected, since, self._health.last_pong, error)

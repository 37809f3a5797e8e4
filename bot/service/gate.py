"""No alert goes out before every folder of a mailbox is read as far as it reached when amends connected.

Else a customer who was answered long ago would be reported as ignored, because the Sent folder was read last.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

# A folder that fails for longer than this no longer holds up what the others bring.
EXCUSED = timedelta(seconds=60)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Gate:
    """For one account; its folders say how far they are, each from its own thread."""

    def __init__(self, folders: Iterable[str]) -> None:
        """All of them are still to be read."""
        self._lock = threading.Lock()
        self._behind: dict[str, datetime | None] = dict.fromkeys(folders)  # since when it fails, None: it does not
        self._recovered_at = _LONG_AGO

    def is_open(self, now: datetime) -> bool:
        """Whether all have caught up, but for those that are excused."""
        with self._lock:
            return all(failing is not None and now - failing >= EXCUSED for failing in self._behind.values())

    def recovers(self, folder: str, now: datetime) -> None:
        """It can be read again after a long time: others that failed meanwhile get as long as at first to follow it."""
        with self._lock:
            failing = self._behind.get(folder)
            if failing is None or now - failing < EXCUSED:
                return
            self._recovered_at = now
            for name, since in self._behind.items():
                if since is not None and since != _LONG_AGO:
                    self._behind[name] = now

    def recovered_after(self, moment: datetime) -> bool:
        """Whether some folder came back after that moment, so that it is worth trying another."""
        with self._lock:
            return self._recovered_at > moment

    def reads(self, folder: str) -> None:
        """It is behind, and being read."""
        with self._lock:
            self._behind[folder] = None

    def reached(self, folder: str) -> None:
        """It was read as far as it went when it was opened."""
        with self._lock:
            self._behind.pop(folder, None)

    def fails(self, folder: str, now: datetime) -> None:
        """It cannot be read: what is in it is unknown from now on."""
        with self._lock:
            self._behind[folder] = self._behind.get(folder) or now

    def excuse(self, folder: str) -> None:
        """It will not be read, so nobody waits for it."""
        with self._lock:
            self._behind[folder] = _LONG_AGO

    @property
    def waits_for(self) -> list[str]:
        """The folders that are behind."""
        with self._lock:
            return sorted(self._behind)

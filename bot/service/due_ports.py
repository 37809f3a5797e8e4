"""What the tick needs of the database: many cases at a time, in few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.actions import ChangeCase
from bot.domain.alert import CaseId
from bot.domain.case import Case
from bot.domain.message import ThreadId

# What cannot be read or decided is looked at again this much later; the others are not held up.
PUSH_AHEAD = timedelta(minutes=5)


class DueTransaction(Protocol):
    """The part of a transaction that deals with what is due."""

    def due_cases(self, limit: int) -> list[Case]:
        """Cases whose deadline has come, the longest overdue first; what cannot be read is told of and left out."""

    def change_cases(self, changes: Sequence[ChangeCase]) -> None:
        """Write many cases, their log lines and what they say. Raises LostRace where one was changed meanwhile."""

    def defective(self, case: CaseId, until: datetime) -> None:
        """Look at a case that cannot be decided again then, and tell people that nobody is told of it."""

    def defective_wait(self, thread: ThreadId, until: datetime) -> None:
        """The same for a customer who waits for an answer."""

    def planned_pings(self, addresses: Collection[str]) -> dict[str, datetime]:
        """When the latest ping to each of these addresses was planned for."""

    def plan_pings(self, planned: dict[str, datetime]) -> None:
        """Remember when the next ping to each address is planned for."""

    def last_pings(self, cases: Collection[CaseId]) -> dict[tuple[CaseId, str], datetime]:
        """When each of these cases last pinged whom."""

    def keep_lease(self, name: str, holder: str, fence: int, length: timedelta) -> bool:
        """Have a lease for another while, if it is still ours under this fence."""

    def fence(self, name: str) -> int:
        """How often the holder of a lease has changed."""

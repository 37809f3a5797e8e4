"""What a story is told from, and the lines that it is told in. Moments are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.alert import Reason
from bot.domain.case import Case, Entry
from bot.domain.message import Direction, Medium
from bot.domain.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Read:
    """A message of the case's thread. `opened`: it is the one that the case is about. Moments are UTC.

    `seen_at`: when amends first saw it. `is_history`: it lay there before amends first looked.
    """

    seen_at: datetime
    received_at: datetime
    sender: str
    direction: Direction
    medium: Medium
    subject: str
    words: str
    verdict: Verdict | None = None
    opened: bool = False
    is_history: bool = False
    is_held: bool = False
    retracted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was to be said about the case, and what became of it (a row of the outbox)."""

    reason: Reason
    queued_at: datetime
    state: str
    loop: int = 0
    rung: int = 0
    mention: str = ""
    how: str = "thread"
    late_by: timedelta | None = None
    deferred_until: datetime | None = None
    sent_at: datetime | None = None
    in_a_list: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the database knows of a case; `deadlines` are those that each entry left behind, if it says so."""

    case: Case
    read: tuple[Read, ...]
    log: tuple[tuple[Entry, datetime | None], ...]
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One event: when (UTC), of what kind, in a sentence; `words` are a customer's own."""

    at: datetime
    kind: str
    sentence: str
    words: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"at": self.at.isoformat(), "kind": self.kind, "sentence": self.sentence, "words": self.words}

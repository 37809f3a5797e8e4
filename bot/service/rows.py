"""What the services and the database hand each other: rows in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, NewType

from bot.domain.alert import Alert, AlertKey, CaseId, Notice, Say
from bot.domain.message import Message, MessageId, ThreadId, Unreadable
from bot.domain.verdict import Label, Verdict

RowId = NewType("RowId", int)


Ref = NewType("Ref", str)

NOT_WANTED = "its case no longer wants it"
"""Why a row of the outbox ends unsaid, where that is as it should be."""


class Kind(Enum):
    """What somebody does in Slack that we are told of."""

    EVENT = "event"
    ACTION = "action"
    VIEW = "view"
    COMMAND = "command"
    SHORTCUT = "shortcut"


@dataclass(frozen=True, slots=True)
class Received:
    """Something that Slack told us: the same thing told again has the same key. `payload` is JSON as it came."""

    kind: Kind
    key: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read: every message up to `last_uid` of this UIDVALIDITY is stored.

    What lay there when it was first seen, up to `history_until`, is history, and read only from `since` on.
    """

    uidvalidity: int
    last_uid: int
    since: date = date.min
    history_until: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a folder found: the UIDs that lie behind the cursor, ascending.

    `begins`: the folder was never seen before, or under another UIDVALIDITY; then `cursor` is where it begins.
    """

    cursor: Cursor
    uids: tuple[int, ...] = ()
    begins: bool = False

    @property
    def until(self) -> int:
        """Where the cursor stands when all of it is stored."""
        return max(self.cursor.last_uid, self.cursor.history_until, *self.uids[-1:], 0)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What could not be read, under its number; how often it was tried, and how it ended, if it has."""

    id: int
    mail: Unreadable
    at: datetime
    tries: int
    fetch_again: bool = False
    ended_at: datetime | None = None
    ended_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A stored message about which nothing was decided yet."""

    id: MessageId
    message: Message
    verdict: Verdict | None
    is_history: bool


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Something to be said `about` a case or by itself, claimed by us until `lease_until` (UTC)."""

    id: RowId
    key: AlertKey
    about: CaseId | Notice
    say: Say | None
    queued_at: datetime
    attempts: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class StaleCard:
    """A card that shows its case as it no longer is, claimed by us until `lease_until` (UTC), and how it is now."""

    case: CaseId
    ref: Ref
    alert: Alert
    attempts: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class InboundRow:
    """What Slack told us and nobody has worked off yet; how often it was tried in vain."""

    id: RowId
    kind: Kind
    payload: dict[str, Any]
    at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said a text really is. The rest is as it was known when the message came."""

    text: str
    subject: str
    medium: str
    labels: frozenset[Label]
    severity: int
    thread: ThreadId
    at: datetime
    unanswered: int = 0
    waiting_hours: float = 0.0

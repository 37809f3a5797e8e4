"""A message as amends sees it, whatever brought it here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType

MessageId = NewType("MessageId", int)
ThreadId = NewType("ThreadId", int)

_PREFIX = re.compile(r"^\s*(?:(?:re|aw|sv|antw|fw|fwd|wg|tr|rif|rv|enc|res)\s*(?:\[\d{1,3}\])?\s*:\s*)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
# Subjects that agree so far are one subject; a longer key would not fit into an index entry of PostgreSQL.
_KEY_LENGTH = 200


class Direction(Enum):
    """Who is speaking. FROM_US only where the way it came proves it; a From line proves nothing."""

    FROM_CUSTOMER = "from_customer"
    FROM_US = "from_us"
    AUTOMATIC = "automatic"


class Medium(Enum):
    """What kind of place a message came from."""

    MAIL = "mail"
    CUSTOMER_CHANNEL = "customer_channel"
    WORK_CHANNEL = "work_channel"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes: `address` is lower-case (mail) or a member name (chat), `name` is for show only."""

    address: str
    name: str = ""

    @property
    def display(self) -> str:
        """The name people call them by."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came along; it is named, never opened. `size` in bytes, reckoned where it is encoded."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message was read: (account, folder, UIDVALIDITY, UID), RFC 3501 section 2.3.1.1."""

    account: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `received_at` (UTC) orders history; `sent_at` is what the writer claims and only shown.

    `references` are the Message-IDs it answers, the nearest first (RFC 5322 section 3.6.4).
    """

    sender: Person
    direction: Direction
    subject: str
    new_text: str
    received_at: datetime
    rfc_id: str = ""
    references: tuple[str, ...] = ()
    quoted: str = ""
    sent_at: datetime | None = None
    medium: Medium = Medium.MAIL
    attachments: tuple[Attachment, ...] = ()
    recipients: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """One value for all copies of a message: Message-ID and a hash of what its writer wrote, no trace headers."""
        date = self.sent_at.isoformat() if self.sent_at else ""
        parts = (self.rfc_id, date, self.sender.address, self.subject, self.new_text)
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message, read at its place. `place` is None where the medium has none.

    `raw` are the bytes it was read from, as far as they were fetched. `is_history`: it lay in its folder before
    amends first looked there. `moves_cursor`: places are read in order, so that all before this one are known; what
    a chat tells by itself comes in any order, and only a sweep of its history moves its cursor.
    """

    message: Message
    place: Place | None = None
    raw: bytes = b""
    is_history: bool = False
    moves_cursor: bool = True


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that arrived and could not be read: its bytes as far as they are known, and the reason.

    `proven_ours`: the folder that it lies in holds what we sent.
    """

    place: Place
    raw: bytes
    error: str
    proven_ours: bool = False


def subject_key(subject: str) -> str:
    """A subject without reply and forward prefixes, in lower case, for comparing."""
    previous, rest = None, subject
    while previous != rest:
        previous, rest = rest, _PREFIX.sub("", rest)
    return _SPACE.sub(" ", rest).strip().lower()[:_KEY_LENGTH].rstrip()

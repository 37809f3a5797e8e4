"""What decisions lead to. `bot.service.act` carries it out."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.alert import Say
from bot.domain.case import Case, Entry
from bot.domain.message import MessageId, ThreadId
from bot.domain.silence import Waiting
from bot.domain.verdict import Label

AMENDS = "amends"


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A new case, its first log entry and its alert; `message` opened it, else the customer's latest did."""

    case: Case
    entry: Entry
    say: Say
    message: MessageId | None = None


@dataclass(frozen=True, slots=True)
class ChangeCase:
    """A case as it shall be (written only if its generation still holds); `withdraw` takes back what is unsent."""

    case: Case
    entry: Entry
    say: tuple[Say, ...] = ()
    withdraw: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """Remember since when a thread's customer waits, or (None) that nobody waits there any more."""

    thread: ThreadId
    waiting: Waiting | None


@dataclass(frozen=True, slots=True)
class Correct:
    """Feedback for the classifier: the message that opened this case has these labels, says `who`."""

    case: Case
    labels: frozenset[Label]
    who: str
    note: str


Action = OpenCase | ChangeCase | Track | Correct

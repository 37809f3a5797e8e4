"""Who waits for an answer, since when, and until when waiting is fair."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.hours import Delay
from bot.domain.message import Direction, Message, MessageId, ThreadId, subject_key
from bot.domain.verdict import Verdict

# How people ask in the five languages; a mark or a verb of wanting is enough. Thanks and news have neither.
_ASKS = re.compile(
    r"\?|\b(?:please|could you|can you|would you|let me know|i need|i want|i would like|i'd like|how do i|"
    r"bitte|könnten sie|können sie|ich brauche|por favor|necesito|quiero|podr[ií]a|preciso|gostaria|"
    r"s'il vous pla[iî]t|pourriez|pouvez-vous|j'aimerais|je voudrais)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each kind of waiting is fair.

    `first_response`: a customer's question until somebody answers. `claim`: "I'm on it" until the customer hears.
    `follow_up`: between the later steps of a case. `nag`: between reminders once a ladder is at its end.
    """

    first_response: Delay = Delay(timedelta(hours=8), working=True)
    claim: Delay = Delay(timedelta(hours=4), working=True)
    follow_up: Delay = Delay(timedelta(hours=16), working=True)
    nag: Delay = Delay(timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread whose customer waits: `since` the oldest unanswered message (UTC), how many messages, until when.

    `clock`: from when the first response counts. Nobody can be late for what amends had not seen; only of history it
    is when the message came.
    """

    thread: ThreadId
    since: datetime
    count: int
    due_at: datetime | None
    clock: datetime | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the customer of a message had written in its thread since our last answer: how much, and since when."""

    count: int = 0
    since: datetime | None = None

    def waiting_hours(self, at: datetime) -> float:
        """How long the first of them had waited at that moment."""
        return max(0.0, (at - self.since).total_seconds() / 3600) if self.since else 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Who wrote when (UTC) in a thread."""

    message: MessageId
    direction: Direction
    at: datetime


def earlier_in(turns: Sequence[Turn]) -> dict[MessageId, Earlier]:
    """What went before each of a thread's messages, which are given in the order of their arrival."""
    found: dict[MessageId, Earlier] = {}
    count, since = 0, None
    for turn in turns:
        found[turn.message] = Earlier(count, since)
        if turn.direction is Direction.FROM_US:
            count, since = 0, None
        elif turn.direction is Direction.FROM_CUSTOMER:
            count, since = count + 1, since or turn.at
    return found


def thread_names(message: Message) -> frozenset[tuple[str, str]]:
    """By what the thread of a message is recognised before it is stored: its Message-IDs, or sender and subject."""
    sender = message.sender.address
    ids = {("id", rfc_id) for rfc_id in (message.rfc_id, *message.references) if rfc_id}
    key = subject_key(message.subject)
    return frozenset(ids | {(sender, key)} if key else ids)


def awaits_answer(message: Message, verdict: Verdict | None) -> bool:
    """Whether the writer of a message expects to hear from us."""
    if message.direction is not Direction.FROM_CUSTOMER:
        return False
    if verdict is not None and verdict.labels:
        return True
    return _ASKS.search(message.new_text) is not None

"""Why amends speaks, to whom, and the key under which it never says the same thing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NewType

from bot.domain.escalation import How, Notify
from bot.domain.verdict import Clue, Label

CaseId = NewType("CaseId", int)
AlertKey = NewType("AlertKey", str)


class Reason(Enum):
    """Why an alert is sent. It stands in the key, the log, the card and the report."""

    MISTAKE = "mistake"
    IGNORED = "ignored"
    STAFF_REPORT = "staff_report"
    UNANSWERED = "unanswered"
    WROTE_AGAIN = "wrote_again"
    STILL_UNANSWERED = "still_unanswered"
    CLAIM_LAPSED = "claim_lapsed"
    SNOOZE_OVER = "snooze_over"
    NEXT_STEP_OVERDUE = "next_step_overdue"
    EXHAUSTED = "exhausted"
    FIRST_RESPONSE_OVERDUE = "first_response_overdue"
    NOBODY_TO_TELL = "nobody_to_tell"

    @property
    def opens(self) -> bool:
        """Whether this reason opens a case: its alert is the card to which all others are replies."""
        return self in (Reason.MISTAKE, Reason.IGNORED, Reason.STAFF_REPORT, Reason.UNANSWERED)

    @property
    def sentence(self) -> str:
        """What the card says about why it was sent."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.MISTAKE: "The customer says that we made a mistake.",
    Reason.IGNORED: "The customer asked before and got no answer.",
    Reason.STAFF_REPORT: "A colleague reports something that hits customers.",
    Reason.UNANSWERED: "A customer's question has had no answer for too long.",
    Reason.WROTE_AGAIN: "The customer wrote again before we answered.",
    Reason.STILL_UNANSWERED: "Nobody has taken this yet.",
    Reason.CLAIM_LAPSED: "It was taken, but the customer has still heard nothing.",
    Reason.SNOOZE_OVER: "It was put off until now.",
    Reason.NEXT_STEP_OVERDUE: "The customer heard from us, but the next step is overdue.",
    Reason.EXHAUSTED: "Everybody on the ladder was told, and nobody has taken it.",
    Reason.FIRST_RESPONSE_OVERDUE: "The customer should have had a first answer by now.",
    Reason.NOBODY_TO_TELL: "Nobody further up the ladder can be told: nobody is on call.",
}


class Topic(Enum):
    """Why something is said that belongs to no case."""

    REVIEW = "review"
    DRIFT = "drift"
    WATCH = "watch"
    QUARANTINE = "quarantine"
    DIGEST = "digest"
    INBOUND = "inbound"
    DELIVERY = "delivery"
    ON_CALL = "on_call"
    HEALTH = "health"
    CANARY = "canary"

    @property
    def sentence(self) -> str:
        """What the notice says about why it was sent."""
        return _TOPICS[self]


_TOPICS = {
    Topic.REVIEW: "Nothing was alerted about these. Your answers show what the classifier misses, and teach it.",
    Topic.DRIFT: "The classifier may no longer fit this inbox.",
    Topic.WATCH: "Mail that is not read alerts nobody.",
    Topic.QUARANTINE: "A mail that nobody reads may be a customer who waits.",
    Topic.INBOUND: "What nobody reads may be a customer who waits.",
    Topic.DIGEST: "Many became due at once; one list is easier to work through than that many cards.",
    Topic.ON_CALL: "Where nobody is on call, nobody is told.",
    Topic.CANARY: "While this arrives, alerts do too.",
    Topic.HEALTH: "What amends cannot do, people have to do meanwhile.",
    Topic.DELIVERY: "The channel took it neither as a card nor as plain text, and it will not be tried again.",
}


@dataclass(frozen=True, slots=True)
class Say:
    """One thing to be said about a case: why, to whom, in which round of the ladder (`loop`) and on which `rung`.

    `who`: of the rung. `mention`: whom it pings, as looked up when it fired, and `how`. `deferred_until`: when the
    ping may be said (UTC); the log and the card have it meanwhile.
    """

    reason: Reason
    notify: Notify
    loop: int
    rung: int
    late_by: timedelta | None = None
    who: str = ""
    mention: str = ""
    how: How = How.THREAD
    deferred_until: datetime | None = None

    def key(self, case: CaseId) -> AlertKey:
        """`case:reason:loop:rung:target`, unique for ever."""
        return AlertKey(f"{case}:{self.reason.value}:{self.loop}:{self.rung}:{self.who or self.notify.value}")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be said that belongs to no case. `lines` may hold customers' words and are escaped at the edge.

    `mention`: whom to ping by it, an id in the channel, or nobody. `numbers`: of the messages to review, one a line.
    """

    key: AlertKey
    topic: Topic
    title: str
    lines: tuple[str, ...]
    advice: str
    mention: str = ""
    numbers: tuple[int, ...] = ()


class Threat(Enum):
    """What an unhappy customer says will come next."""

    POST = "post"
    LEAVE = "leave"
    CHARGE_BACK = "charge_back"


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did about a case, as its log has it: when (UTC), who, which step, with what note."""

    at: datetime
    who: str
    what: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Everything a channel needs to speak about a case; the words are the customer's and must be escaped there.

    `generation`: of the case, as this shows it. `deeds`: what people did about it, the newest last. `undoable`: whether
    the newest deed denied what the classifier had said. `mention`: whom it pings, `how`, as their turn by the schedule
    `who` ("": by none). `answer_due_at`: when the customer should have had a first answer (UTC); None: nothing is due.
    """

    key: AlertKey
    case: CaseId
    reason: Reason
    notify: Notify
    mention: str
    state: str
    labels: frozenset[Label]
    severity: int
    confidence: float
    customer: str
    subject: str
    words: str
    clues: tuple[Clue, ...]
    messages: int
    waiting_since: datetime
    at: datetime
    late_by: timedelta | None
    next_due_at: datetime | None
    claimed_by: str = ""
    medium: str = "mail"
    generation: int = 0
    snoozed: bool = False
    exhausted: bool = False
    threats: tuple[Threat, ...] = ()
    deeds: tuple[Deed, ...] = ()
    undoable: bool = False
    how: How = How.THREAD
    who: str = ""
    answer_due_at: datetime | None = None

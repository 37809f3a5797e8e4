"""What the services need of the world, in our own words. `bot.app` plugs the real things in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType, Protocol, TypeVar

from bot.domain.alert import Alert, AlertKey, CaseId, Notice, Say
from bot.domain.case import Case, Entry
from bot.domain.drift import Share
from bot.domain.message import Arrival, Message, MessageId, Person, Place, ThreadId, Unreadable
from bot.domain.review import Candidate, Reviewed
from bot.domain.silence import Earlier, Waiting
from bot.domain.triage import Facts
from bot.domain.verdict import Label, Verdict

RowId = NewType("RowId", int)
Ref = NewType("Ref", str)
T = TypeVar("T")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""


class Judge(Protocol):
    """Judges messages; `bot.learn` has the real one."""

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        """One verdict a message, in order, knowing what went before each. Never raises on a strange text."""


class Channel(Protocol):
    """A place where the team reads alerts."""

    def post(self, alert: Alert | Notice, root: Ref | None) -> Ref:
        """Say it, as a reply to `root` if there is one. Raises Retriable (outcome_unknown?) or Refused."""

    def find(self, key: AlertKey, root: Ref | None, since: datetime) -> Ref | None:
        """Where a post with this key stands, if it stands anywhere. Raises Retriable or Refused."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read: every message up to `last_uid` of this UIDVALIDITY is stored."""

    uidvalidity: int
    last_uid: int


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


class Transaction(Protocol):
    """One transaction. `now` was taken when it began and is the only time it knows."""

    @property
    def now(self) -> datetime:
        """The moment of this transaction, UTC."""

    def savepoint(self) -> AbstractContextManager[object]:
        """What fails inside is undone alone."""

    # messages
    def remember(self, arrival: Arrival, verdict: Verdict | None) -> ThreadId | None:
        """Store a message once; None when it, or a copy of it, was known."""

    def known(self, identity: str) -> bool:
        """Whether this message is stored, wherever it was read."""

    def facts(self, message: Message, verdict: Verdict | None, thread: ThreadId) -> Facts:
        """What the decision about a stored message needs."""

    def earlier(self, message: Message) -> Earlier:
        """What its customer had written in its thread since our last answer, before it."""

    def quarantine(self, unreadable: Unreadable) -> None:
        """Keep what could not be read."""

    def cursor(self, account: str, folder: str) -> Cursor | None:
        """How far a folder was read."""

    def move_cursor(self, place: Place) -> None:
        """Everything up to here is stored."""

    # cases
    def open_case(self, case: Case, entry: Entry, message: MessageId | None = None) -> CaseId:
        """Write a new case and its first log entry; what opened it is `message`, else the customer's latest."""

    def change_case(self, case: Case, entry: Entry) -> None:
        """Write a case if its generation still holds, with a log entry. Raises LostRace."""

    def case(self, case: CaseId) -> Case | None:
        """One case."""

    def track(self, thread: ThreadId, waiting: Waiting | None) -> None:
        """Since when the customer of a thread waits."""

    def due_cases(self, limit: int) -> list[Case]:
        """Cases whose deadline has come, the longest overdue first."""

    def due_waits(self, limit: int) -> list[tuple[Waiting, Person]]:
        """Threads whose customer waited too long, with the customer."""

    def next_due(self) -> datetime | None:
        """When the next deadline of any case or thread comes."""

    def push_ahead(self, case: CaseId, until: datetime) -> None:
        """Move a failing case's deadline, so that it cannot become a crash loop."""

    def forget_wait(self, thread: ThreadId, until: datetime) -> None:
        """The same for a failing thread."""

    def correct(self, case: CaseId, labels: frozenset[Label], who: str, note: str) -> None:
        """Keep what a person said about the message that opened a case."""

    # reviews, and what is done again and again
    def chore_due(self, name: str) -> datetime | None:
        """When a chore is due; None: it was never planned."""

    def plan_chore(self, name: str, due: datetime) -> None:
        """Its next time (UTC)."""

    def review_candidates(self) -> list[Candidate]:
        """What came since the last list and was not alerted about."""

    def list_for_review(self, candidate: Candidate) -> int:
        """Its number on the list."""

    def reviewed(self, number: int) -> Reviewed | None:
        """A listed message."""

    def answer_review(self, number: int, message: MessageId, labels: frozenset[Label], who: str, note: str) -> None:
        """Keep what a person said about a listed message."""

    def decided(self, since: datetime, until: datetime) -> Share:
        """Dismissed cases among the decided ones of that time."""

    def unseen(self, since: datetime, until: datetime) -> Share:
        """Unseen words in the customers' messages of that time."""

    # outbox
    def queue(self, case: CaseId, say: Say) -> None:
        """Put something into the outbox; saying it twice is one row."""

    def announce(self, notice: Notice) -> bool:
        """Put something of its own into the outbox; False when its key was announced before."""

    def withdraw(self, case: CaseId) -> int:
        """Take back what was not sent yet; how many rows."""

    def claim(self, lease: timedelta, settle: timedelta) -> OutboxRow | None:
        """The oldest row that may be sent now, leased to us; root before reply. `settle` later it is looked up."""

    def unresolved(self, lease: timedelta) -> OutboxRow | None:
        """A row whose sender vanished or got no answer, leased to us for a look-up."""

    def alert_for(self, row: OutboxRow) -> tuple[Alert | Notice | None, Ref | None]:
        """What the row says as of now (None: its case no longer wants it) and the card it replies to."""

    def settle(self, row: OutboxRow, ref: Ref) -> bool:
        """It was said, there. False when somebody else settled it."""

    def release(self, row: OutboxRow, not_before: datetime, error: str) -> None:
        """It was surely not said; try again from then on."""

    def hold(self, row: OutboxRow, look_up_at: datetime, error: str) -> None:
        """Nobody knows whether it was said; look it up then."""

    def bury(self, row: OutboxRow, error: str) -> None:
        """It can never be said, or need not be."""


class Source(Protocol):
    """A folder of messages that grows at its end."""

    @property
    def name(self) -> str:
        """What people call it: account/folder."""

    def unread(self, cursor_of: Callable[[str, str], Cursor | None]) -> Iterator[list[Arrival | Unreadable]]:
        """What lies behind the cursor, oldest first, in batches. Raises Retriable or Refused."""

    def close(self) -> None:
        """Let go of the connection; the next `unread` makes a new one."""


class Store(Protocol):
    """The database."""

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction, first come first served; commit, or undo all of it when it raises."""

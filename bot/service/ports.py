"""What the services need of the world, in our own words. `bot.app` plugs the real things in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from bot.domain.alert import Alert, AlertKey, CaseId, Notice, Say
from bot.domain.case import Case, Entry
from bot.domain.drift import Share
from bot.domain.escalation import OnCall
from bot.domain.message import Arrival, Medium, Message, MessageId, Person, Place, ThreadId, Unreadable
from bot.domain.review import Candidate, Reviewed
from bot.domain.silence import Earlier, Turn, Waiting
from bot.domain.triage import Facts
from bot.domain.verdict import Label, Verdict
from bot.domain.watching import Watched
from bot.service.chat_ports import ChatTransaction
from bot.service.due_ports import DueTransaction
from bot.service.oncall_ports import OnCallTransaction
from bot.service.pulse_ports import PulseTransaction

# handed on, so that whoever needs a port finds what goes through it here
from bot.service.rows import Correction as Correction
from bot.service.rows import Cursor as Cursor
from bot.service.rows import Held as Held
from bot.service.rows import InboundRow as InboundRow
from bot.service.rows import Kind as Kind
from bot.service.rows import Look as Look
from bot.service.rows import OutboxRow as OutboxRow
from bot.service.rows import Quarantined as Quarantined
from bot.service.rows import Received as Received
from bot.service.rows import Ref as Ref
from bot.service.rows import RowId as RowId
from bot.service.rows import StaleCard as StaleCard

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

    def post(self, alert: Alert | Notice, root: Ref | None, *, plainly: bool = False) -> Ref:
        """Say it, as a reply to `root` if there is one; `plainly` without a layout.

        Raises Retriable (outcome_unknown?), Gone (there is no such `root`), Unshowable or Refused.
        """

    def find(self, key: AlertKey, root: Ref | None, since: datetime, *, to: str = "") -> list[Ref]:
        """Where posts with this key stand, the oldest first. Raises Retriable or Refused.

        `to`: whom a direct message may have gone to; without `root` what was said to them is looked through too.
        """

    def redraw(self, ref: Ref, alert: Alert, *, plainly: bool = False) -> None:
        """Show a case as it is now in the card that stands there. Raises Retriable, Gone, Unshowable or Refused."""

    def delete(self, ref: Ref) -> None:
        """Take a post back; one that is gone already is fine. Raises Retriable or Refused."""


class Transaction(ChatTransaction, DueTransaction, OnCallTransaction, PulseTransaction, Protocol):
    """One transaction. `now` was taken when it began and is the only time it knows."""

    @property
    def now(self) -> datetime:
        """The moment of this transaction, UTC."""

    def savepoint(self) -> AbstractContextManager[object]:
        """What fails inside is undone alone."""

    # messages
    def remember(
        self, arrival: Arrival, verdict: Verdict | None, *, thread: ThreadId | None = None, held_for: str | None = None
    ) -> ThreadId | None:
        """Store a message once; None when it, or a copy of it, was known.

        It joins `thread`, whatever it answers, and is held for an account if that is given.
        """

    def known(self, identity: str) -> bool:
        """Whether this message is stored, wherever it was read."""

    def facts(self, message: Message, verdict: Verdict | None, thread: ThreadId, *, is_history: bool = False) -> Facts:
        """What the decision about a stored message needs."""

    def earlier(self, message: Message) -> Earlier:
        """What its customer had written in its thread since our last answer, before it."""

    def in_order(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """The same; what was answered within the second of its arrival, as far as is known, comes before its answer."""

    def keep(self, arrivals: Sequence[Arrival], account: str) -> int:
        """Store many messages of one folder about which nothing is decided yet; how many were new."""

    def held_accounts(self) -> list[str]:
        """Accounts for which messages wait to be decided about."""

    def held_threads(self, account: str, beyond: ThreadId, limit: int) -> list[ThreadId]:
        """Threads beyond a number, ascending, with messages about which nothing was decided yet."""

    def held(self, threads: Sequence[ThreadId]) -> dict[ThreadId, list[Held]]:
        """Those messages, in the order of their arrival."""

    def turns(self, threads: Sequence[ThreadId]) -> dict[ThreadId, list[Turn]]:
        """Who wrote when in these threads, in the order of arrival."""

    def busy(self, threads: Sequence[ThreadId]) -> set[ThreadId]:
        """Those of these threads in which there is a case, or somebody who waits.

        Until the transaction ends nobody else decides in any of them.
        """

    def decided_on(self, verdicts: Mapping[MessageId, Verdict | None]) -> None:
        """These messages were judged and decided upon."""

    # folders
    def cursor(self, account: str, folder: str) -> Cursor | None:
        """How far a folder was read."""

    def begin_folder(self, account: str, folder: str, cursor: Cursor) -> None:
        """A folder that was never seen before, or under another UIDVALIDITY."""

    def move_cursor(self, place: Place) -> None:
        """Everything up to here is stored."""

    def begin_reading(self, place: Place) -> int:
        """The how-manieth time a mail is read of which nobody knows whether it ends us."""

    def done_reading(self, place: Place) -> None:
        """It did not."""

    def quarantine(self, unreadable: Unreadable) -> bool:
        """Keep what could not be read; False if it was kept before."""

    def quarantined(self, number: int) -> Quarantined | None:
        """One of them."""

    def in_quarantine(self) -> list[Quarantined]:
        """All that wait, the oldest first."""

    def end_quarantine(self, number: int, who: str, note: str) -> None:
        """It was read after all, or a person looked after it."""

    def end_quarantine_at(self, place: Place, who: str) -> bool:
        """The same by place; False if nothing waits there."""

    def end_quarantine_among(self, places: Collection[Place], who: str) -> int:
        """The same for many places of one folder; how many waited there."""

    def fetch_again(self, number: int) -> None:
        """Have the server asked for it once more."""

    def to_fetch_again(self, account: str, folder: str, uidvalidity: int) -> list[int]:
        """UIDs that the server is to be asked for once more."""

    def take_lease(self, name: str, holder: str, length: timedelta, *, from_the_dead: frozenset[str]) -> bool:
        """Hold a lease until now + `length`, if nobody alive holds it."""

    def lease_holder(self, name: str) -> str:
        """Who holds it."""

    def drop_lease(self, name: str, holder: str) -> None:
        """Let others have it."""

    def begin_watch(self, account: str, folder: str) -> None:
        """Somebody begins to watch a folder."""

    def good_look(self, account: str, folder: str) -> bool:
        """All is well there; whether people had been told otherwise."""

    def bad_look(self, account: str, folder: str, error: str) -> None:
        """It could not be looked at."""

    def watched(self) -> list[Watched]:
        """How each folder does."""

    def told_of_watch(self, account: str, folder: str) -> None:
        """People were told."""

    # cases
    def open_case(self, case: Case, entry: Entry, message: MessageId | None = None) -> CaseId:
        """Write a new case and its first log entry; what opened it is `message`, else the customer's latest."""

    def change_case(self, case: Case, entry: Entry) -> None:
        """Write a case if its generation still holds, with a log entry. Raises LostRace."""

    def case(self, case: CaseId) -> Case | None:
        """One case."""

    def track(self, thread: ThreadId, waiting: Waiting | None) -> None:
        """Since when the customer of a thread waits."""

    def due_waits(self, limit: int) -> list[tuple[Waiting, Person, Medium]]:
        """Threads whose customer waited too long, with the customer and the kind of place."""

    def next_due(self) -> datetime | None:
        """When the next deadline of any case or thread comes."""

    def name_roles(self, on_call: OnCall) -> None:
        """Put addresses in the place of roles that an older amends had not looked up yet."""

    def last_entry(self, case: CaseId, what: str = "") -> Entry | None:
        """The newest line of its log, of all or of those that say this."""

    def case_of(self, thread: ThreadId) -> Case | None:
        """The case of a thread."""

    def pointed_at(self, arrival: Arrival) -> Reviewed | None:
        """The message that was read at this place, or else the same words; None if we wrote it."""

    def pointed_at_under(self, message_id: str) -> Reviewed | None:
        """The same by Message-ID."""

    def correct_message(self, message: MessageId, labels: frozenset[Label], who: str, note: str) -> None:
        """Keep what a person said about a message."""

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

    def bundle(self) -> int:
        """Put what is too much for single cards into lists; how many rows."""

    def claim(self, lease: timedelta, settle: timedelta) -> OutboxRow | None:
        """The oldest row that may be sent now, leased to us; root before reply. `settle` later it is looked up."""

    def unresolved(self, lease: timedelta) -> OutboxRow | None:
        """A row whose sender vanished or got no answer, leased to us for a look-up."""

    def alert_for(self, row: OutboxRow) -> tuple[Alert | Notice | None, Ref | None]:
        """What the row says as of now (None: its case no longer wants it) and the card it replies to."""

    def settle(self, row: OutboxRow, ref: Ref, drawn: int = -1, *, twins: bool = False) -> bool:
        """It was said, there, of this generation of its case (-1: unknown). False when somebody else settled it.

        `twins`: it stands elsewhere as well, or may, and that is looked for at once.
        """

    def release(self, row: OutboxRow, not_before: datetime, error: str, *, said_again: bool = False) -> None:
        """It was not said, or (`said_again`) nobody could find it; try again from then on."""

    def twin_to_look_for(self, lease: timedelta) -> tuple[OutboxRow, Ref] | None:
        """Something that was said again, and where it stands: its first may have shown up since. Ours for so long."""

    def looked_for_twin(self, row: OutboxRow) -> None:
        """No other one is left; it is looked for once more later, and then no more."""

    def look_for_twin_again(self, row: OutboxRow, at: datetime | None) -> None:
        """It could not be looked for; at that time then, or never."""

    def stale_card(self, lease: timedelta) -> StaleCard | None:
        """A card that is to be redrawn, leased to us."""

    def card_drawn(self, card: StaleCard) -> None:
        """It shows that now."""

    def card_waits(self, card: StaleCard, not_before: datetime) -> None:
        """It could not be redrawn; try again from then on."""

    def card_gone(self, case: CaseId, ref: Ref) -> None:
        """Somebody deleted it there: what is said next of the case becomes its card."""

    # what people look at
    def picture(self, case: CaseId) -> Alert | None:
        """How a case is now; without a key, because it is nothing that is said."""

    def open_cases(self, limit: int, *, by: str = "", overdue_at: datetime | None = None) -> list[dict[str, Any]]:
        """Cases in which something is owed, as plain JSON, what is due first on top; `by`: who took them."""

    def count_open(self, *, by: str = "", overdue_at: datetime | None = None) -> int:
        """How many of those there are."""

    def story(self, case: int) -> dict[str, Any] | None:
        """All of one case, as plain JSON."""

    def reviews(self) -> list[dict[str, Any]]:
        """What is on the review list, as plain JSON."""

    def week(self, since: datetime) -> dict[str, Any]:
        """Numbers: opened, answered, closed, dismissed, first_answer_seconds (their median)."""

    # what Slack tells us
    def once(self, told: Received) -> bool:
        """Keep its key, because it is worked off in this very transaction; False if it was told before."""

    def receive(self, told: Sequence[Received]) -> int:
        """Keep what was told, once each; how many were new."""

    def inbound(self, limit: int) -> list[InboundRow]:
        """What is to be worked off now, the oldest first."""

    def worked_off(self, row: RowId) -> bool:
        """It is done with, and its words are forgotten; False if somebody else did it."""

    def inbound_waits(self, row: RowId, until: datetime, error: str) -> None:
        """The world was not ready for it; again then, however often."""

    def inbound_failed(self, row: RowId, again_at: datetime | None, error: str) -> None:
        """It could not be worked off; again then, or never."""

    def forget_inbound(self, before: datetime) -> int:
        """Drop the keys of what was done with before then."""

    def hold(self, row: OutboxRow, look_up_at: datetime, error: str) -> None:
        """Nobody knows whether it was said; look it up then."""

    def bury(self, row: OutboxRow, error: str) -> None:
        """It can never be said, or need not be."""


class Source(Protocol):
    """A folder of messages that grows at its end. Used by one thread, but for `interrupt`."""

    @property
    def name(self) -> str:
        """What people call it: account/folder. It never changes."""

    @property
    def account(self) -> str:
        """The account that it belongs to."""

    @property
    def folder(self) -> str:
        """Its name on the server, as known after a look."""

    def look(self, cursor_of: Callable[[str, str], Cursor | None]) -> Look:
        """What lies behind the cursor of (account, folder). Raises Retriable or Refused."""

    def read(self, look: Look) -> Iterator[list[Arrival | Unreadable]]:
        """What was found, oldest first, in batches. Raises Retriable or Refused."""

    def wait(self, seconds: float) -> bool:
        """Until there may be something new, at most so long; False if it cannot wait. Raises Retriable or Refused."""

    def interrupt(self) -> None:
        """From another thread: end whatever is under way, in an error."""

    def close(self) -> None:
        """Let go of the connection; the next look makes a new one."""


class Store(Protocol):
    """The database."""

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction, first come first served; commit, or undo all of it when it raises."""

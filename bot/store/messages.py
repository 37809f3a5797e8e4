"""Messages, where they were read, and which belong together, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from bot.domain.message import Arrival, Attachment, Direction, Medium, Message, Person, Place, ThreadId, subject_key
from bot.domain.review import stratum
from bot.domain.silence import Earlier, Waiting
from bot.domain.triage import Facts
from bot.domain.verdict import Clue, Label, Verdict
from bot.store import tables as t
from bot.store.cases import case_from_row, labels_to_json, waiting_from_row
from bot.store.runs import thread_of_run

# A reply without references joins its thread by sender and subject for this long.
SAME_SUBJECT = timedelta(days=14)


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as kept beside its message."""
    return {
        "mistake": verdict.mistake, "ignored": verdict.ignored, "labels": labels_to_json(verdict.labels),
        "severity": verdict.severity, "unsure": verdict.unsure, "model": verdict.model, "unseen": verdict.unseen,
        "unanswered": verdict.unanswered, "waiting_hours": verdict.waiting_hours,
        "clues": [[c.label.value, c.text, c.weight] for c in verdict.clues],
    }  # fmt: skip


def verdict_from_json(raw: dict[str, Any]) -> Verdict:
    """The same verdict again."""
    return Verdict(
        raw["mistake"], raw["ignored"], frozenset(Label(x) for x in raw["labels"]), raw["severity"], raw["unsure"],
        tuple(Clue(Label(label), text, weight) for label, text, weight in raw["clues"]), raw["model"],
        raw.get("unseen", 0.0), raw.get("unanswered", 0), raw.get("waiting_hours", 0.0),
    )  # fmt: skip


def verdict_columns(verdict: Verdict | None) -> dict[str, Any]:
    """The columns of a message that hold what was judged of it."""
    return {
        "verdict": verdict_to_json(verdict) if verdict else None,
        "stratum": stratum(verdict).value if verdict else None, "unseen": verdict.unseen if verdict else None,
    }  # fmt: skip


def message_to_row(arrival: Arrival, now: datetime) -> dict[str, Any]:
    """All other columns of a message, but for its thread."""
    message = arrival.message
    return {
        "identity": message.identity, "rfc_id": message.rfc_id,
        "direction": message.direction.value, "medium": message.medium.value,
        "sender_address": message.sender.address, "sender_name": message.sender.name,
        "recipients": list(message.recipients), "subject": message.subject, "new_text": message.new_text,
        "attachments": [[a.name, a.media_type, a.size] for a in message.attachments],
        "sent_at": message.sent_at, "received_at": message.received_at, "seen_at": now,
        "is_history": arrival.is_history,
    }  # fmt: skip


def message_from_row(row: Row[Any]) -> Message:
    """The message again, but for what it answers and quotes."""
    return Message(
        sender=Person(row.sender_address, row.sender_name), direction=Direction(row.direction), subject=row.subject,
        new_text=row.new_text, received_at=row.received_at, rfc_id=row.rfc_id, sent_at=row.sent_at,
        medium=Medium(row.medium), attachments=tuple(Attachment(*one) for one in row.attachments),
        recipients=tuple(row.recipients),
    )  # fmt: skip


def reference_rows(message_id: int, message: Message) -> list[dict[str, Any]]:
    """What a message answers, as rows."""
    return [{"message_id": message_id, "rfc_id": ref} for ref in dict.fromkeys(message.references)]


def add_recipients(connection: Connection, message_id: int, copy: Message) -> None:
    """A further copy may have come by another of our addresses."""
    m = t.message.c
    known = list(connection.execute(select(m.recipients).where(m.id == message_id)).scalar_one())
    if further := [address for address in copy.recipients if address not in known]:
        connection.execute(update(t.message).where(m.id == message_id).values(recipients=known + further))


class MessageRows:
    """The part of a transaction that deals with messages."""

    connection: Connection
    now: datetime

    def known(self, identity: str) -> bool:
        """By the unique identity."""
        return self._by_identity(identity) is not None

    def _by_identity(self, identity: str) -> int | None:
        return self.connection.execute(select(t.message.c.id).where(t.message.c.identity == identity)).scalar()

    def remember(
        self, arrival: Arrival, verdict: Verdict | None, *, thread: ThreadId | None = None, held_for: str | None = None
    ) -> ThreadId | None:
        """Every place is a row; every message is one row, however many places it was read at."""
        if arrival.place is not None and self._read_before(arrival.place):
            return None
        message_id = self._by_identity(arrival.message.identity)
        joined: ThreadId | None = None
        if message_id is None:
            joined = self._thread_of(arrival.message, thread)
            message_id = self._insert(arrival, joined, verdict, held_for)
        else:
            add_recipients(self.connection, message_id, arrival.message)
        if arrival.place is not None:
            self._insert_place(arrival.place, message_id)
        return joined

    def _read_before(self, place: Place) -> bool:
        p = t.place.c
        same = (
            (p.account == place.account)
            & (p.folder == place.folder)
            & (p.uidvalidity == place.uidvalidity)
            & (p.uid == place.uid)
        )
        return self.connection.execute(select(p.message_id).where(same)).scalar() is not None

    def _insert_place(self, place: Place, message_id: int) -> None:
        self.connection.execute(
            insert(t.place).values(
                account=place.account, folder=place.folder, uidvalidity=place.uidvalidity, uid=place.uid,
                message_id=message_id,
            )
        )  # fmt: skip

    def _insert(self, arrival: Arrival, thread: ThreadId, verdict: Verdict | None, held_for: str | None) -> int:
        values = message_to_row(arrival, self.now) | verdict_columns(verdict)
        values |= {"thread_id": thread, "held_for": held_for}
        made = self.connection.execute(insert(t.message).values(**values).returning(t.message.c.id))
        message_id = int(made.scalar_one())
        references = reference_rows(message_id, arrival.message)
        if references:
            self.connection.execute(insert(t.reference), references)
        return message_id

    # which messages belong together

    def _thread_of(self, message: Message, known: ThreadId | None) -> ThreadId:
        found = known or self._by_references(message) or self._by_later_reply(message) or self._by_medium(message)
        if found is None:
            return self._new_thread(message)
        last = t.thread.c.last_message_at
        self.connection.execute(
            update(t.thread)
            .where(t.thread.c.id == found, last < message.received_at)
            .values(last_message_at=message.received_at)
        )
        if message.direction is Direction.FROM_CUSTOMER:
            self._name_customer(found, message.sender)
        return found

    def _name_customer(self, thread: ThreadId, customer: Person) -> None:
        """A thread that we, or a machine, began belongs to the first customer who writes in it."""
        m, c = t.message.c, t.thread.c
        wrote = select(m.id).where(m.thread_id == thread, m.direction == Direction.FROM_CUSTOMER.value)
        self.connection.execute(
            update(t.thread)
            .where(c.id == thread, ~wrote.exists())
            .values(customer_address=customer.address, customer_name=customer.name)
        )

    def _by_references(self, message: Message) -> ThreadId | None:
        """The nearest message that it answers and that we know."""
        if not message.references:
            return None
        m = t.message.c
        wanted = select(m.rfc_id, m.thread_id).where(m.rfc_id.in_(message.references))
        # of several under one Message-ID the first counts, and so it does when many are stored at once
        threads = {row.rfc_id: row.thread_id for row in self.connection.execute(wanted.order_by(m.id.desc()))}
        return next((ThreadId(threads[ref]) for ref in message.references if ref in threads), None)

    def _by_later_reply(self, message: Message) -> ThreadId | None:
        """Folders are read one after the other: our answer may have been stored before what it answers."""
        return self._of_answers_to((message.rfc_id,)) if message.rfc_id else None

    def _by_medium(self, message: Message) -> ThreadId | None:
        """In a chat all replies name the same message, which may be older than all that we know."""
        if message.medium is Medium.MAIL:
            return self._by_subject(message)
        return self._of_answers_to(message.references) or thread_of_run(self.connection, message)

    def _of_answers_to(self, names: Sequence[str]) -> ThreadId | None:
        if not names:
            return None
        answers = select(t.reference.c.message_id).where(t.reference.c.rfc_id.in_(names))
        m = t.message.c
        found = self.connection.execute(select(m.thread_id).where(m.id.in_(answers)).order_by(m.id).limit(1))
        thread = found.scalar()
        return ThreadId(thread) if thread is not None else None

    def _by_subject(self, message: Message) -> ThreadId | None:
        """The same sender, the same subject, within a fortnight; a subject alone joins nobody."""
        key = subject_key(message.subject)
        if not key or message.direction is not Direction.FROM_CUSTOMER:
            return None
        c = t.thread.c
        found = self.connection.execute(
            select(c.id)
            .where(
                c.customer_address == message.sender.address,
                c.subject_key == key,
                c.last_message_at.between(message.received_at - SAME_SUBJECT, message.received_at + SAME_SUBJECT),
            )
            .order_by(c.last_message_at.desc(), c.id.desc())
            .limit(1)
        ).scalar()
        return ThreadId(found) if found is not None else None

    def _new_thread(self, message: Message) -> ThreadId:
        made = self.connection.execute(
            insert(t.thread)
            .values(
                customer_address=message.sender.address, customer_name=message.sender.name,
                subject_key=subject_key(message.subject), last_message_at=message.received_at, waiting_count=0,
            )
            .returning(t.thread.c.id)
        )  # fmt: skip
        return ThreadId(made.scalar_one())

    # facts

    def earlier(self, message: Message) -> Earlier:
        """What the customer wrote in the thread that this message would join, since our last answer."""
        if message.medium is Medium.WORK_CHANNEL:  # colleagues wait for nobody
            return Earlier()
        thread = self._by_references(message) or self._by_medium(message)
        if thread is None:
            return Earlier()
        m = t.message.c
        before = (m.thread_id == thread) & (m.received_at < message.received_at) & m.retracted_at.is_(None)
        ours = self.connection.execute(
            select(func.max(m.received_at)).where(before, m.direction == Direction.FROM_US.value)
        ).scalar()
        theirs = before & (m.direction == Direction.FROM_CUSTOMER.value)
        if ours is not None:
            theirs &= m.received_at > ours
        row = self.connection.execute(select(func.count(m.id), func.min(m.received_at)).where(theirs)).one()
        return Earlier(int(row[0]), row[1])

    def facts(self, message: Message, verdict: Verdict | None, thread: ThreadId, *, is_history: bool = False) -> Facts:
        """The case, the waiting and the order of words in this thread, where nobody else decides until it is done."""
        waiting = self._waiting(thread)  # first, since it waits for whoever decides at this moment
        row = self.connection.execute(select(t.case).where(t.case.c.thread_id == thread)).one_or_none()
        ours = self._latest(thread, Direction.FROM_US)
        other = ours if message.direction is Direction.FROM_CUSTOMER else self._latest(thread, Direction.FROM_CUSTOMER)
        return Facts(
            message=message, verdict=verdict, thread=thread,
            case=case_from_row(row) if row is not None else None, waiting=waiting,
            customer_messages=self._customer_messages_after(thread, ours),
            overtaken=other is not None and other > message.received_at, is_history=is_history,
        )  # fmt: skip

    def _waiting(self, thread: ThreadId) -> Waiting | None:
        row = self.connection.execute(select(t.thread).where(t.thread.c.id == thread).with_for_update()).one()
        return waiting_from_row(row) if row.waiting_since is not None else None

    def _latest(self, thread: ThreadId, direction: Direction) -> datetime | None:
        m = t.message.c
        found: datetime | None = self.connection.execute(
            select(func.max(m.received_at)).where(
                m.thread_id == thread, m.direction == direction.value, m.retracted_at.is_(None)
            )
        ).scalar()
        return found

    def _customer_messages_after(self, thread: ThreadId, moment: datetime | None) -> int:
        m = t.message.c
        wanted = (m.thread_id == thread) & (m.direction == Direction.FROM_CUSTOMER.value) & m.retracted_at.is_(None)
        if moment is not None:
            wanted &= m.received_at > moment
        return int(self.connection.execute(select(func.count()).select_from(t.message).where(wanted)).scalar_one())

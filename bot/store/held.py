"""Messages that are stored before anything is decided about them: many at a time, in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, tuple_, union, update

from bot.domain.message import Arrival, Direction, Medium, Message, MessageId, Person, Place, ThreadId, subject_key
from bot.domain.silence import Turn
from bot.domain.verdict import Verdict
from bot.service.ports import Held
from bot.store import tables as t
from bot.store.messages import (
    SAME_SUBJECT,
    add_recipients,
    message_from_row,
    message_to_row,
    reference_rows,
    verdict_columns,
    verdict_from_json,
)

# Far beyond what a judge reads of a text; thousands are held in memory at once.
_MOST_OF_TEXT = 20_000
_JUDGED_BY = (
    *(column for column in t.message.c if column.name != "new_text"),
    func.substr(t.message.c.new_text, 1, _MOST_OF_TEXT).label("new_text"),
)
# One after the other, so that no two processes wait for each other.
_LOCK = select(t.thread.c.id).order_by(t.thread.c.id).with_for_update()
_ORDER = (t.message.c.received_at, t.message.c.id)


class HeldRows:
    """The part of a transaction that deals with messages about which nothing is decided yet."""

    connection: Connection
    now: datetime

    def in_order(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Servers tell whole seconds (RFC 3501, 2.3.3), and the Sent folder may be read first."""
        answered = self._answered_at({one.message.rfc_id for one in arrivals if one.message.rfc_id})
        return [_before(one, answered.get(one.message.rfc_id, ())) for one in arrivals]

    def _answered_at(self, rfc_ids: set[str]) -> dict[str, list[datetime]]:
        """When that came which answers them."""
        if not rfc_ids:
            return {}
        m, r = t.message.c, t.reference.c
        asked = select(r.rfc_id, m.received_at).join_from(t.reference, t.message).where(r.rfc_id.in_(rfc_ids))
        found: dict[str, list[datetime]] = {}
        for rfc_id, at in self.connection.execute(asked):
            found.setdefault(rfc_id, []).append(at)
        return found

    def keep(self, arrivals: Sequence[Arrival], account: str) -> int:
        """All of one folder, at places that were not read before. Does what `remember` does, for many at once."""
        places = _unread(self.connection, arrivals)
        known = self._ids_of(places)
        fresh: dict[str, Arrival] = {}
        for arrival in places:
            fresh.setdefault(arrival.message.identity, arrival)
        made = self._keep_new([one for identity, one in fresh.items() if identity not in known], account)
        ids = known | made
        for arrival in places:
            if fresh[arrival.message.identity] is not arrival or arrival.message.identity in known:
                add_recipients(self.connection, ids[arrival.message.identity], arrival.message)
        rows = [_place_row(arrival.place, ids[arrival.message.identity]) for arrival in places]
        if rows:
            self.connection.execute(insert(t.place), rows)
        return len(made)

    def _ids_of(self, arrivals: Sequence[Arrival]) -> dict[str, int]:
        m = t.message.c
        wanted = m.identity.in_({arrival.message.identity for arrival in arrivals})
        return {row.identity: row.id for row in self.connection.execute(select(m.identity, m.id).where(wanted))}

    def _keep_new(self, arrivals: Sequence[Arrival], account: str) -> dict[str, int]:
        if not arrivals:
            return {}
        messages = [arrival.message for arrival in arrivals]
        threads = _Threads(self.connection, messages).join(messages)
        rows = [
            message_to_row(arrival, self.now) | verdict_columns(None) | {"thread_id": thread, "held_for": account}
            for arrival, thread in zip(arrivals, threads, strict=True)
        ]
        made = insert(t.message).returning(t.message.c.id, sort_by_parameter_order=True)
        ids = list(self.connection.execute(made, rows).scalars())
        references = [row for number, message in zip(ids, messages, strict=True)
                      for row in reference_rows(number, message)]  # fmt: skip
        if references:
            self.connection.execute(insert(t.reference), references)
        return {message.identity: number for message, number in zip(messages, ids, strict=True)}

    # what waits

    def held_accounts(self) -> list[str]:
        """Accounts for which messages wait, by name."""
        m = t.message.c
        found = self.connection.execute(select(m.held_for).where(m.held_for.is_not(None)).distinct())
        return sorted(found.scalars())

    def held_threads(self, account: str, beyond: ThreadId, limit: int) -> list[ThreadId]:
        """In the order in which they began."""
        m = t.message.c
        here = (m.held_for == account) & (m.thread_id > beyond)
        wanted = select(m.thread_id).where(here).group_by(m.thread_id).order_by(m.thread_id)
        return [ThreadId(found) for found in self.connection.execute(wanted.limit(limit)).scalars()]

    def held(self, threads: Sequence[ThreadId]) -> dict[ThreadId, list[Held]]:
        """The messages of these threads about which nothing was decided, in the order of their arrival."""
        m = t.message.c
        wanted = m.thread_id.in_(threads) & m.held_for.is_not(None)
        rows = self.connection.execute(select(*_JUDGED_BY).where(wanted).order_by(*_ORDER))
        answered = self._answered_by(wanted)
        found: dict[ThreadId, list[Held]] = {}
        for row in rows:
            verdict = verdict_from_json(row.verdict) if row.verdict else None
            message = replace(message_from_row(row), references=answered.get(row.id, ()))
            one = Held(MessageId(row.id), message, verdict, row.is_history)
            found.setdefault(ThreadId(row.thread_id), []).append(one)
        return found

    def _answered_by(self, wanted: ColumnElement[bool]) -> dict[int, tuple[str, ...]]:
        """What each message answers; a reply's subject is its thread's, and judged as such."""
        r = t.reference.c
        rows = self.connection.execute(select(r.message_id, r.rfc_id).join_from(t.reference, t.message).where(wanted))
        found: dict[int, tuple[str, ...]] = {}
        for number, rfc_id in rows:
            found[number] = (*found.get(number, ()), rfc_id)
        return found

    def turns(self, threads: Sequence[ThreadId]) -> dict[ThreadId, list[Turn]]:
        """Who wrote when."""
        m = t.message.c
        rows = self.connection.execute(
            select(m.thread_id, m.id, m.direction, m.received_at)
            .where(m.thread_id.in_(threads), m.retracted_at.is_(None))
            .order_by(*_ORDER)
        )
        found: dict[ThreadId, list[Turn]] = {}
        for row in rows:
            turn = Turn(MessageId(row.id), Direction(row.direction), row.received_at)
            found.setdefault(ThreadId(row.thread_id), []).append(turn)
        return found

    def busy(self, threads: Sequence[ThreadId]) -> set[ThreadId]:
        """Those in which there is a case, or somebody who waits; nobody else decides in them until it is done."""
        self.connection.execute(_LOCK.where(t.thread.c.id.in_(threads)))
        with_case = select(t.case.c.thread_id).where(t.case.c.thread_id.in_(threads))
        waiting = select(t.thread.c.id).where(t.thread.c.id.in_(threads), t.thread.c.waiting_since.is_not(None))
        return {ThreadId(found) for found in self.connection.execute(union(with_case, waiting)).scalars()}

    def decided_on(self, verdicts: Mapping[MessageId, Verdict | None]) -> None:
        """No longer held; with what was judged of them."""
        rows = [{"wanted": number} | verdict_columns(verdict) for number, verdict in verdicts.items()]
        if rows:
            done = update(t.message).where(t.message.c.id == bindparam("wanted")).values(held_for=None)
            self.connection.execute(done, rows)


def _before(arrival: Arrival, answers: Iterable[datetime]) -> Arrival:
    """The arrival, just before whatever answered it in the same second."""
    at = arrival.message.received_at
    same = [answer for answer in answers if timedelta(0) <= at - answer < timedelta(seconds=1)]
    if not same:
        return arrival
    return replace(arrival, message=replace(arrival.message, received_at=min(same) - timedelta(microseconds=1)))


def _unread(connection: Connection, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those whose places were not read before; of a place that comes twice, the first."""
    p = t.place.c
    first = {arrival.place: arrival for arrival in reversed(arrivals)}
    places = {place for place in first if place is not None}
    read = set()
    for account, folder, uidvalidity in {(x.account, x.folder, x.uidvalidity) for x in places}:
        here = (p.account == account) & (p.folder == folder) & (p.uidvalidity == uidvalidity)
        found = connection.execute(select(p.uid).where(here, p.uid.in_({x.uid for x in places})))
        read |= {Place(account, folder, uidvalidity, uid) for uid in found.scalars()}
    return [arrival for arrival in arrivals if first[arrival.place] is arrival and arrival.place not in read]


def _place_row(place: Place | None, message_id: int) -> dict[str, Any]:
    assert place is not None  # only mail is kept in this way, and mail lies somewhere
    return {
        "account": place.account, "folder": place.folder, "uidvalidity": place.uidvalidity, "uid": place.uid,
        "message_id": message_id,
    }  # fmt: skip


@dataclass(slots=True, eq=False)
class _Thread:
    """A thread that messages join; `id` is None until it is written."""

    id: int | None
    customer: Person
    key: str
    last: datetime
    has_customer: bool
    rank: int  # the order in which threads began
    is_changed: bool = False

    def take(self, message: Message) -> None:
        """A message joins it."""
        if message.received_at > self.last:
            self.last, self.is_changed = message.received_at, True
        if message.direction is Direction.FROM_CUSTOMER and not self.has_customer:
            self.customer, self.has_customer, self.is_changed = message.sender, True, True

    @property
    def row(self) -> dict[str, Any]:
        return {
            "customer_address": self.customer.address, "customer_name": self.customer.name, "subject_key": self.key,
            "last_message_at": self.last, "waiting_count": 0,
        }  # fmt: skip


class _Threads:
    """Which thread each message of a batch joins, by the same rules as one by one (T16 of the mail cases)."""

    def __init__(self, connection: Connection, messages: Sequence[Message]) -> None:
        """Loads at once what the database knows of any of them."""
        self._connection = connection
        self._by_message: dict[str, _Thread] = {}  # the threads of messages that are known
        self._by_answer: dict[str, _Thread] = {}  # of messages that answer something, by what they answer
        self._by_subject: dict[tuple[str, str], list[_Thread]] = {}
        self._newest = 0
        self._load(messages)

    def join(self, messages: Sequence[Message]) -> list[int]:
        """The thread of each, in order; new threads are written, others brought up to date."""
        joined = [self._join(message) for message in messages]
        every = list(dict.fromkeys(joined))
        new = [thread for thread in every if thread.id is None]
        if new:
            made = insert(t.thread).returning(t.thread.c.id, sort_by_parameter_order=True)
            numbers = self._connection.execute(made, [thread.row for thread in new]).scalars()
            for thread, number in zip(new, numbers, strict=True):
                thread.id, thread.is_changed = number, False
        for thread in every:
            if thread.is_changed:
                values = {"last_message_at": thread.last, "customer_address": thread.customer.address,
                          "customer_name": thread.customer.name}  # fmt: skip
                self._connection.execute(update(t.thread).where(t.thread.c.id == thread.id).values(**values))
        return [thread.id for thread in joined if thread.id is not None]

    def _join(self, message: Message) -> _Thread:
        key = subject_key(message.subject)
        nearest = (self._by_message[ref] for ref in message.references if ref in self._by_message)
        thread = next(nearest, None) or self._by_answer.get(message.rfc_id) or self._same_subject(message, key)
        if thread is None:
            is_customer = message.direction is Direction.FROM_CUSTOMER
            self._newest += 1
            thread = _Thread(None, message.sender, key, message.received_at, is_customer, self._newest)
            self._by_subject.setdefault((message.sender.address, key), []).append(thread)
        was = thread.customer.address
        thread.take(message)
        if thread.customer.address != was:
            self._by_subject.setdefault((thread.customer.address, thread.key), []).append(thread)
        self._remember(message, thread)
        return thread

    def _remember(self, message: Message, thread: _Thread) -> None:
        if message.rfc_id:
            self._by_message.setdefault(message.rfc_id, thread)
        for ref in message.references:
            self._by_answer.setdefault(ref, thread)

    def _same_subject(self, message: Message, key: str) -> _Thread | None:
        if not key or message.direction is not Direction.FROM_CUSTOMER or message.medium is not Medium.MAIL:
            return None
        at, sender = message.received_at, message.sender.address
        near = [thread for thread in self._by_subject.get((sender, key), ())
                if abs(thread.last - at) <= SAME_SUBJECT and thread.customer.address == sender]  # fmt: skip
        return max(near, key=lambda thread: (thread.last, thread.rank), default=None)

    # what the database knows

    def _load(self, messages: Sequence[Message]) -> None:
        m, r = t.message.c, t.reference.c
        referred = {ref for message in messages for ref in message.references}
        own = {message.rfc_id for message in messages if message.rfc_id}
        pairs = {(x.sender.address, subject_key(x.subject)) for x in messages if x.direction is Direction.FROM_CUSTOMER}
        known = self._rows(select(m.rfc_id, m.thread_id).where(m.rfc_id.in_(referred)).order_by(m.id))
        asked = select(r.rfc_id, m.thread_id).join_from(t.reference, t.message).where(r.rfc_id.in_(own))
        answers = self._rows(asked.order_by(m.id))
        threads = self._threads({thread for _, thread in known + answers}, pairs)
        self._newest = max(threads, default=0)
        for rfc_id, thread in known:
            self._by_message.setdefault(rfc_id, threads[thread])
        for rfc_id, thread in answers:
            self._by_answer.setdefault(rfc_id, threads[thread])
        for one in threads.values():
            self._by_subject.setdefault((one.customer.address, one.key), []).append(one)

    def _rows(self, query: Any) -> list[tuple[str, int]]:
        return [(row[0], row[1]) for row in self._connection.execute(query)]

    def _threads(self, ids: Iterable[int], pairs: Iterable[tuple[str, str]]) -> dict[int, _Thread]:
        c, m = t.thread.c, t.message.c
        by_pair = tuple_(c.customer_address, c.subject_key).in_(list(pairs))
        rows = self._connection.execute(select(t.thread).where(c.id.in_(list(ids)) | by_pair)).all()
        theirs = select(m.thread_id).where(
            m.thread_id.in_([row.id for row in rows]), m.direction == Direction.FROM_CUSTOMER.value
        )
        with_customer = set(self._connection.execute(theirs.distinct()).scalars())
        return {
            row.id: _Thread(row.id, Person(row.customer_address, row.customer_name), row.subject_key,
                            row.last_message_at, row.id in with_customer, row.id)
            for row in rows
        }  # fmt: skip

"""Words that people change and take back, and what stands in a channel, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, union, update

from bot.domain.alert import CaseId
from bot.domain.case import State, Step
from bot.domain.chat import ACCOUNT, name_of, place_named, ts_of
from bot.domain.message import Direction, Medium, Message, MessageId, Place, ThreadId
from bot.domain.silence import awaits_answer
from bot.domain.triage import WROTE_IN_SLACK
from bot.domain.verdict import Verdict
from bot.service.chat_ports import KnownWords, Stored
from bot.store import tables as t
from bot.store.messages import message_from_row, verdict_columns, verdict_from_json

_AWAITING = [state.value for state in State if state.awaits_first_answer]
_CHATS = (Medium.CUSTOMER_CHANNEL.value, Medium.WORK_CHANNEL.value)
_THEIRS, _OURS = Direction.FROM_CUSTOMER.value, Direction.FROM_US.value


class ChatRows:
    """The part of a transaction that deals with words that can be changed and taken back."""

    connection: Connection
    now: datetime

    def is_ours(self, channel: str, ts: str) -> bool:
        """By the card of a case, or by what the outbox knows of where it was said."""
        ref = f"{channel}:{ts}"
        found = union(
            select(t.card.c.ref).where(t.card.c.ref == ref), select(t.outbox.c.ref).where(t.outbox.c.ref == ref)
        )
        return self.connection.execute(found).first() is not None

    def read_at(self, places: Sequence[Place]) -> set[Place]:
        """By their keys, channel by channel."""
        p, found = t.place.c, set[Place]()
        for channel in {place.folder for place in places}:
            here = (p.account == ACCOUNT) & (p.folder == channel) & (p.uidvalidity == 1)
            uids = [place.uid for place in places if place.folder == channel]
            found |= {Place(ACCOUNT, channel, 1, uid) for uid in
                      self.connection.execute(select(p.uid).where(here, p.uid.in_(uids))).scalars()}  # fmt: skip
        return found

    def stored(self, place: Place) -> Stored | None:
        """The message that was read at a place."""
        p, m = t.place.c, t.message.c
        row = self.connection.execute(
            select(t.message)
            .join(t.place, p.message_id == m.id)
            .where(p.account == place.account, p.folder == place.folder)
            .where(p.uidvalidity == place.uidvalidity, p.uid == place.uid)
        ).one_or_none()
        if row is None:
            return None
        answered = select(t.reference.c.rfc_id).where(t.reference.c.message_id == row.id)
        references = tuple(self.connection.execute(answered).scalars())
        return Stored(
            MessageId(row.id), ThreadId(row.thread_id), replace(message_from_row(row), references=references),
            _verdict(row), row.edited_at, row.retracted_at is not None, row.held_for is not None,
        )  # fmt: skip

    def rewrite(self, number: MessageId, message: Message, verdict: Verdict | None, edited_at: datetime) -> None:
        """The old words are kept nowhere."""
        values = {
            "new_text": message.new_text, "edited_at": edited_at,
            "attachments": [[a.name, a.media_type, a.size] for a in message.attachments],
        }  # fmt: skip
        self._write(number, values | verdict_columns(verdict))

    def retract(self, number: MessageId) -> None:
        """The clues of its verdict are pieces of its words and go with them; that it was judged stays."""
        judged = self.connection.execute(select(t.message.c.verdict).where(t.message.c.id == number)).scalar()
        values: dict[str, Any] = {"new_text": "", "attachments": [], "retracted_at": self.now, "held_for": None}
        self._write(number, values | ({"verdict": {**judged, "clues": []}} if judged else {}))

    def _write(self, number: MessageId, values: dict[str, Any]) -> None:
        self.connection.execute(update(t.message).where(t.message.c.id == number).values(**values))

    # who waits

    def unanswered(self, thread: ThreadId, before: datetime | None = None) -> list[tuple[Message, Verdict | None]]:
        """What still stands there; words of ours that are gone answer nothing."""
        m = t.message.c
        here = (m.thread_id == thread) & m.retracted_at.is_(None)
        if before is not None:
            here &= m.received_at < before
        ours = self.connection.execute(select(func.max(m.received_at)).where(here, m.direction == _OURS)).scalar()
        theirs = here & (m.direction == _THEIRS)
        if ours is not None:
            theirs &= m.received_at > ours
        rows = self.connection.execute(select(t.message).where(theirs).order_by(m.received_at, m.id))
        return [(message_from_row(row), _verdict(row)) for row in rows]

    def contacted_by_words(self, case: CaseId) -> bool:
        """By the newest line of its log that says that the customer was contacted."""
        e = t.event.c
        wanted = select(e.note).where(e.case_id == case, e.what == Step.CONTACTED.value).order_by(e.id.desc())
        return self.connection.execute(wanted.limit(1)).scalar() == WROTE_IN_SLACK

    def waiting_in(self, channel: str, before: datetime, most: int) -> list[ThreadId]:
        """Those that are known to wait, and those about which nothing is decided yet but that ask for something."""
        m, c, h = t.message.c, t.case.c, t.thread.c
        known = union(
            select(h.id).where(h.waiting_since.is_not(None)), select(c.thread_id).where(c.state.in_(_AWAITING))
        )
        waiting = self._with_words_in(channel, known)
        held = self._with_words_in(channel, select(m.thread_id).where(m.held_for == ACCOUNT))
        newest_first = sorted(waiting | held, reverse=True)
        found = (one for one in newest_first if self._waits(one, before, is_known=one in waiting))
        return list(islice(found, most))

    def _waits(self, thread: ThreadId, before: datetime, *, is_known: bool) -> bool:
        left = self.unanswered(thread, before)
        return bool(left) and (is_known or any(awaits_answer(*one) for one in left))

    def _with_words_in(self, channel: str, threads: Any) -> set[ThreadId]:
        """Those of these threads that are of a channel."""
        m = t.message.c
        here = m.rfc_id.startswith(name_of(channel, ""), autoescape=True)
        wanted = select(m.thread_id).where(m.thread_id.in_(threads), m.medium.in_(_CHATS), here)
        return {ThreadId(found) for found in self.connection.execute(wanted.distinct()).scalars()}

    # what stands in a channel

    def roots(self, channel: str, since: int, limit: int) -> list[str]:
        """Of each message the one that it replies to, else itself."""
        c, h = t.case.c, t.thread.c
        owed = union(
            select(h.id).where(h.waiting_since.is_not(None)), select(c.thread_id).where(c.next_due_at.is_not(None))
        )
        is_open = t.message.c.thread_id.in_(self._with_words_in(channel, owed))
        recent = _standing(channel).where(t.place.c.uid >= since).order_by(t.place.c.uid.desc()).limit(20 * limit)
        rows = [*self._newest_first(_standing(channel).where(is_open)), *self.connection.execute(recent)]
        return list(dict.fromkeys(_root(row) for row in rows))[:limit]

    def _newest_first(self, wanted: Select[Any]) -> Sequence[Row[Any]]:
        return self.connection.execute(wanted.order_by(t.place.c.uid.desc())).all()

    def words_in(self, channel: str, after: int, roots: Sequence[str]) -> list[KnownWords]:
        """As they stood there at the last that we heard, in order."""
        names = [name_of(channel, ts) for ts in roots]
        m, r, p = t.message.c, t.reference.c, t.place.c
        wanted = (p.uid > after) | m.rfc_id.in_(names) | r.rfc_id.in_(names)
        rows = self.connection.execute(_standing(channel).where(wanted).order_by(p.uid))
        return [KnownWords(ts_of(row.uid), _answers(row), row.edited_at) for row in rows]


def _standing(channel: str) -> Select[Any]:
    """Words of a channel that nobody took back."""
    p, m, r = t.place.c, t.message.c, t.reference.c
    return (
        select(p.uid, m.edited_at, r.rfc_id.label("answers"))
        .select_from(t.place.join(t.message, m.id == p.message_id).outerjoin(t.reference, r.message_id == m.id))
        .where(p.account == ACCOUNT, p.folder == channel, p.uidvalidity == 1, m.retracted_at.is_(None))
    )


def _answers(row: Row[Any]) -> str:
    return ts_of(place_named(row.answers).uid) if row.answers else ""


def _root(row: Row[Any]) -> str:
    return _answers(row) or ts_of(row.uid)


def _verdict(row: Row[Any]) -> Verdict | None:
    return verdict_from_json(row.verdict) if row.verdict else None

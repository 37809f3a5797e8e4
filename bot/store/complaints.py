"""What people say about messages and cases, as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from bot.domain.alert import CaseId
from bot.domain.case import Case, Entry
from bot.domain.message import Arrival, Direction, Medium, MessageId, Person, ThreadId
from bot.domain.review import Reviewed
from bot.domain.verdict import Label
from bot.store import tables as t
from bot.store.cases import case_from_row, entry_from_row, labels_to_json


class ComplaintRows:
    """The part of a transaction that deals with what people say."""

    connection: Connection
    now: datetime

    def last_entry(self, case: CaseId, what: str = "") -> Entry | None:
        """The newest line of its log, of all or of those that say this."""
        e = t.event.c
        wanted = (e.case_id == case) & (e.what == what) if what else e.case_id == case
        row = self.connection.execute(select(t.event).where(wanted).order_by(e.id.desc()).limit(1)).first()
        return entry_from_row(row) if row is not None else None

    def case_of(self, thread: ThreadId) -> Case | None:
        """A thread has one case at most."""
        row = self.connection.execute(select(t.case).where(t.case.c.thread_id == thread)).one_or_none()
        return case_from_row(row) if row is not None else None

    def pointed_at(self, arrival: Arrival) -> Reviewed | None:
        """By its place, else by its identity."""
        m, p = t.message.c, t.place.c
        wanted = select(t.message).where(m.identity == arrival.message.identity)
        if place := arrival.place:
            here = (p.account == place.account) & (p.folder == place.folder) & (p.uid == place.uid)
            wanted = select(t.message).join(t.place, p.message_id == m.id).where(here)
        return self._told_by_others(wanted)

    def pointed_at_under(self, message_id: str) -> Reviewed | None:
        """Of several copies the newest."""
        return self._told_by_others(select(t.message).where(t.message.c.rfc_id == message_id))

    def _told_by_others(self, wanted: Select[Any]) -> Reviewed | None:
        row = self.connection.execute(wanted.order_by(t.message.c.id.desc()).limit(1)).first()
        if row is None or row.direction == Direction.FROM_US.value:
            return None
        return Reviewed(
            MessageId(row.id), ThreadId(row.thread_id), Person(row.sender_address, row.sender_name), row.received_at,
            Medium(row.medium), answered=False, in_a_case=False,
        )  # fmt: skip

    def correct(self, case: CaseId, labels: frozenset[Label], who: str, note: str) -> None:
        """A correction belongs to the message that opened the case."""
        opened_by = self.connection.execute(select(t.case.c.message_id).where(t.case.c.id == case)).scalar_one()
        self.correct_message(MessageId(opened_by), labels, who, note)

    def correct_message(self, message: MessageId, labels: frozenset[Label], who: str, note: str) -> None:
        """The newest word about a message counts."""
        self.connection.execute(
            insert(t.correction).values(
                message_id=message, labels=labels_to_json(labels), who=who, note=note, at=self.now
            )
        )

"""What is to be said, as rows: pending -> sending -> sent, with detours for lost answers and withdrawals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from bot.domain.alert import Alert, AlertKey, CaseId, Notice, Reason, Say, Topic
from bot.domain.case import Case
from bot.domain.escalation import Notify, OnCall
from bot.domain.message import Direction
from bot.domain.triage import still_wanted
from bot.service.ports import OutboxRow, Ref, RowId
from bot.store import tables as t
from bot.store.cases import case_from_row, latest_from_customer
from bot.store.messages import verdict_from_json

_UNSENT = ("pending", "carried", "sending", "unknown")
_WORDS = 4000


class OutboxRows:
    """The part of a transaction that deals with the outbox."""

    connection: Connection
    now: datetime
    on_call: OnCall

    def queue(self, case: CaseId, say: Say) -> None:
        """The key is unique: what was queued once is never queued again."""
        key = say.key(case)
        if self.connection.execute(select(t.outbox.c.id).where(t.outbox.c.key == key)).scalar() is not None:
            return
        late = say.late_by.total_seconds() if say.late_by else None
        self.connection.execute(
            insert(t.outbox).values(
                key=key, case_id=case, reason=say.reason.value, opens=say.reason.opens, notify=say.notify.value,
                loop=say.loop, rung=say.rung, late_seconds=late, state="pending", queued_at=self.now,
                not_before=self.now, attempts=0, error="",
            )
        )  # fmt: skip

    def announce(self, notice: Notice) -> bool:
        """A notice of its own; False when one with this key was announced before."""
        return announce(self.connection, self.now, notice)

    def withdraw(self, case: CaseId) -> int:
        """Only what surely was not sent; a row under way is checked again by its sender."""
        o = t.outbox.c
        done = self.connection.execute(
            update(t.outbox).where(o.case_id == case, o.state == "pending").values(state="withdrawn")
        )
        return done.rowcount

    def claim(self, lease: timedelta, settle: timedelta) -> OutboxRow | None:
        """The oldest pending row whose case has nothing older on its way."""
        o, older = t.outbox.c, t.outbox.alias("older")
        blocked = (
            select(older.c.id)
            .where(older.c.case_id == o.case_id, older.c.id < o.id, older.c.state.in_(_UNSENT))
            .exists()
        )
        row = self.connection.execute(
            select(t.outbox)
            .where(o.state == "pending", o.not_before <= self.now, ~blocked)
            .order_by(o.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        return self._lease(row, "sending", lease, settle) if row is not None else None

    def unresolved(self, lease: timedelta) -> OutboxRow | None:
        """A row under way for longer than its lease allows."""
        o = t.outbox.c
        row = self.connection.execute(
            select(t.outbox)
            .where(o.state.in_(("sending", "unknown")), o.look_up_at <= self.now)
            .order_by(o.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        return self._lease(row, "unknown", lease, timedelta()) if row is not None else None

    def _lease(self, row: Row[Any], state: str, lease: timedelta, settle: timedelta) -> OutboxRow:
        until = self.now + lease
        attempts = row.attempts + (state == "sending")
        self.connection.execute(
            update(t.outbox)
            .where(t.outbox.c.id == row.id)
            .values(state=state, attempts=attempts, lease_until=until, look_up_at=until + settle)
        )
        about = _notice(row) if row.notice is not None else CaseId(row.case_id)
        say = say_from_row(row) if row.notice is None else None
        return OutboxRow(RowId(row.id), AlertKey(row.key), about, say, row.queued_at, attempts, until)

    def alert_for(self, row: OutboxRow) -> tuple[Alert | Notice | None, Ref | None]:
        """The alert with the case as it is now, and the card of this case that it replies to; or the notice."""
        if isinstance(row.about, Notice):
            return row.about, None
        assert row.say is not None  # a row that is about a case says something of it
        found = self.connection.execute(select(t.case).where(t.case.c.id == row.about)).one()
        case = case_from_row(found)
        root = None if row.say.reason.opens else self._root(row)
        alert = self._alert(row, row.say, case, found.message_id) if still_wanted(case, row.say) else None
        return alert, root

    def _root(self, row: OutboxRow) -> Ref | None:
        o = t.outbox.c
        ref = self.connection.execute(
            select(o.ref)
            .where(o.case_id == row.about, o.opens, o.state == "sent", o.id < row.id)
            .order_by(o.id.desc())
            .limit(1)
        ).scalar()
        return Ref(ref) if ref is not None else None

    def _alert(self, row: OutboxRow, say: Say, case: Case, opened_by: int) -> Alert:
        latest = say.reason is Reason.WROTE_AGAIN or case.loop > 0
        said = self._message(latest_from_customer(self.connection, case.thread) if latest else opened_by)
        verdict = verdict_from_json(said.verdict) if said.verdict else None
        return Alert(
            key=row.key, case=case.id, reason=say.reason, notify=say.notify,
            mention=self.on_call.address(say.notify), state=case.state.value, labels=case.labels,
            severity=case.severity, confidence=case.confidence, customer=case.customer.display,
            subject=said.subject, words=said.new_text[:_WORDS], clues=verdict.clues if verdict else (),
            messages=self._count_from_customer(case), waiting_since=case.waiting_since, at=self.now,
            late_by=say.late_by, next_due_at=case.next_due_at, claimed_by=case.claimed_by, medium=said.medium,
        )  # fmt: skip

    def _message(self, message_id: int) -> Row[Any]:
        return self.connection.execute(select(t.message).where(t.message.c.id == message_id)).one()

    def _count_from_customer(self, case: Case) -> int:
        m = t.message.c
        wanted = (m.thread_id == case.thread) & (m.direction == Direction.FROM_CUSTOMER.value)
        return int(self.connection.execute(select(func.count()).select_from(t.message).where(wanted)).scalar_one())

    # outcomes; each only while the row is still leased to us

    def settle(self, row: OutboxRow, ref: Ref) -> bool:
        """It stands in the channel; that is true whoever holds the lease by now."""
        o = t.outbox.c
        done = self.connection.execute(
            update(t.outbox)
            .where(o.id == row.id, o.state != "sent")
            .values(state="sent", sent_at=self.now, ref=ref, error="")
        )
        if isinstance(row.about, Notice):
            carried = (o.carried_by == row.id) & (o.state == "carried")
            self.connection.execute(update(t.outbox).where(carried).values(state="sent", sent_at=self.now, ref=ref))
        return done.rowcount == 1

    def release(self, row: OutboxRow, not_before: datetime, error: str) -> None:
        """Back among the pending."""
        self._if_ours(row, state="pending", not_before=not_before, error=error)

    def hold(self, row: OutboxRow, look_up_at: datetime, error: str) -> None:
        """Nobody knows; the look-up will tell."""
        self._if_ours(row, state="unknown", look_up_at=look_up_at, error=error)

    def bury(self, row: OutboxRow, error: str) -> None:
        """The end of a row that was not sent."""
        self._if_ours(row, state="dead", error=error)

    def _if_ours(self, row: OutboxRow, **values: Any) -> None:
        o = t.outbox.c
        ours = (o.id == row.id) & (o.lease_until == row.lease_until) & o.state.in_(("sending", "unknown"))
        self.connection.execute(update(t.outbox).where(ours).values(**values))


def announce(connection: Connection, now: datetime, notice: Notice) -> bool:
    """Queue what belongs to no case; False when its key was queued before."""
    o = t.outbox
    if connection.execute(select(o.c.id).where(o.c.key == notice.key)).scalar() is not None:
        return False
    told = {"title": notice.title, "lines": list(notice.lines), "advice": notice.advice, "mention": notice.mention}
    connection.execute(
        insert(o).values(
            key=notice.key, notice=told, reason=notice.topic.value, opens=False, notify=Notify.CHANNEL.value,
            loop=0, rung=0, state="pending", queued_at=now, not_before=now, attempts=0, error="",
        )
    )  # fmt: skip
    return True


def _notice(row: Row[Any]) -> Notice:
    told = row.notice
    lines, mention = tuple(told["lines"]), told.get("mention", "")
    return Notice(AlertKey(row.key), Topic(row.reason), told["title"], lines, told["advice"], mention)


def say_from_row(row: Row[Any]) -> Say:
    """What a row that is about a case says of it."""
    late = timedelta(seconds=row.late_seconds) if row.late_seconds is not None else None
    return Say(Reason(row.reason), Notify(row.notify), row.loop, row.rung, late)

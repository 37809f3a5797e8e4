"""What is to be said, as rows: pending -> sending -> sent, with detours for lost answers and withdrawals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, false, func, insert, literal, select, true, update
from sqlalchemy import case as where

from bot.domain.alert import AlertKey, CaseId, Notice, Reason, Say, Topic
from bot.domain.escalation import How, Notify, OnCall
from bot.service.ports import OutboxRow, Ref, RowId
from bot.store import tables as t

_UNSENT = ("pending", "carried", "sending", "unknown")
# What was said again because it was not found is looked for after these times: its first may have been late.
_TWIN_LOOKS = (timedelta(minutes=1), timedelta(minutes=10))


class OutboxRows:
    """The part of a transaction that deals with the outbox."""

    connection: Connection
    now: datetime
    has_card: Callable[[CaseId, Ref, int], None]

    def queue(self, case: CaseId, say: Say) -> None:
        """The key is unique: what was queued once is never queued again."""
        key = say.key(case)
        if self.connection.execute(select(t.outbox.c.id).where(t.outbox.c.key == key)).scalar() is not None:
            return
        self.connection.execute(insert(t.outbox).values(row_of(case, say, self.now)))

    def announce(self, notice: Notice) -> bool:
        """A notice of its own; False when one with this key was announced before."""
        return announce(self.connection, self.now, notice)

    def withdraw(self, case: CaseId) -> int:
        """Only what surely was not sent; a row under way is checked again by its sender.

        A list that was to carry some of it is taken back as well, and made anew without it. That the first answer is
        overdue is true until somebody gives it: its sender looks.
        """
        done = self._withdraw_pending(case)  # waits for whoever makes a list of it at this moment
        self._take_back_lists(case)
        return done + self._withdraw_pending(case)

    def _withdraw_pending(self, case: CaseId) -> int:
        o = t.outbox.c
        ours = (o.case_id == case) & (o.state == "pending") & (o.reason != Reason.FIRST_RESPONSE_OVERDUE.value)
        return self.connection.execute(update(t.outbox).where(ours).values(state="withdrawn")).rowcount

    def _take_back_lists(self, case: CaseId) -> None:
        """Those that nobody is sending; locked, so that nobody begins to."""
        o = t.outbox.c
        of_it = select(o.carried_by).where(o.case_id == case, o.state == "carried")
        waiting = select(o.id).where(o.id.in_(of_it), o.state == "pending").order_by(o.id).with_for_update()
        lists = list(self.connection.execute(waiting).scalars())
        if lists:
            freed = (o.carried_by.in_(lists)) & (o.state == "carried")
            self.connection.execute(update(t.outbox).where(freed).values(state="pending", carried_by=None))
            self.connection.execute(update(t.outbox).where(o.id.in_(lists)).values(state="withdrawn"))

    def name_roles(self, on_call: OnCall) -> None:
        """What an older amends had not said when it was upgraded names roles, which it would have looked up then."""
        for role in (Notify.ON_CALL, Notify.LEAD):
            old = (t.outbox.c.mention == role.value) & (t.outbox.c.notify == role.value)
            self.connection.execute(update(t.outbox).where(old).values(mention=on_call.address(role)))

    def claim(self, lease: timedelta, settle: timedelta) -> OutboxRow | None:
        """The oldest pending row whose case has nothing older on its way, but for pings that are put off."""
        o, older = t.outbox.c, t.outbox.alias("older")
        put_off = (older.c.state == "pending") & func.coalesce(older.c.deferred_until > self.now, false())
        blocked = (
            select(older.c.id)
            .where(older.c.case_id == o.case_id, older.c.id < o.id, older.c.state.in_(_UNSENT), ~put_off)
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
        return replace(self._row(row, until), attempts=attempts)

    def _row(self, row: Row[Any], until: datetime) -> OutboxRow:
        about = _notice(row) if row.notice is not None else CaseId(row.case_id)
        say = say_from_row(row) if row.notice is None else None
        return OutboxRow(RowId(row.id), AlertKey(row.key), about, say, row.queued_at, row.attempts, until)

    # outcomes; each only while the row is still leased to us

    def settle(self, row: OutboxRow, ref: Ref, drawn: int = -1, *, twins: bool = False) -> bool:
        """It stands in the channel; that is true whoever holds the lease by now."""
        o = t.outbox.c
        # said again, or by somebody whose lease was over: then another may stand there, or be about to
        in_doubt = o.twins_due_at.is_not(None) | (o.lease_until != row.lease_until)
        look = where((in_doubt, literal(self.now + _TWIN_LOOKS[0], t.Utc))) if not twins else self.now
        done = self.connection.execute(
            update(t.outbox)
            .where(o.id == row.id, o.state != "sent")
            .values(state="sent", sent_at=self.now, ref=ref, error="", twin_looks=0, twins_due_at=look)
        )
        if not done.rowcount:
            twin = (o.id == row.id) & ((o.ref != ref) if not twins else true())
            self.connection.execute(update(t.outbox).where(twin).values(twins_due_at=self.now))
        elif isinstance(row.about, Notice):
            carried = (o.carried_by == row.id) & (o.state == "carried")
            self.connection.execute(update(t.outbox).where(carried).values(state="sent", sent_at=self.now, ref=ref))
        else:
            self.has_card(row.about, ref, drawn)
        return done.rowcount == 1

    def release(self, row: OutboxRow, not_before: datetime, error: str, *, said_again: bool = False) -> None:
        """Back among the pending. `said_again`: it may stand there all the same."""
        looks = {"twin_looks": 0, "twins_due_at": not_before} if said_again else {}
        self._if_ours(row, state="pending", not_before=not_before, error=error, **looks)

    # what was said again, and may stand there twice

    def twin_to_look_for(self, lease: timedelta) -> tuple[OutboxRow, Ref] | None:
        """Something that was said again, with where it stands; for so long it is ours to look for."""
        o = t.outbox.c
        row = self.connection.execute(
            select(t.outbox)
            .where(o.state == "sent", o.twins_due_at <= self.now)
            .order_by(o.twins_due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        until = self.now + lease
        self.connection.execute(update(t.outbox).where(o.id == row.id).values(twins_due_at=until))
        return self._row(row, until), Ref(row.ref)

    def looked_for_twin(self, row: OutboxRow) -> None:
        """It is looked for once more later, and then no more."""
        o = t.outbox.c
        found = self.connection.execute(select(o.twin_looks, o.sent_at).where(o.id == row.id)).one()
        looks = found.twin_looks + 1
        due = found.sent_at + _TWIN_LOOKS[looks] if looks < len(_TWIN_LOOKS) else None
        self._if_still_looking(row, twin_looks=looks, twins_due_at=due)

    def look_for_twin_again(self, row: OutboxRow, at: datetime | None) -> None:
        """It could not be looked for."""
        self._if_still_looking(row, twins_due_at=at)

    def _if_still_looking(self, row: OutboxRow, **values: Any) -> None:
        o = t.outbox.c
        ours = (o.id == row.id) & (o.twins_due_at == row.lease_until)
        self.connection.execute(update(t.outbox).where(ours).values(**values))

    def hold(self, row: OutboxRow, look_up_at: datetime, error: str) -> None:
        """Nobody knows; the look-up will tell."""
        self._if_ours(row, state="unknown", look_up_at=look_up_at, error=error)

    def bury(self, row: OutboxRow, error: str) -> None:
        """The end of a row that was not sent. What a list was to carry is then said one by one."""
        o = t.outbox.c
        if self._if_ours(row, state="dead", error=error):
            carried = (o.carried_by == row.id) & (o.state == "carried")
            self.connection.execute(update(t.outbox).where(carried).values(state="pending", carried_by=None))

    def _if_ours(self, row: OutboxRow, **values: Any) -> bool:
        o = t.outbox.c
        ours = (o.id == row.id) & (o.lease_until == row.lease_until) & o.state.in_(("sending", "unknown"))
        return self.connection.execute(update(t.outbox).where(ours).values(**values)).rowcount == 1


def row_of(case: CaseId, say: Say, now: datetime) -> dict[str, Any]:
    """What is to be said of a case, as a row; a ping that is put off waits, and holds up nothing else of its case."""
    return {
        "key": say.key(case), "case_id": case, "reason": say.reason.value, "opens": say.reason.opens,
        "notify": say.notify.value, "who": say.who, "mention": say.mention, "how": say.how.value, "loop": say.loop,
        "rung": say.rung, "late_seconds": say.late_by.total_seconds() if say.late_by else None, "state": "pending",
        "queued_at": now, "not_before": say.deferred_until or now, "deferred_until": say.deferred_until,
        "attempts": 0, "error": "",
    }  # fmt: skip


def announce(connection: Connection, now: datetime, notice: Notice) -> bool:
    """Queue what belongs to no case; False when its key was queued before."""
    o = t.outbox
    if connection.execute(select(o.c.id).where(o.c.key == notice.key)).scalar() is not None:
        return False
    told = {
        "title": notice.title, "lines": list(notice.lines), "advice": notice.advice, "mention": notice.mention,
        "numbers": list(notice.numbers),
    }  # fmt: skip
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
    numbers = tuple(told.get("numbers", ()))
    return Notice(AlertKey(row.key), Topic(row.reason), told["title"], lines, told["advice"], mention, numbers)


def say_from_row(row: Row[Any]) -> Say:
    """What a row that is about a case says of it."""
    late = timedelta(seconds=row.late_seconds) if row.late_seconds is not None else None
    return Say(
        Reason(row.reason), Notify(row.notify), row.loop, row.rung, late, row.who, row.mention, How(row.how),
        row.deferred_until,
    )  # fmt: skip

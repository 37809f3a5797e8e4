"""What is to be shown of a case as it is now, and the one message in which it is redrawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bot.domain.alert import Alert, AlertKey, CaseId, Deed, Notice, Reason, Say, Topic
from bot.domain.case import Case, Step
from bot.domain.denial import DENIED
from bot.domain.escalation import Notify
from bot.domain.message import Direction
from bot.domain.threats import threats
from bot.domain.triage import AMENDS, still_wanted
from bot.service.ports import OutboxRow, Ref, StaleCard
from bot.store import tables as t
from bot.store.cases import case_from_row, latest_from_customer
from bot.store.messages import verdict_from_json
from bot.store.outbox import say_from_row

_WORDS = 4000
# Where an earlier attempt to redraw a card may be carried out late, it is drawn again after these times.
_DRAWN_AGAIN = (timedelta(minutes=1), timedelta(minutes=10))
# `drawn` of a card that is to be drawn once more; each less by one is one more time.
_ONCE = -1
_DEEDS = 8
# What people do; the rest of a log is what customers and amends do.
_BY_PEOPLE = (*(step.value for step in Step if step is not Step.CLAIM_LAPSED), DENIED, "undone", "snoozed")


def _is_of_the_team(line: Any) -> bool:
    """Customers reopen cases by writing again; of the team nobody does, but by a step."""
    by_writing = line.whence == "mail" or (line.whence == "slack" and not line.who.endswith(")"))
    return bool(line.who != AMENDS and not (line.what == Step.REOPENED.value and by_writing))


class CardRows:
    """The part of a transaction that deals with how a case is shown."""

    connection: Connection
    now: datetime

    def alert_for(self, row: OutboxRow) -> tuple[Alert | Notice | None, Ref | None]:
        """The alert with the case as it is now, and the card of this case that it replies to; or the notice."""
        if isinstance(row.about, Notice):
            return (None if self._carries_what_nobody_wants(row) else row.about), None
        assert row.say is not None  # a row that is about a case says something of it
        found = self.connection.execute(select(t.case).where(t.case.c.id == row.about)).one()
        case = case_from_row(found)
        wanted = still_wanted(case, row.say)
        return (self._alert(row.key, row.say, case, found.message_id) if wanted else None), self._ref(case.id)

    def _carries_what_nobody_wants(self, row: OutboxRow) -> bool:
        """A list in which stands what has been taken since it was made is made anew."""
        if not isinstance(row.about, Notice) or row.about.topic is not Topic.DIGEST:
            return False
        o = t.outbox.c
        carried = self.connection.execute(select(t.outbox).where(o.carried_by == row.id, o.state == "carried")).all()
        about = select(t.case).where(t.case.c.id.in_({one.case_id for one in carried}))
        cases = {one.id: case_from_row(one) for one in self.connection.execute(about)} if carried else {}
        return not all(still_wanted(cases[one.case_id], say_from_row(one)) for one in carried)

    def picture(self, case: CaseId) -> Alert | None:
        """How a case is now, whoever asks."""
        found = self.connection.execute(select(t.case).where(t.case.c.id == case)).one_or_none()
        if found is None:
            return None
        now = case_from_row(found)
        return self._alert(AlertKey(""), Say(now.reason, Notify.CHANNEL, now.loop, 0), now, found.message_id)

    def _ref(self, case: CaseId) -> Ref | None:
        ref = self.connection.execute(select(t.card.c.ref).where(t.card.c.case_id == case)).scalar()
        return Ref(ref) if ref is not None else None

    def _alert(self, key: AlertKey, say: Say, case: Case, opened_by: int) -> Alert:
        latest = say.reason is Reason.WROTE_AGAIN or case.loop > 0
        said = self._message(latest_from_customer(self.connection, case.thread) if latest else opened_by)
        verdict = verdict_from_json(said.verdict) if said.verdict else None
        deeds, undoable = self._deeds(case.id)
        return Alert(
            key=key, case=case.id, reason=say.reason, notify=say.notify,
            who=say.who, mention=say.mention, how=say.how, state=case.state.value, labels=case.labels,
            severity=case.severity, confidence=case.confidence, customer=case.customer.display,
            subject=said.subject, words=said.new_text[:_WORDS], clues=verdict.clues if verdict else (),
            messages=self._count_from_customer(case), waiting_since=case.waiting_since, at=self.now,
            late_by=say.late_by, next_due_at=case.step_due_at, claimed_by=case.claimed_by, medium=said.medium,
            generation=case.generation, snoozed=case.snoozed, exhausted=case.exhausted,
            threats=threats(said.new_text[:_WORDS]), deeds=deeds, undoable=undoable, answer_due_at=case.answer_due_at,
        )  # fmt: skip

    def _message(self, message_id: int) -> Row[Any]:
        return self.connection.execute(select(t.message).where(t.message.c.id == message_id)).one()

    def _count_from_customer(self, case: Case) -> int:
        m = t.message.c
        wanted = (m.thread_id == case.thread) & (m.direction == Direction.FROM_CUSTOMER.value)
        return int(self.connection.execute(select(func.count()).select_from(t.message).where(wanted)).scalar_one())

    def _deeds(self, case: CaseId) -> tuple[tuple[Deed, ...], bool]:
        """What people did, the newest last; and whether the newest line of the log can be undone."""
        e = t.event.c
        lines = self.connection.execute(
            select(e.at, e.who, e.whence, e.what, e.note)
            .where(e.case_id == case)
            .order_by(e.id.desc())
            .limit(4 * _DEEDS)
        ).all()
        done = [Deed(x.at, x.who, x.what, x.note) for x in lines if x.what in _BY_PEOPLE and _is_of_the_team(x)]
        undoable = bool(lines) and lines[0].what in (DENIED, Step.DISMISSED.value)
        return tuple(reversed(done[:_DEEDS])), undoable

    # the card itself

    def has_card(self, case: CaseId, ref: Ref, drawn: int) -> None:
        """What stands there first of a case is its card from now on; `drawn`: the generation that it shows."""
        if self._ref(case) is not None:
            return
        wanted = select(t.case.c.generation).where(t.case.c.id == case).scalar_subquery()
        self.connection.execute(
            insert(t.card).values(case_id=case, ref=ref, wanted=wanted, drawn=drawn, not_before=self.now, attempts=0)
        )

    def stale_card(self, lease: timedelta) -> StaleCard | None:
        """One whose case has moved on since it was drawn."""
        d = t.card.c
        free = d.lease_until.is_(None) | (d.lease_until <= self.now)
        row = self.connection.execute(
            select(t.card)
            .where(d.wanted > d.drawn, d.not_before <= self.now, free)
            .order_by(d.attempts, d.not_before)  # one that was just pressed before those that are refused for ever
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        until = self.now + lease
        values = {"lease_until": until, "attempts": row.attempts + 1}
        self.connection.execute(update(t.card).where(d.case_id == row.case_id).values(**values))
        alert = self.picture(CaseId(row.case_id))
        assert alert is not None  # a card belongs to a case
        return StaleCard(alert.case, Ref(row.ref), alert, row.attempts, until)

    def card_drawn(self, card: StaleCard) -> None:
        """Only what was drawn counts: the case may have moved on meanwhile.

        An earlier attempt may be carried out late, and show what was: so then it is drawn twice more, later.
        """
        d = t.card.c
        drawn = self.connection.execute(select(d.drawn).where(d.case_id == card.case)).scalar()
        left = len(_DRAWN_AGAIN) if card.attempts else max(_ONCE - (drawn or 0), 0)
        known = {"drawn": card.alert.generation, "attempts": 0, "lease_until": None}
        again = {"drawn": -left, "not_before": self.now + _DRAWN_AGAIN[-left]} if left else {}
        if not self._if_leased(card, **known | again):
            # somebody else may have drawn it before us, and better
            anew = {"drawn": _ONCE, "not_before": self.now}
            self.connection.execute(update(t.card).where(d.case_id == card.case).values(**anew))

    def card_waits(self, card: StaleCard, not_before: datetime) -> None:
        """Nothing is lost by trying again: it is drawn as the case is then."""
        self._if_leased(card, not_before=not_before, lease_until=None)

    def _if_leased(self, card: StaleCard, **values: Any) -> bool:
        d = t.card.c
        ours = (d.case_id == card.case) & (d.lease_until == card.lease_until)
        return self.connection.execute(update(t.card).where(ours).values(**values)).rowcount == 1

    def card_gone(self, case: CaseId, ref: Ref) -> None:
        """What is said next about the case becomes its card, unless it has another by now."""
        self.connection.execute(delete(t.card).where(t.card.c.case_id == case, t.card.c.ref == ref))

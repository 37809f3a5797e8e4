"""How a case begins, and begins anew: which ladder it gets, and from when its two clocks count."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.actions import OpenCase
from bot.domain.alert import Reason, Say
from bot.domain.case import Case, Entry, State
from bot.domain.customers import value_of
from bot.domain.escalation import LATE_AFTER, Notify, Traits, choose, rung_due
from bot.domain.message import Medium, MessageId, Person, ThreadId
from bot.domain.policy import Policy
from bot.domain.verdict import Label


def reason_of(medium: Medium, labels: frozenset[Label]) -> Reason:
    """Why a case is opened, by where its first message was written and what is seen in it."""
    if medium is Medium.WORK_CHANNEL:
        return Reason.STAFF_REPORT
    return Reason.IGNORED if Label.IGNORED in labels else Reason.MISTAKE


def opened(
    reason: Reason, labels: frozenset[Label], policy: Policy, now: datetime, *, thread: ThreadId, customer: Person,
    waiting_since: datetime, medium: Medium, severity: int = 1, confidence: float = 1.0, clock: datetime | None = None,
) -> Case:  # fmt: skip
    """A new case. Its ladder is climbed from now: nobody could take it earlier.

    `clock`: from when the first response counts, which is the oldest unanswered message; None: none is owed any more.
    """
    traits = Traits(reason.value, severity, value_of(customer.address, policy.customers), medium.value)
    ladder = choose(policy.ladders, traits)
    case = Case(
        thread=thread, state=State.SUSPECTED, reason=reason, labels=labels, severity=severity, confidence=confidence,
        customer=customer, opened_at=now, waiting_since=waiting_since, clock_start=now, ladder=ladder, next_due_at=None,
    )  # fmt: skip
    return case.due(rung_due(ladder, 0, now, policy.hours_of(case)), first_response(case, policy, clock))


def first_response(case: Case, policy: Policy, clock: datetime | None) -> datetime | None:
    """Until when the customer should have a first answer, counted from `clock`."""
    return policy.hours_of(case).add(clock, policy.patience.first_response) if clock is not None else None


def opening(case: Case, entry: Entry, message: MessageId | None = None) -> OpenCase:
    """Open it and tell the channel; if the first answer was due before amends knew of it, that it is late at that."""
    due, now = case.answer_due_at, case.opened_at
    is_late = due is not None and due <= now
    say = Say(case.reason, Notify.CHANNEL, 0, 0, late_by=_late(now - due) if due is not None and is_late else None)
    return OpenCase(case.due(case.step_due_at, None) if is_late else case, entry, say, message)


def _late(length: timedelta) -> timedelta | None:
    return length if length > LATE_AFTER else None


def restarted(case: Case, state: State, policy: Policy, now: datetime) -> Case:
    """The case at the foot of its ladder again, in a new round; the first answer is due when it was."""
    return case.due(
        rung_due(case.ladder, 0, now, policy.hours_of(case)), case.answer_due_at, state=state, loop=case.loop + 1,
        rung=0, clock_start=now, exhausted=False, snoozed=False, claimed_by="",
    )  # fmt: skip


def waits_anew(case: Case, state: State, policy: Policy, now: datetime) -> Case:
    """The same where the customer begins to wait now."""
    fresh = restarted(case, state, policy, now)
    owed = None if case.reason is Reason.STAFF_REPORT else first_response(case, policy, now)
    return fresh.due(fresh.step_due_at, owed)

"""People say that something is a complaint: a report of their own, or a message in which nothing was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.alert import Reason, Say
from bot.domain.case import Case, Entry, State, Step, after
from bot.domain.escalation import Notify, choose, rung_due
from bot.domain.message import Medium, MessageId, Person, ThreadId
from bot.domain.triage import Action, ChangeCase, OpenCase, Policy, Track
from bot.domain.verdict import Label

LABELLED = "labelled"


def open_case(
    thread: ThreadId, customer: Person, waiting_since: datetime, medium: Medium, labels: frozenset[Label],
    policy: Policy, now: datetime, *, who: str, whence: str, message: MessageId | None = None,
) -> tuple[Action, ...]:  # fmt: skip
    """The case that the classifier did not open; `message` is what it is about, else the customer's latest."""
    reason = _reason(medium, labels)
    ladder = choose(policy.ladders, reason.value)
    case = Case(
        thread=thread, state=State.SUSPECTED, reason=reason, labels=labels, severity=1, confidence=1.0,
        customer=customer, opened_at=now, waiting_since=min(waiting_since, now), clock_start=now, ladder=ladder,
        next_due_at=rung_due(ladder, 0, now, policy.hours),
    )  # fmt: skip
    entry = Entry(now, who, whence, "opened", None, State.SUSPECTED, reason.value)
    return (Track(thread, None), OpenCase(case, entry, Say(reason, Notify.CHANNEL, 0, 0), message))


def label(
    case: Case, labels: frozenset[Label], policy: Policy, now: datetime, *, who: str, whence: str
) -> tuple[Action, ...]:
    """A message of a case that there is already is a complaint: its labels are added, and an ended case begins anew."""
    named = replace(case, labels=case.labels | labels)
    if not case.state.resolved:
        note = ", ".join(sorted(one.value for one in labels))
        return (ChangeCase(named, Entry(now, who, whence, LABELLED, case.state, case.state, note)),)
    state = after(case.state, Step.REOPENED)
    fresh = replace(
        named, state=state, loop=case.loop + 1, rung=0, clock_start=now, waiting_since=now, answered_at=None,
        next_due_at=rung_due(case.ladder, 0, now, policy.hours), exhausted=False, snoozed=False, claimed_by="",
    )  # fmt: skip
    entry = Entry(now, who, whence, Step.REOPENED.value, case.state, state, "treated as a complaint")
    return (ChangeCase(fresh, entry, (Say(fresh.reason, Notify.CHANNEL, fresh.loop, 0),), withdraw=True),)


def _reason(medium: Medium, labels: frozenset[Label]) -> Reason:
    if medium is Medium.WORK_CHANNEL:
        return Reason.STAFF_REPORT
    return Reason.IGNORED if Label.IGNORED in labels else Reason.MISTAKE

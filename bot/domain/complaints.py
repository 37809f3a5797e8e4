"""People say that something is a complaint: a report of their own, or a message in which nothing was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.alert import Say
from bot.domain.case import Case, Entry, State, Step, after
from bot.domain.escalation import Notify
from bot.domain.message import Medium, MessageId, Person, ThreadId
from bot.domain.opening import opened, opening, reason_of, waits_anew
from bot.domain.triage import Action, ChangeCase, Policy, Track
from bot.domain.verdict import Label

LABELLED = "labelled"


def open_case(
    thread: ThreadId, customer: Person, waiting_since: datetime, medium: Medium, labels: frozenset[Label],
    policy: Policy, now: datetime, *, who: str, whence: str, message: MessageId | None = None,
) -> tuple[Action, ...]:  # fmt: skip
    """The case that the classifier did not open; `message` is what it is about, else the customer's latest."""
    reason = reason_of(medium, labels)
    case = opened(
        reason, labels, policy, now, thread=thread, customer=customer, waiting_since=min(waiting_since, now),
        medium=medium, clock=None if medium is Medium.WORK_CHANNEL else min(waiting_since, now),
    )  # fmt: skip
    entry = Entry(now, who, whence, "opened", None, State.SUSPECTED, reason.value)
    return (Track(thread, None), opening(case, entry, message))


def label(
    case: Case, labels: frozenset[Label], policy: Policy, now: datetime, *, who: str, whence: str
) -> tuple[Action, ...]:
    """A message of a case that there is already is a complaint: its labels are added, and an ended case begins anew."""
    named = replace(case, labels=case.labels | labels)
    if not case.state.resolved:
        note = ", ".join(sorted(one.value for one in labels))
        return (ChangeCase(named, Entry(now, who, whence, LABELLED, case.state, case.state, note)),)
    state = after(case.state, Step.REOPENED)
    fresh = waits_anew(replace(named, waiting_since=now, answered_at=None), state, policy, now)
    entry = Entry(now, who, whence, Step.REOPENED.value, case.state, state, "treated as a complaint")
    return (ChangeCase(fresh, entry, (Say(fresh.reason, Notify.CHANNEL, fresh.loop, 0),), withdraw=True),)

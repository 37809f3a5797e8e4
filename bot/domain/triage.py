"""The decisions. Facts and a moment go in, actions come out; nothing here reads a clock, a disk or a network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.actions import AMENDS as AMENDS
from bot.domain.actions import Action as Action
from bot.domain.actions import ChangeCase as ChangeCase
from bot.domain.actions import Correct as Correct
from bot.domain.actions import OpenCase as OpenCase
from bot.domain.actions import Track as Track
from bot.domain.alert import Reason, Say
from bot.domain.case import Case, Entry, State, Step, after, require_note
from bot.domain.due import fair_wait
from bot.domain.due import on_due as on_due
from bot.domain.due import on_silence as on_silence
from bot.domain.escalation import Notify
from bot.domain.message import Direction, Medium, Message, ThreadId
from bot.domain.opening import opened, opening, reason_of, waits_anew
from bot.domain.policy import Policy as Policy
from bot.domain.review import Reviewed
from bot.domain.silence import Waiting, awaits_answer
from bot.domain.verdict import Label, Verdict
from bot.errors import UsageError

# The third message without an answer in between is an ignored request, whatever its words are.
CHASERS = 3
WROTE_IN_SLACK = "wrote in Slack"
"""The note of a case whose customer counts as contacted because one of us wrote there; deleting that undoes it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a message is stored.

    `customer_messages`: how many the customer sent since we last answered, this one included.
    `overtaken`: for our own words, that the customer wrote later than them; for the customer's, that we
    answered later than them (folders are read one after the other). `is_history`: it lay there before amends first
    looked; its time counts from when it came, that of other mail from when amends sees it.
    """

    message: Message
    verdict: Verdict | None
    thread: ThreadId
    case: Case | None
    waiting: Waiting | None
    customer_messages: int
    overtaken: bool
    is_history: bool = False


def on_message(facts: Facts, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """What a stored message leads to. Automatic mail opens nothing and answers nothing."""
    if facts.message.direction is Direction.AUTOMATIC or facts.overtaken:
        return ()
    if facts.message.direction is Direction.FROM_US:
        return _we_answered(facts, policy, now)
    if facts.case is None:
        return _first_complaint(facts, policy, now)
    if facts.message.medium is Medium.WORK_CHANNEL:
        return _discussed(facts, facts.case, now)
    if facts.case.state.awaits_first_answer:
        return _wrote_again(facts, facts.case, now)
    return _wrote_after_answer(facts, facts.case, policy, now)


def _we_answered(facts: Facts, policy: Policy, now: datetime) -> tuple[Action, ...]:
    done: tuple[Action, ...] = (Track(facts.thread, None),) if facts.waiting else ()
    case = facts.case
    if case is None or not case.state.awaits_first_answer:
        return done
    who, whence = _by(facts.message), _whence(facts.message)
    note = "" if whence == "mail" else WROTE_IN_SLACK
    return (*done, *take_step(case, Step.CONTACTED, policy, now, who=who, whence=whence, note=note))


def _first_complaint(facts: Facts, policy: Policy, now: datetime) -> tuple[Action, ...]:
    earlier = facts.waiting.count if facts.waiting else 0
    labels = facts.verdict.labels if facts.verdict else frozenset()
    if earlier + 1 >= CHASERS and awaits_answer(facts.message, facts.verdict):
        labels |= {Label.IGNORED}
    if not labels:
        return _track(facts, policy, now)
    since = facts.waiting.since if facts.waiting else _came(facts.message, now)
    case = _new_case(facts, labels, since, policy, now)
    entry = Entry(now, AMENDS, _whence(facts.message), "opened", None, State.SUSPECTED, case.reason.value)
    return (Track(facts.thread, None), opening(case, entry))


def _new_case(facts: Facts, labels: frozenset[Label], since: datetime, policy: Policy, now: datetime) -> Case:
    medium, verdict = facts.message.medium, facts.verdict
    return opened(
        reason_of(medium, labels), labels, policy, now, thread=facts.thread, customer=facts.message.sender,
        waiting_since=since, medium=medium, severity=max(verdict.severity if verdict else 0, 1),
        confidence=max((verdict.probability(label) for label in labels), default=0.0) if verdict else 0.0,
        clock=None if medium is Medium.WORK_CHANNEL else _clock(facts, now),
    )  # fmt: skip


def _clock(facts: Facts, now: datetime) -> datetime:
    """From when the first response counts: the oldest message without an answer."""
    if facts.waiting is not None:
        return facts.waiting.clock or facts.waiting.since
    return _came(facts.message, now) if facts.is_history else now


def _track(facts: Facts, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """Nothing to alert about; but whoever asked is waited for, and every further message is counted."""
    if facts.message.medium is Medium.WORK_CHANNEL:
        return ()
    waiting = facts.waiting
    if waiting is None:
        if not awaits_answer(facts.message, facts.verdict):
            return ()
        clock = _clock(facts, now)
        due = policy.hours.add(clock, policy.patience.first_response)
        return (Track(facts.thread, Waiting(facts.thread, _came(facts.message, now), 1, due, clock)),)
    return (Track(facts.thread, replace(waiting, count=waiting.count + 1)),)


def _came(message: Message, now: datetime) -> datetime:
    """Since when its writer waits: since our server got it."""
    return min(message.received_at, now)


def _whence(message: Message) -> str:
    return "mail" if message.medium is Medium.MAIL else "slack"


def _by(message: Message) -> str:
    """Who of us; in a chat several go by the same name."""
    who = message.sender
    return who.display if message.medium is Medium.MAIL or not who.name else f"{who.name} ({who.address})"


def worse(case: Case, verdict: Verdict | None) -> Case:
    """The case with what a further message adds: labels are never lost, severity never falls."""
    if verdict is None:
        return case
    return replace(
        case,
        labels=case.labels | verdict.labels,
        severity=max(case.severity, verdict.severity),
        confidence=max([case.confidence, *(verdict.probability(label) for label in verdict.labels)]),
    )


def _discussed(facts: Facts, case: Case, now: datetime) -> tuple[Action, ...]:
    """Colleagues talk about what one of them reported: no customer wrote, and none was answered."""
    entry = Entry(now, _by(facts.message), _whence(facts.message), "discussed", case.state, case.state)
    return (ChangeCase(worse(case, facts.verdict), entry),)


def _wrote_again(facts: Facts, case: Case, now: datetime) -> tuple[Action, ...]:
    """Still no answer: the clock goes on as it was, the card's thread hears of it."""
    entry = Entry(now, facts.message.sender.address, _whence(facts.message), "wrote", case.state, case.state)
    if not awaits_answer(facts.message, facts.verdict):
        return (ChangeCase(case, entry),)
    if facts.customer_messages >= CHASERS:
        case = replace(case, labels=case.labels | {Label.IGNORED})
    # the generation makes the key of each message its own; a count of messages can come to the same number again
    say = Say(Reason.WROTE_AGAIN, Notify.CHANNEL, case.loop, case.generation)
    return (ChangeCase(worse(case, facts.verdict), entry, (say,)),)


def _wrote_after_answer(facts: Facts, case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """Thanks change nothing; anything that wants an answer starts a fresh clock."""
    if not awaits_answer(facts.message, facts.verdict):
        entry = Entry(now, facts.message.sender.address, _whence(facts.message), "wrote", case.state, case.state)
        return (ChangeCase(case, entry),)
    return _reopen(worse(case, facts.verdict), facts.message.sender.address, _whence(facts.message), policy, now)


def _reopen(case: Case, who: str, whence: str, policy: Policy, now: datetime, note: str = "") -> tuple[Action, ...]:
    state = after(case.state, Step.REOPENED)
    entry = Entry(now, who, whence, Step.REOPENED.value, case.state, state, note)
    fresh = waits_anew(replace(case, waiting_since=now, answered_at=None), state, policy, now)
    return (ChangeCase(fresh, entry, (Say(fresh.reason, Notify.CHANNEL, fresh.loop, 0),), withdraw=True),)


def on_review(reviewed: Reviewed, labels: frozenset[Label], policy: Policy, now: datetime) -> tuple[Action, ...]:
    """People found what the classifier missed: if nobody has acted yet, the customer is still to be reached."""
    if not labels or reviewed.answered or reviewed.in_a_case:
        return ()
    reason, medium = reason_of(reviewed.medium, labels), reviewed.medium
    case = opened(
        reason, labels, policy, now, thread=reviewed.thread, customer=reviewed.customer,
        waiting_since=reviewed.received_at, medium=medium,
        clock=None if medium is Medium.WORK_CHANNEL else min(reviewed.received_at, now),
    )  # fmt: skip
    entry = Entry(now, AMENDS, "review", "opened", None, State.SUSPECTED, reason.value)
    return (Track(reviewed.thread, None), opening(case, entry, reviewed.message))


def take_step(
    case: Case, step: Step, policy: Policy, now: datetime, *, who: str, whence: str, note: str
) -> tuple[Action, ...]:
    """A person moves a case. Raises IllegalStep, or UsageError where a reason is missing.

    Whatever was waiting to be said is withdrawn: nobody is paged about what a person has just taken.
    """
    if step is Step.REOPENED:
        return _reopen(case, who, whence, policy, now, note)
    state = after(case.state, step)
    require_note(case.state, step, note)
    due = None if state.resolved else policy.hours_of(case).add(now, fair_wait(state, policy))
    moved = replace(
        case, state=state, snoozed=False, exhausted=False,
        claimed_by=who if step is Step.ACKNOWLEDGED else case.claimed_by,
        answered_at=now if step is Step.CONTACTED else case.answered_at,
    ).due(due, case.answer_due_at if state.awaits_first_answer else None)  # fmt: skip
    change = ChangeCase(moved, Entry(now, who, whence, step.value, case.state, state, note), withdraw=True)
    if step is Step.DISMISSED:
        return (change, Correct(case, frozenset(), who, note))
    return (change,)


def snooze(case: Case, until: datetime, now: datetime, *, who: str, whence: str) -> tuple[Action, ...]:
    """Put a case off until a moment (UTC): a deadline, not a state. Raises UsageError for a moment gone by.

    The first answer is due when it was: that is the customer's deadline, not ours.
    """
    if case.state.resolved:
        raise UsageError(f"The case is {case.state.value}; there is nothing to put off.")
    if until <= now:
        raise UsageError("A case can be put off only to a moment that is still to come.")
    entry = Entry(now, who, whence, "snoozed", case.state, case.state, f"until {until:%Y-%m-%d %H:%M} UTC")
    moved = replace(case, snoozed=True).due(until, case.answer_due_at)
    return (ChangeCase(moved, entry, withdraw=True),)


def still_wanted(case: Case, say: Say) -> bool:
    """Whether a queued alert still makes sense now that its turn has come."""
    if say.reason is Reason.FIRST_RESPONSE_OVERDUE:  # one that is due anew is another, and not overdue yet
        return case.state.awaits_first_answer and case.answer_due_at is None
    if case.state.resolved or (case.snoozed and say.reason is not Reason.SNOOZE_OVER):
        return False
    if say.reason is Reason.NEXT_STEP_OVERDUE:
        return not case.state.awaits_first_answer and case.loop == say.loop
    if say.reason is Reason.SNOOZE_OVER:
        return not case.snoozed
    if say.reason is Reason.WROTE_AGAIN:
        return case.state.awaits_first_answer
    return case.state is State.SUSPECTED and case.loop == say.loop

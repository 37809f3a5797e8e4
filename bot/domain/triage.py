"""The decisions. Facts and a moment go in, actions come out; nothing here reads a clock, a disk or a network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.alert import Reason, Say
from bot.domain.case import Case, Entry, State, Step, after, require_note
from bot.domain.escalation import Ladder, Notify, choose, climb, rung_due
from bot.domain.hours import Delay, Hours
from bot.domain.message import Direction, Medium, Message, MessageId, Person, ThreadId
from bot.domain.review import Reviewed
from bot.domain.silence import Patience, Waiting, awaits_answer
from bot.domain.verdict import Label, Verdict
from bot.errors import UsageError

AMENDS = "amends"
# The third message without an answer in between is an ignored request, whatever its words are.
CHASERS = 3
WROTE_IN_SLACK = "wrote in Slack"
"""The note of a case whose customer counts as contacted because one of us wrote there; deleting that undoes it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the team decided: ladders (a general one among them), how long waiting is fair, when they work."""

    ladders: tuple[Ladder, ...]
    patience: Patience
    hours: Hours


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


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A new case, its first log entry and its alert; `message` opened it, else the customer's latest did."""

    case: Case
    entry: Entry
    say: Say
    message: MessageId | None = None


@dataclass(frozen=True, slots=True)
class ChangeCase:
    """A case as it shall be (written only if its generation still holds); `withdraw` takes back what is unsent."""

    case: Case
    entry: Entry
    say: tuple[Say, ...] = ()
    withdraw: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """Remember since when a thread's customer waits, or (None) that nobody waits there any more."""

    thread: ThreadId
    waiting: Waiting | None


@dataclass(frozen=True, slots=True)
class Correct:
    """Feedback for the classifier: the message that opened this case has these labels, says `who`."""

    case: Case
    labels: frozenset[Label]
    who: str
    note: str


Action = OpenCase | ChangeCase | Track | Correct


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
    return (Track(facts.thread, None), OpenCase(case, entry, Say(case.reason, Notify.CHANNEL, 0, 0)))


def _new_case(facts: Facts, labels: frozenset[Label], since: datetime, policy: Policy, now: datetime) -> Case:
    reason = _reason(facts.message.medium, labels)
    verdict = facts.verdict
    return _opened(
        reason, labels, policy, now, thread=facts.thread, customer=facts.message.sender, waiting_since=since,
        severity=max(verdict.severity if verdict else 0, 1),
        confidence=max((verdict.probability(label) for label in labels), default=0.0) if verdict else 0.0,
    )  # fmt: skip


def _opened(
    reason: Reason,
    labels: frozenset[Label],
    policy: Policy,
    now: datetime,
    *,
    thread: ThreadId,
    customer: Person,
    waiting_since: datetime,
    severity: int,
    confidence: float,
) -> Case:
    ladder = choose(policy.ladders, reason.value)
    return Case(
        thread=thread, state=State.SUSPECTED, reason=reason, labels=labels, severity=severity,
        confidence=confidence, customer=customer, opened_at=now, waiting_since=waiting_since,
        clock_start=now, ladder=ladder, next_due_at=rung_due(ladder, 0, now, policy.hours),
    )  # fmt: skip


def _track(facts: Facts, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """Nothing to alert about; but whoever asked is waited for, and every further message is counted."""
    if facts.message.medium is Medium.WORK_CHANNEL:
        return ()
    waiting = facts.waiting
    if waiting is None:
        if not awaits_answer(facts.message, facts.verdict):
            return ()
        came = _came(facts.message, now)
        due = policy.hours.add(came if facts.is_history else now, policy.patience.first_response)
        return (Track(facts.thread, Waiting(facts.thread, came, 1, due)),)
    return (Track(facts.thread, replace(waiting, count=waiting.count + 1)),)


def _came(message: Message, now: datetime) -> datetime:
    """Since when its writer waits: since our server got it."""
    return min(message.received_at, now)


def _reason(medium: Medium, labels: frozenset[Label]) -> Reason:
    if medium is Medium.WORK_CHANNEL:
        return Reason.STAFF_REPORT
    return Reason.IGNORED if Label.IGNORED in labels else Reason.MISTAKE


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
    fresh = _restarted(replace(case, waiting_since=now, answered_at=None), state, policy, now)
    return (ChangeCase(fresh, entry, (Say(fresh.reason, Notify.CHANNEL, fresh.loop, 0),), withdraw=True),)


def _restarted(case: Case, state: State, policy: Policy, now: datetime) -> Case:
    """The case at the foot of its ladder again, in a new round."""
    due = rung_due(case.ladder, 0, now, policy.hours)
    return replace(
        case, state=state, loop=case.loop + 1, rung=0, clock_start=now, next_due_at=due,
        exhausted=False, snoozed=False, claimed_by="",
    )  # fmt: skip


def on_silence(waiting: Waiting, customer: Person, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """Nobody answered a customer in time: that request was ignored."""
    labels = frozenset({Label.IGNORED})
    case = _opened(
        Reason.UNANSWERED, labels, policy, now, thread=waiting.thread, customer=customer,
        waiting_since=waiting.since, severity=1, confidence=1.0,
    )  # fmt: skip
    entry = Entry(now, AMENDS, AMENDS, "opened", None, State.SUSPECTED, Reason.UNANSWERED.value)
    return (Track(waiting.thread, None), OpenCase(case, entry, Say(case.reason, Notify.CHANNEL, 0, 0)))


def on_review(reviewed: Reviewed, labels: frozenset[Label], policy: Policy, now: datetime) -> tuple[Action, ...]:
    """People found what the classifier missed: if nobody has acted yet, the customer is still to be reached."""
    if not labels or reviewed.answered or reviewed.in_a_case:
        return ()
    reason = _reason(reviewed.medium, labels)
    case = _opened(
        reason, labels, policy, now, thread=reviewed.thread, customer=reviewed.customer,
        waiting_since=reviewed.received_at, severity=1, confidence=1.0,
    )  # fmt: skip
    entry = Entry(now, AMENDS, "review", "opened", None, State.SUSPECTED, reason.value)
    return (Track(reviewed.thread, None), OpenCase(case, entry, Say(reason, Notify.CHANNEL, 0, 0), reviewed.message))


def on_due(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """A case's deadline has come: exactly one thing is said, and there is a next deadline."""
    if case.snoozed:
        return _snooze_over(case, policy, now)
    if case.state is State.SUSPECTED:
        return _climb(case, policy, now) if case.rung < len(case.ladder.rungs) else _nag(case, policy, now)
    if case.state is State.ACKNOWLEDGED:
        return _claim_lapsed(case, policy, now)
    return _next_step_overdue(case, policy, now)


def _climb(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    notify = case.ladder.rungs[case.rung].notify
    step = climb(case.ladder, case.rung, case.clock_start, now, policy.hours)
    due = step.next_due_at or policy.hours.add(now, policy.patience.nag)
    moved = replace(case, rung=case.rung + 1, clock_start=step.clock_start, next_due_at=due)
    say = Say(Reason.STILL_UNANSWERED, notify, case.loop, case.rung, step.late_by)
    return (_said(moved, case, say, now, f"rung {case.rung + 1} to {notify.value}"),)


def _nag(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    due = policy.hours.add(now, policy.patience.nag)
    moved = replace(case, rung=case.rung + 1, exhausted=True, next_due_at=due)
    return (_said(moved, case, Say(Reason.EXHAUSTED, Notify.CHANNEL, case.loop, case.rung), now, ""),)


def _claim_lapsed(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    state = after(case.state, Step.CLAIM_LAPSED)
    moved = _restarted(case, state, policy, now)
    entry = Entry(now, AMENDS, AMENDS, Step.CLAIM_LAPSED.value, case.state, state, case.claimed_by)
    return (ChangeCase(moved, entry, (Say(Reason.CLAIM_LAPSED, Notify.CHANNEL, moved.loop, 0),)),)


def _snooze_over(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    moved = _restarted(case, case.state, policy, now)
    if case.state is not State.SUSPECTED:
        due = policy.hours.add(now, _fair_wait(case.state, policy))
        moved = replace(moved, claimed_by=case.claimed_by, next_due_at=due)
    return (_said(moved, case, Say(Reason.SNOOZE_OVER, Notify.CHANNEL, moved.loop, 0), now, ""),)


def _next_step_overdue(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    moved = replace(case, rung=case.rung + 1, next_due_at=policy.hours.add(now, policy.patience.follow_up))
    return (_said(moved, case, Say(Reason.NEXT_STEP_OVERDUE, Notify.CHANNEL, case.loop, case.rung), now, ""),)


def _said(moved: Case, before: Case, say: Say, now: datetime, note: str) -> ChangeCase:
    entry = Entry(now, AMENDS, AMENDS, say.reason.value, before.state, moved.state, note)
    return ChangeCase(moved, entry, (say,))


def _fair_wait(state: State, policy: Policy) -> Delay:
    return policy.patience.claim if state is State.ACKNOWLEDGED else policy.patience.follow_up


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
    due = None if state.resolved else policy.hours.add(now, _fair_wait(state, policy))
    moved = replace(
        case, state=state, next_due_at=due, snoozed=False, exhausted=False,
        claimed_by=who if step is Step.ACKNOWLEDGED else case.claimed_by,
        answered_at=now if step is Step.CONTACTED else case.answered_at,
    )  # fmt: skip
    change = ChangeCase(moved, Entry(now, who, whence, step.value, case.state, state, note), withdraw=True)
    if step is Step.DISMISSED:
        return (change, Correct(case, frozenset(), who, note))
    return (change,)


def snooze(case: Case, until: datetime, now: datetime, *, who: str, whence: str) -> tuple[Action, ...]:
    """Put a case off until a moment (UTC): a deadline, not a state. Raises UsageError for a moment gone by."""
    if case.state.resolved:
        raise UsageError(f"The case is {case.state.value}; there is nothing to put off.")
    if until <= now:
        raise UsageError("A case can be put off only to a moment that is still to come.")
    entry = Entry(now, who, whence, "snoozed", case.state, case.state, f"until {until:%Y-%m-%d %H:%M} UTC")
    return (ChangeCase(replace(case, snoozed=True, next_due_at=until), entry, withdraw=True),)


def still_wanted(case: Case, say: Say) -> bool:
    """Whether a queued alert still makes sense now that its turn has come."""
    if case.state.resolved or (case.snoozed and say.reason is not Reason.SNOOZE_OVER):
        return False
    if say.reason is Reason.NEXT_STEP_OVERDUE:
        return not case.state.awaits_first_answer and case.loop == say.loop
    if say.reason is Reason.SNOOZE_OVER:
        return not case.snoozed
    if say.reason is Reason.WROTE_AGAIN:
        return case.state.awaits_first_answer
    return case.state is State.SUSPECTED and case.loop == say.loop

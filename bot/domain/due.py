"""What the passing of time leads to: a deadline has come, one thing is said, and there is a next deadline."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.actions import AMENDS, Action, ChangeCase, Track
from bot.domain.alert import Reason, Say
from bot.domain.case import Case, Entry, State, Step, after
from bot.domain.escalation import LATE_AFTER, How, Notify, Rung, climb
from bot.domain.hours import Delay
from bot.domain.message import Medium, Person
from bot.domain.opening import opened, opening, restarted
from bot.domain.policy import Policy
from bot.domain.roster import Duty
from bot.domain.silence import Waiting
from bot.domain.verdict import Label


def on_silence(
    waiting: Waiting, customer: Person, policy: Policy, now: datetime, medium: Medium = Medium.MAIL
) -> tuple[Action, ...]:
    """Nobody answered a customer in time: that request was ignored."""
    case = opened(
        Reason.UNANSWERED, frozenset({Label.IGNORED}), policy, now, thread=waiting.thread, customer=customer,
        waiting_since=waiting.since, medium=medium,
    )  # fmt: skip
    entry = Entry(now, AMENDS, AMENDS, "opened", None, State.SUSPECTED, Reason.UNANSWERED.value)
    return (Track(waiting.thread, None), opening(case, entry))


def on_due(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """A case's deadline has come: exactly one thing is said, and there is a next deadline.

    Where both have come it is the older one; the other follows with the next tick.
    """
    answer, step = case.answer_due_at, case.step_due_at
    if answer is not None and answer <= now and (step is None or answer <= step):
        return _first_response_overdue(case, answer, policy, now)
    if case.snoozed:
        return _snooze_over(case, policy, now)
    if case.state is State.SUSPECTED:
        return _climb(case, policy, now) if case.ladder.rung_at(case.rung) is not None else _nag(case, policy, now)
    if case.state is State.ACKNOWLEDGED:
        return _claim_lapsed(case, policy, now)
    return _next_step_overdue(case, policy, now)


def _first_response_overdue(case: Case, due: datetime, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """The customer's own deadline: neither taking a case nor putting it off moves it, and no quiet hours do."""
    late = now - due if now - due > LATE_AFTER else None
    duty = policy.roster.duty(Notify.ON_CALL, "", now)
    mention, told = (duty.who, _whom(duty)) if duty is not None and duty.who else ("", "to channel")
    reason = Reason.FIRST_RESPONSE_OVERDUE
    say = Say(reason, Notify.ON_CALL, case.loop, case.rung, late, mention=mention, how=How.CHANNEL)
    return (_said(case.due(case.step_due_at, None), case, say, now, told),)


def _climb(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """The next rung that reaches anybody; those before it are skipped at once."""
    found = _reaching_somebody(case, policy, now)
    hours = policy.hours_of(case)
    if found is None:
        return _nobody_to_tell(case, policy, now)
    index, rung, duty = found
    until = policy.team_of(case.ladder).quiet_until(now, case.severity) if duty is not None else None
    duty = _by_then(rung, duty, until, policy)
    step = climb(case.ladder, case.rung, case.clock_start, now, hours, fired=index)
    due = step.next_due_at or hours.add(now, policy.patience.nag)
    moved = case.due(due, case.answer_due_at, rung=index + 1, clock_start=step.clock_start)
    say = _ping(case, rung, duty, index, step.late_by, until)
    skipped = f"; skipped {index - case.rung} that would reach nobody" if index > case.rung else ""
    told = f"rung {index + 1} {_whom(duty) if duty is not None else 'to channel'}{skipped}"
    return (_said(moved, case, say, now, told),)


def _reaching_somebody(case: Case, policy: Policy, now: datetime) -> tuple[int, Rung, Duty | None] | None:
    """The first rung of what is left of this round that reaches the channel or anybody."""
    index = case.rung
    while (rung := case.ladder.rung_at(index)) is not None:
        if index > case.rung and case.ladder.begins_round(index):
            return None
        duty = policy.roster.duty(rung.notify, rung.who, now)
        if duty is None or duty.who:
            return index, rung, duty
        index += 1
    return None


def _by_then(rung: Rung, duty: Duty | None, until: datetime | None, policy: Policy) -> Duty | None:
    """Whoever is on call when the quiet ends, if anybody: who was in the night has handed over by then."""
    later = policy.roster.duty(rung.notify, rung.who, until) if until is not None else None
    return later if later is not None and later.who else duty


def _ping(case: Case, rung: Rung, duty: Duty | None, index: int, late: timedelta | None, until: datetime | None) -> Say:
    """What a rung says. Quiet hours put off a ping (`until`), and only that: a word in the channel wakes nobody."""
    reason = Reason.STILL_UNANSWERED
    if duty is None:
        return Say(reason, rung.notify, case.loop, index, late, rung.who, how=_without_dm(rung.how))
    return Say(reason, rung.notify, case.loop, index, late, rung.who, duty.who, rung.how, until)


def _without_dm(how: How) -> How:
    return How.CHANNEL if how is How.DM else how


def _whom(duty: Duty) -> str:
    return f"to {duty.who}, {duty.why}"


def _nobody_to_tell(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """What is left of the ladder reaches nobody: that is an alert of its own, and the next round or the nag follows."""
    ladder, hours = case.ladder, policy.hours_of(case)
    index = case.rung + 1
    while not ladder.begins_round(index):
        index += 1
    again = ladder.rung_at(index)
    due = hours.add(now, again.after if again is not None else policy.patience.nag)
    moved = case.due(due, case.answer_due_at, rung=index, clock_start=now)
    say = Say(Reason.NOBODY_TO_TELL, Notify.CHANNEL, case.loop, case.rung, how=How.CHANNEL)
    return (_said(moved, case, say, now, f"rung {case.rung + 1} and what follows it would reach nobody"),)


def _nag(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    due = policy.hours_of(case).add(now, policy.patience.nag)
    moved = case.due(due, case.answer_due_at, rung=case.rung + 1, exhausted=True)
    return (_said(moved, case, Say(Reason.EXHAUSTED, Notify.CHANNEL, case.loop, case.rung), now, ""),)


def _claim_lapsed(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    state = after(case.state, Step.CLAIM_LAPSED)
    moved = restarted(case, state, policy, now)
    entry = Entry(now, AMENDS, AMENDS, Step.CLAIM_LAPSED.value, case.state, state, case.claimed_by)
    return (ChangeCase(moved, entry, (Say(Reason.CLAIM_LAPSED, Notify.CHANNEL, moved.loop, 0),)),)


def _snooze_over(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    moved = restarted(case, case.state, policy, now)
    if case.state is not State.SUSPECTED:
        due = policy.hours_of(case).add(now, fair_wait(case.state, policy))
        moved = moved.due(due, case.answer_due_at, claimed_by=case.claimed_by)
    return (_said(moved, case, Say(Reason.SNOOZE_OVER, Notify.CHANNEL, moved.loop, 0), now, ""),)


def _next_step_overdue(case: Case, policy: Policy, now: datetime) -> tuple[Action, ...]:
    due = policy.hours_of(case).add(now, policy.patience.follow_up)
    moved = case.due(due, case.answer_due_at, rung=case.rung + 1)
    return (_said(moved, case, Say(Reason.NEXT_STEP_OVERDUE, Notify.CHANNEL, case.loop, case.rung), now, ""),)


def _said(moved: Case, before: Case, say: Say, now: datetime, note: str) -> ChangeCase:
    entry = Entry(now, AMENDS, AMENDS, say.reason.value, before.state, moved.state, note)
    return ChangeCase(moved, entry, (say,))


def fair_wait(state: State, policy: Policy) -> Delay:
    """Until when whoever took a case has time for the next step."""
    return policy.patience.claim if state is State.ACKNOWLEDGED else policy.patience.follow_up

"""What is due next in a case, if nobody does anything: what the engine itself would decide then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.alert import Reason, Say
from bot.domain.case import Case, State
from bot.domain.escalation import Notify
from bot.domain.hours import spell
from bot.domain.ladder_words import whom
from bot.domain.moments import shown
from bot.domain.policy import Policy
from bot.domain.timeline import passed


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is to come: when (UTC), of what kind, in a sentence."""

    at: datetime
    kind: str
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"at": self.at.isoformat(), "kind": self.kind, "sentence": self.sentence}


def due_next(case: Case, policy: Policy, now: datetime) -> list[Due]:
    """The next step and the first answer, what is due first on top; nothing where the case is at its end."""
    found = []
    if case.answer_due_at is not None:  # where both have come, it is told first
        found.append(_answer(policy, case.answer_due_at, now))
    if case.step_due_at is not None:
        found.append(_step(case, policy, case.step_due_at, now))
    return sorted(found, key=lambda due: due.at)


def _step(case: Case, policy: Policy, due: datetime, now: datetime) -> Due:
    alone = case.due(due, None)
    after, say, at = passed(alone, policy, max(due, now))
    return Due(
        due, say.reason.value, f"{_what(case, after, say, policy, at)}, {_when(due, policy, now)}{_unless(case)}."
    )


def _unless(case: Case) -> str:
    if case.snoozed:
        return ""
    return {State.SUSPECTED: ", if nobody takes it", State.ACKNOWLEDGED: ", if the customer hears nothing"}.get(
        case.state, ", if nothing more is noted"
    )


def _what(case: Case, after: Case, say: Say, policy: Policy, at: datetime) -> str:
    if say.reason is Reason.STILL_UNANSWERED:
        duty = policy.roster.duty(say.notify, say.who, at) if say.notify is not Notify.CHANNEL else None
        return f"rung {say.rung + 1}, to {whom(duty, say.notify)}"
    if say.reason is Reason.NOBODY_TO_TELL:
        return f"rung {case.rung + 1} and what follows reach nobody; the channel is told that"
    if say.reason is Reason.SNOOZE_OVER:
        begins = "the ladder begins anew" if after.state is State.SUSPECTED else "the channel is told"
        return f"it comes back from being put off, and {begins}"
    return {
        Reason.EXHAUSTED: "the channel is reminded that everybody was told and nobody has taken it",
        Reason.CLAIM_LAPSED: f"{case.claimed_by or 'whoever took it'} loses it, and the ladder begins anew",
        Reason.NEXT_STEP_OVERDUE: "the channel is reminded of the next step",
    }[say.reason]


def _answer(policy: Policy, due: datetime, now: datetime) -> Due:
    duty = policy.roster.duty(Notify.ON_CALL, "", max(due, now))
    told = duty.who if duty is not None and duty.who else "the channel"
    when = _when(due, policy, now)
    said = f"the customer's first answer is due, {when}; if there is none by then, {told} is told at once."
    return Due(due, Reason.FIRST_RESPONSE_OVERDUE.value, said)


def _when(due: datetime, policy: Policy, now: datetime) -> str:
    told = shown(due, policy.hours.zone)
    return f"on {told} (in {spell(due - now)})" if due > now else f"due since {told}"

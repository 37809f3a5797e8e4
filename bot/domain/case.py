"""A case: one thread in which we owe somebody something. The table below is the machine; the README draws it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from bot.domain.alert import CaseId, Reason
from bot.domain.escalation import Ladder
from bot.domain.message import Person, ThreadId
from bot.domain.verdict import Label
from bot.errors import IllegalStep, UsageError


class State(Enum):
    """Where a case is on the way from suspicion to evidence."""

    SUSPECTED = "suspected"
    ACKNOWLEDGED = "acknowledged"
    CONTACTED = "contacted"
    AMENDS_MADE = "amends_made"
    FIXED = "fixed"
    EVIDENCE_SENT = "evidence_sent"
    CLOSED = "closed"
    DISMISSED = "dismissed"

    @property
    def resolved(self) -> bool:
        """Whether nothing is owed any more; every other state must have a next deadline."""
        return self in (State.CLOSED, State.DISMISSED)

    @property
    def awaits_first_answer(self) -> bool:
        """Whether the customer has not heard from a person yet."""
        return self in (State.SUSPECTED, State.ACKNOWLEDGED)


class Step(Enum):
    """What moves a case. The first seven are taken by people, named after the state they lead to."""

    ACKNOWLEDGED = "acknowledged"
    CONTACTED = "contacted"
    AMENDS_MADE = "amends_made"
    FIXED = "fixed"
    EVIDENCE_SENT = "evidence_sent"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    CLAIM_LAPSED = "claim_lapsed"
    REOPENED = "reopened"


_S, _T = State, Step
_PERSON_MAY_END = {_T.DISMISSED: _S.DISMISSED, _T.CLOSED: _S.CLOSED}

STEPS: dict[State, dict[Step, State]] = {
    _S.SUSPECTED: {_T.ACKNOWLEDGED: _S.ACKNOWLEDGED, _T.CONTACTED: _S.CONTACTED} | _PERSON_MAY_END,
    _S.ACKNOWLEDGED: {
        _T.ACKNOWLEDGED: _S.ACKNOWLEDGED,
        _T.CONTACTED: _S.CONTACTED,
        _T.CLAIM_LAPSED: _S.SUSPECTED,
    }
    | _PERSON_MAY_END,
    _S.CONTACTED: {_T.AMENDS_MADE: _S.AMENDS_MADE, _T.FIXED: _S.FIXED, _T.REOPENED: _S.SUSPECTED} | _PERSON_MAY_END,
    _S.AMENDS_MADE: {_T.FIXED: _S.FIXED, _T.REOPENED: _S.SUSPECTED, _T.CLOSED: _S.CLOSED},
    # the fix may come before the amends: then the amends are noted and the case stays fixed
    _S.FIXED: {
        _T.AMENDS_MADE: _S.FIXED,
        _T.EVIDENCE_SENT: _S.EVIDENCE_SENT,
        _T.REOPENED: _S.SUSPECTED,
        _T.CLOSED: _S.CLOSED,
    },
    _S.EVIDENCE_SENT: {_T.AMENDS_MADE: _S.EVIDENCE_SENT, _T.REOPENED: _S.SUSPECTED, _T.CLOSED: _S.CLOSED},
    _S.CLOSED: {_T.REOPENED: _S.SUSPECTED},
    _S.DISMISSED: {_T.REOPENED: _S.SUSPECTED},
}

# Taken by amends itself, never by hand.
AUTOMATIC_STEPS = frozenset({Step.CLAIM_LAPSED})


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of a case. Moments are UTC. `ladder` is the policy it opened with.

    `loop` counts rounds of the ladder, `rung` the next one to fire in this round. `step_due_at`: what the team owes
    next; `answer_due_at`: the customer's first answer, until it is given or its absence was told. `next_due_at` is the
    earlier of the two, and None exactly when the state is resolved. `generation` grows with every change: writers
    compare and set.
    """

    thread: ThreadId
    state: State
    reason: Reason
    labels: frozenset[Label]
    severity: int
    confidence: float
    customer: Person
    opened_at: datetime
    waiting_since: datetime
    clock_start: datetime
    ladder: Ladder
    next_due_at: datetime | None
    rung: int = 0
    loop: int = 0
    exhausted: bool = False
    snoozed: bool = False
    claimed_by: str = ""
    answered_at: datetime | None = None
    generation: int = 0
    id: CaseId = CaseId(0)
    step_due_at: datetime | None = None
    answer_due_at: datetime | None = None

    def due(self, step: datetime | None, answer: datetime | None, **changes: Any) -> Case:
        """The same case with these deadlines and changes; a tick makes thousands, so all in one go."""
        first = min(step, answer) if step is not None and answer is not None else step or answer
        return replace(self, step_due_at=step, answer_due_at=answer, next_due_at=first, **changes)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the event log: who did what, from where (cli, slack, mail, amends), and where it led."""

    at: datetime
    who: str
    whence: str
    what: str
    from_state: State | None
    to_state: State
    note: str = ""


def after(state: State, step: Step) -> State:
    """The state that `step` leads to. Raises IllegalStep where the table has no such row."""
    try:
        return STEPS[state][step]
    except KeyError:
        open_to = ", ".join(s.value for s in STEPS[state] if s not in AUTOMATIC_STEPS)
        raise IllegalStep(
            f"The case is {state.value}; it cannot become {step.value}.",
            advice=f"From here it can be: {open_to}.",
        ) from None


def require_note(state: State, step: Step, note: str) -> None:
    """Dismissing, and closing without evidence, need a reason: it is what the classifier and the team learn from."""
    if note.strip():
        return
    if step is Step.DISMISSED:
        raise UsageError("Dismissing a case needs a reason.", advice='Add --note "customer\'s own slip", for example.')
    if step is Step.CLOSED and state is not State.EVIDENCE_SENT:
        raise UsageError(
            "Closing a case before evidence was sent needs a reason.",
            advice='Add --note "settled by phone", for example.',
        )


def diagram() -> str:
    """The lifecycle as a Mermaid state diagram, drawn from the table."""
    lines = ["stateDiagram-v2", "    [*] --> suspected"]
    for state, steps in STEPS.items():
        for step, target in steps.items():
            label = "" if step.value == target.value else f": {step.value}"
            lines.append(f"    {state.value} --> {target.value}{label}")
    return "\n".join([*lines, "    closed --> [*]", "    dismissed --> [*]"])

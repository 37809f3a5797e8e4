"""A person says that the classifier was wrong about a case, and may take that back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.case import Case, Entry, Step, after
from bot.domain.opening import waits_anew
from bot.domain.triage import Action, ChangeCase, Correct, Policy, take_step
from bot.domain.verdict import Label
from bot.errors import IllegalStep

DENIED, UNDONE = "denied", "undone"
NOTES = {Label.MISTAKE: "not a mistake", Label.IGNORED: "not ignored"}


def deny(case: Case, label: Label, policy: Policy, now: datetime, *, who: str, whence: str) -> tuple[Action, ...]:
    """This label is wrong. Without any other the case is dismissed. Raises IllegalStep.

    The labels of a dismissed case stay as they were, so that taking the denial back finds them.
    """
    if case.state.resolved or label not in case.labels:
        raise IllegalStep(f"Case {case.id} is {case.state.value}; “{label.value}” is not what it is about.")
    left = case.labels - {label}
    if not left:
        return take_step(case, Step.DISMISSED, policy, now, who=who, whence=whence, note=NOTES[label])
    entry = Entry(now, who, whence, DENIED, case.state, case.state, label.value)
    return ChangeCase(replace(case, labels=left), entry), Correct(case, left, who, NOTES[label])


def undo(case: Case, last: Entry | None, policy: Policy, now: datetime, *, who: str, whence: str) -> tuple[Action, ...]:
    """Take back a denial or a dismissal that was the `last` thing done about a case. Raises IllegalStep.

    The customer has waited all the while; the ladder begins anew, so that nothing fires at once.
    """
    if last is None or last.what not in (DENIED, Step.DISMISSED.value):
        raise IllegalStep(f"Case {case.id} has moved on; there is nothing to undo any more.")
    if last.what == DENIED:
        back = replace(case, labels=case.labels | {Label(last.note)})
    else:
        back = waits_anew(case, after(case.state, Step.REOPENED), policy, now)
    entry = Entry(now, who, whence, UNDONE, case.state, back.state, last.note)
    return ChangeCase(back, entry), Correct(back, back.labels, who, UNDONE)

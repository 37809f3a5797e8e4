"""What can be pressed on a card, by the state of its case; every value names the case."""

from __future__ import annotations

from bot.domain.alert import Alert
from bot.domain.case import STEPS, State, Step
from bot.domain.verdict import Label
from bot.edges import wording
from bot.edges.slack import pieces as p
from bot.edges.slack.pieces import Json

# The button that stands out: what comes next in this state.
_NATURAL = {
    State.SUSPECTED: ("claim", "I'm on it"), State.ACKNOWLEDGED: ("contacted", "Contacted"),
    State.CONTACTED: ("amends_made", "Amends made"), State.AMENDS_MADE: ("fixed", "Fixed"),
    State.FIXED: ("evidence_sent", "Evidence sent"), State.EVIDENCE_SENT: ("closed", "Close"),
    State.CLOSED: ("reopened", "Reopen"), State.DISMISSED: ("reopened", "Reopen"),
}  # fmt: skip
_MORE = {
    Step.AMENDS_MADE: "Amends made", Step.FIXED: "Cause fixed", Step.EVIDENCE_SENT: "Evidence sent",
    Step.CLOSED: "Close…", Step.DISMISSED: "Dismiss…", Step.REOPENED: "Reopen",
}  # fmt: skip
_DENIALS = {Label.MISTAKE: ("not_mistake", "Not a mistake"), Label.IGNORED: ("not_ignored", "Not ignored")}


def buttons(alert: Alert) -> list[Json]:
    """What can be pressed in this state, what comes next first."""
    state, case = State(alert.state), str(alert.case)
    about = f"case {case}, {wording.customer(alert)}"
    action, words = _NATURAL[state]
    shown = [p.button(words, action, case, label=f"{words}: {about}", primary=not state.resolved)]
    if state is State.SUSPECTED:
        shown.append(p.button("Contacted", "contacted", case, label=f"Contacted: {about}"))
    if state is State.ACKNOWLEDGED:
        shown.append(p.button("Take over", "take_over", case, label=f"Take over: {about}"))
    if state.awaits_first_answer:
        shown.append(p.button("Draft reply", "draft", case, label=f"Draft reply: {about}"))
    if not state.resolved:
        shown.append(_snooze(case))
    shown += [p.button(words, deny, case, label=f"{words}: {about}") for deny, words in _deniable(alert, state)]
    if alert.undoable:
        shown.insert(0, p.button("Undo", "undo", case, label=f"Undo the last correction: {about}"))
    return [*shown, *p.overflow("more", _more(state, case, action))]


def _snooze(case: str) -> Json:
    times = (("1h", "1 hour"), ("tomorrow", "Tomorrow 9:00"), ("pick", "Pick a time…"))
    return p.menu("snooze", "Snooze", [p.option(words, f"{until}:{case}") for until, words in times])


def _deniable(alert: Alert, state: State) -> list[tuple[str, str]]:
    """Once amends were made there is nothing to deny any more: the last denial dismisses, and that has no way there."""
    if Step.DISMISSED not in STEPS[state]:
        return []
    return [denial for label, denial in _DENIALS.items() if label in alert.labels]


def _more(state: State, case: str, natural: str) -> list[Json]:
    steps = [step for step in _MORE if step in STEPS[state] and step.value != natural]
    return [p.option(_MORE[step], f"{step.value}:{case}") for step in steps]

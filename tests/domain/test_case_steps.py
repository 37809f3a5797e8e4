"""The table of steps is the machine: what is in it moves a case, everything else is refused with what is possible."""

from __future__ import annotations

import itertools

import pytest

from bot.domain.case import AUTOMATIC_STEPS, STEPS, State, Step, after, diagram, require_note
from bot.errors import IllegalStep, UsageError

# Written out a second time on purpose: whoever changes the lifecycle changes it here as well, knowingly.
LEGAL = """
suspected acknowledged acknowledged | suspected contacted contacted
suspected dismissed dismissed | suspected closed closed
acknowledged acknowledged acknowledged | acknowledged contacted contacted | acknowledged claim_lapsed suspected
acknowledged dismissed dismissed | acknowledged closed closed
contacted amends_made amends_made | contacted fixed fixed | contacted reopened suspected
contacted dismissed dismissed | contacted closed closed
amends_made fixed fixed | amends_made reopened suspected | amends_made closed closed
fixed amends_made fixed | fixed evidence_sent evidence_sent | fixed reopened suspected | fixed closed closed
evidence_sent amends_made evidence_sent | evidence_sent reopened suspected | evidence_sent closed closed
closed reopened suspected | dismissed reopened suspected
"""
MOVES = {
    (State(a), Step(by)): State(b)
    for a, by, b in (one.split() for one in LEGAL.strip().replace("\n", " | ").split("|"))
}
PAIRS = list(itertools.product(State, Step))


@pytest.mark.parametrize(("state", "step"), [pair for pair in PAIRS if pair in MOVES])
def test_a_legal_step_leads_where_the_table_says(state: State, step: Step) -> None:
    assert after(state, step) is MOVES[state, step]


@pytest.mark.parametrize(("state", "step"), [pair for pair in PAIRS if pair not in MOVES])
def test_an_illegal_step_is_refused_with_every_step_a_person_could_take(state: State, step: Step) -> None:
    with pytest.raises(IllegalStep) as refused:
        after(state, step)
    open_to = [by.value for (frm, by) in MOVES if frm is state and by is not Step.CLAIM_LAPSED]
    assert refused.value.what == f"The case is {state.value}; it cannot become {step.value}."
    head, _, listed = refused.value.advice.rstrip(".").partition(": ")
    assert (head, sorted(listed.split(", "))) == ("From here it can be", sorted(open_to))


def test_from_every_state_there_is_a_way_to_the_end_and_a_way_back() -> None:
    for state in State:
        assert Step.CLOSED in STEPS[state] or state.resolved
        assert any(after(state, step) is State.SUSPECTED for step in STEPS[state]) or state is State.SUSPECTED


def test_only_closed_and_dismissed_are_resolved_and_only_the_first_two_states_await_a_first_answer() -> None:
    assert [state for state in State if state.resolved] == [State.CLOSED, State.DISMISSED]
    assert [state for state in State if state.awaits_first_answer] == [State.SUSPECTED, State.ACKNOWLEDGED]


def test_a_lapsed_claim_is_no_step_of_people() -> None:
    assert frozenset({Step.CLAIM_LAPSED}) == AUTOMATIC_STEPS


@pytest.mark.parametrize("note", ["", "  \n"])
def test_dismissing_needs_a_reason_from_anywhere(note: str) -> None:
    for state in State:
        with pytest.raises(UsageError, match="Dismissing a case needs a reason"):
            require_note(state, Step.DISMISSED, note)


@pytest.mark.parametrize("state", [state for state in State if state is not State.EVIDENCE_SENT])
def test_closing_before_evidence_was_sent_needs_a_reason(state: State) -> None:
    with pytest.raises(UsageError, match="before evidence was sent"):
        require_note(state, Step.CLOSED, " ")


def test_with_a_reason_or_after_evidence_or_for_any_other_step_nothing_is_asked() -> None:
    require_note(State.SUSPECTED, Step.DISMISSED, "customer's own slip")
    require_note(State.SUSPECTED, Step.CLOSED, "settled by phone")
    require_note(State.EVIDENCE_SENT, Step.CLOSED, "")
    for step in set(Step) - {Step.DISMISSED, Step.CLOSED}:
        require_note(State.SUSPECTED, step, "")


def test_the_diagram_draws_each_transition_once_and_nothing_else() -> None:
    lines = [line.strip() for line in diagram().splitlines()]
    assert lines[0] == "stateDiagram-v2"
    drawn = sorted(line for line in lines[1:] if "[*]" not in line)
    named = {(a, by, b): "" if by.value == b.value else f": {by.value}" for (a, by), b in MOVES.items()}
    assert drawn == sorted(f"{a.value} --> {b.value}{label}" for (a, _, b), label in named.items())
    ends = {"[*] --> suspected", "closed --> [*]", "dismissed --> [*]"}
    assert {line for line in lines if "[*]" in line} == ends

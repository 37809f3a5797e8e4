"""The event log, replayed through the table of steps, gives the state: nothing moves a case without being written."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.case import AUTOMATIC_STEPS, STEPS, State, Step, after
from bot.domain.message import Message
from bot.store import tables as t
from tests.fakes.build import DAY, HOUR, IGNORED, MINUTE, MISTAKE
from tests.fakes.world import World

STEP_NAMES = {step.value for step in Step}
WORDS = st.sampled_from(["customer", "thanks", "colleague", "step", "snooze", "quarter", "day"])


def replayed(world: World) -> State | None:
    """Each line starts where the one before it ended, and leads where the table says."""
    e = t.event.c
    lines = world.store.read(lambda c: c.execute(select(e.what, e.from_state, e.to_state).order_by(e.id)).all())
    state: State | None = None
    for what, from_state, to_state in lines:
        assert from_state == (state.value if state else None)
        if state is None:
            assert what == "opened"
            state = State.SUSPECTED
        elif what in STEP_NAMES:
            state = after(state, Step(what))
        assert to_state == state.value
    return state


def happens(world: World, complaint: Message, what: str, choice: int) -> None:
    """One thing of a case's life; `choice` picks among the steps that are possible."""
    case = world.case()
    match what:
        case "customer":
            world.customer(f"Complaint {choice} of {world.clock.now()}", IGNORED)
        case "thanks":
            world.customer(f"Thanks {choice}")
        case "colleague":
            world.colleague(f"Sorry {choice} at {world.clock.now()}", to=complaint)
        case "step":
            possible = sorted(STEPS[case.state].keys() - AUTOMATIC_STEPS, key=lambda step: step.value)
            world.step(possible[choice % len(possible)], note="why not")
        case "snooze" if not case.state.resolved:
            world.snooze(HOUR)
        case "quarter":
            world.clock.advance(15 * MINUTE)
            world.engine()
        case "day":
            world.clock.advance(DAY)
            world.engine()


@settings(max_examples=15)
@given(st.lists(st.tuples(WORDS, st.integers(0, 5)), max_size=14))
def test_whatever_happens_to_a_case_its_log_tells_its_state(life: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, World.at(Path(folder)) as world:
        complaint = world.customer("You charged me twice.", MISTAKE)
        for what, choice in life:
            world.channel.heard = len(world.channel.posts)  # what is said does not matter here
            happens(world, complaint, what, choice)
            assert replayed(world) is world.state()
            assert (world.case().next_due_at is None) == world.state().resolved
        world.channel.heard = len(world.channel.posts)

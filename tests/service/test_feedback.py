"""What people tell amends about a case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.alert import CaseId
from bot.domain.case import State, Step
from bot.domain.triage import take_step
from bot.errors import IllegalStep, LostRace, UsageError
from bot.service import feedback
from bot.service.act import carry_out
from bot.store.models import corrections
from tests.fakes.build import HOUR, MISTAKE, POLICY
from tests.fakes.world import World, everything


def complain(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")


def test_a_step_answers_with_the_case_as_it_is_now(world: World) -> None:
    complain(world)
    moved = world.step(Step.ACKNOWLEDGED, who="ana")
    assert moved == world.case()
    assert (moved.state, moved.claimed_by, moved.generation) == (State.ACKNOWLEDGED, "ana", 1)


def test_every_step_is_in_the_log_with_who_and_from_where(world: World) -> None:
    complain(world)
    feedback.step(world.store, POLICY, CaseId(1), Step.CLOSED, who="ana", whence="cli", note="by phone")
    told = world.store.transact(lambda tx: tx.case(CaseId(1)))
    assert told is not None
    assert told.state is State.CLOSED
    assert world.log() == ["opened", "closed"]


def test_a_case_that_is_not_there_is_a_mistake_of_who_asked(world: World) -> None:
    with pytest.raises(UsageError, match="There is no case 9") as told:
        world.step(Step.ACKNOWLEDGED, case=9)
    assert told.value.advice == "`amends cases` lists them."
    with pytest.raises(UsageError, match="There is no case 9"):
        world.snooze(HOUR, case=9)


@pytest.mark.parametrize(
    ("step", "note", "error"),
    [(Step.FIXED, "", IllegalStep), (Step.DISMISSED, "", UsageError), (Step.CLOSED, " ", UsageError)],
)
def test_what_is_refused_changes_nothing(world: World, step: Step, note: str, error: type[Exception]) -> None:
    complain(world)
    before = everything(world.store)
    with pytest.raises(error):
        world.step(step, note=note)
    assert everything(world.store) == before


def test_who_decided_from_an_old_view_of_the_case_loses_the_race_and_writes_nothing(world: World) -> None:
    complain(world)
    seen = world.case()
    world.step(Step.ACKNOWLEDGED)
    before = everything(world.store)
    late = take_step(seen, Step.CONTACTED, POLICY, world.clock.now(), who="jo", whence="cli", note="")
    with pytest.raises(LostRace, match="Case 1 was changed by somebody else"):
        world.store.transact(lambda tx: carry_out(tx, late))
    assert everything(world.store) == before


def test_a_dismissal_is_a_correction_of_the_message_that_opened_the_case(world: World) -> None:
    complain(world)
    world.customer("Thanks.")
    world.step(Step.DISMISSED, note="it was their bank")
    (told,) = world.store.read(corrections)
    assert (told.text, told.subject, told.medium, told.labels, told.severity) == (
        "You charged me twice.", "Order 17", "mail", frozenset(), 0,
    )  # fmt: skip


def test_putting_a_case_off_answers_with_its_new_deadline(world: World) -> None:
    complain(world)
    before = world.case()
    until = world.clock.now() + HOUR
    assert world.snooze(HOUR) == replace(before, snoozed=True, generation=1).due(until, before.answer_due_at)

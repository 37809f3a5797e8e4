"""State, log and outbox are written together or not at all, wherever in a transaction something breaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.alert import CaseId
from bot.domain.case import Step
from bot.domain.message import Direction, Place
from bot.domain.triage import snooze, take_step
from bot.errors import Retriable
from bot.service import feedback
from bot.service.act import carry_out
from bot.service.tick import tick
from bot.store.store import SqlTransaction
from tests.fakes.build import COLLEAGUE, HOUR, IGNORED, MINUTE, MISTAKE, POLICY, message
from tests.fakes.world import World, everything

COMPLAINT = message("You charged me twice.", rfc_id="<1@customer.example>")
CASE = CaseId(1)


class PowerCutError(Exception):
    """Nothing after this line of the transaction runs."""


def cut_after(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The transaction ends in the middle: right after `method` has done its part."""
    real: Callable[..., Any] = getattr(SqlTransaction, method)

    def broken(tx: SqlTransaction, *arguments: Any, **named: Any) -> None:
        real(tx, *arguments, **named)
        raise PowerCutError

    monkeypatch.setattr(SqlTransaction, method, broken)


def complain(world: World) -> None:
    world.judge.script[COMPLAINT.new_text] = MISTAKE
    world.take(COMPLAINT, Place("support", "INBOX", 1, 4))


def answer(world: World) -> None:
    ours = message("We are sorry.", direction=Direction.FROM_US, sender=COLLEAGUE, references=(COMPLAINT.rfc_id,),
                   received_at=world.clock.now())  # fmt: skip
    world.take(ours, Place("support", "Sent", 1, 1))


def write_again(world: World) -> None:
    world.judge.script["Answer me!"] = IGNORED
    world.take(message("Answer me!", references=(COMPLAINT.rfc_id,)), Place("support", "INBOX", 1, 5))


def dismiss(world: World) -> None:
    feedback.step(world.store, POLICY, CASE, Step.DISMISSED, who="ana", whence="cli", note="their bank")


def reopen(world: World) -> None:
    feedback.step(world.store, POLICY, CASE, Step.REOPENED, who="ana", whence="cli")


def put_off(world: World) -> None:
    feedback.put_off(world.store, POLICY, CASE, world.clock.now() + HOUR, who="ana", whence="cli")


SCENES = [
    *[([], complain, method) for method in ("remember", "move_cursor", "track", "open_case", "queue")],
    *[([complain], answer, method) for method in ("remember", "move_cursor", "change_case", "withdraw")],
    *[([complain], write_again, method) for method in ("remember", "move_cursor", "change_case", "queue")],
    *[([complain], dismiss, method) for method in ("change_case", "withdraw", "correct")],
    *[([complain, answer], reopen, method) for method in ("change_case", "withdraw", "queue")],
    *[([complain], put_off, method) for method in ("change_case", "withdraw")],
]


@pytest.mark.parametrize(("before", "scene", "method"), SCENES)
def test_a_cut_after_any_write_leaves_everything_as_it_was_and_the_same_again_succeeds(
    world: World,
    before: list[Callable[[World], None]],
    scene: Callable[[World], None],
    method: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for earlier in before:
        earlier(world)
        world.clock.advance(MINUTE)
    untouched = everything(world.store)
    with monkeypatch.context() as patch:
        cut_after(method, patch)
        with pytest.raises((PowerCutError, Retriable)):  # mail is tried again, and so not in the words of the cut
            scene(world)
    assert everything(world.store) == untouched
    scene(world)
    assert everything(world.store) != untouched
    world.channel.heard = len(world.channel.posts)


def test_a_deadline_whose_decision_breaks_leaves_only_a_later_deadline_and_people_hear_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    complain(world)
    world.hears("mistake to channel")
    untouched = everything(world.store)
    world.clock.advance(15 * MINUTE)
    with monkeypatch.context() as patch:
        cut_after("change_cases", patch)
        assert tick(world.store, POLICY).failed == 1
    changed = everything(world.store)
    assert {name for name in changed if changed[name] != untouched[name]} == {"case_", "outbox"}
    world.delivery.run()
    world.hears("health: A case cannot be escalated")
    world.passes(5 * MINUTE)
    world.hears("still_unanswered to channel, late 5m")


def test_actions_in_a_savepoint_are_undone_alone(world: World) -> None:
    complain(world)
    world.hears("mistake to channel")
    case = world.case()

    def half(tx: SqlTransaction) -> None:
        with tx.savepoint():
            carry_out(tx, take_step(case, Step.ACKNOWLEDGED, POLICY, tx.now, who="ana", whence="cli", note=""))
            raise PowerCutError

    def work(tx: SqlTransaction) -> None:
        with pytest.raises(PowerCutError):
            half(tx)
        carry_out(tx, snooze(case, tx.now + timedelta(days=1), tx.now, who="jo", whence="cli"))

    world.store.transact(work)
    assert world.log() == ["opened", "snoozed"]


def test_what_was_carried_out_is_counted_by_the_words_it_queued(world: World) -> None:
    complain(world)
    world.hears("mistake to channel")

    def take(tx: SqlTransaction, step: Step) -> int:
        case = tx.case(CASE)
        assert case is not None
        return carry_out(tx, take_step(case, step, POLICY, tx.now, who="ana", whence="cli", note="their bank"))

    steps = (Step.ACKNOWLEDGED, Step.DISMISSED, Step.REOPENED)
    assert world.store.transact(lambda tx: [take(tx, step) for step in steps]) == [0, 0, 1]

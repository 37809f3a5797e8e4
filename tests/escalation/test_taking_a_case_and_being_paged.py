"""Nobody is paged about a case that a person has taken: every order of the transactions of both sides."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.alert import CaseId
from bot.domain.case import Step
from bot.errors import Retriable
from bot.service import feedback
from bot.service.deliver import Delivery
from bot.service.tick import tick
from tests.fakes.between import Between
from tests.fakes.build import DAY, HOUR, MINUTE, MISTAKE, POLICY
from tests.fakes.world import World

CASE = CaseId(1)
Move = Callable[[World], object]


def acknowledge(world: World) -> object:
    return feedback.step(world.store, POLICY, CASE, Step.ACKNOWLEDGED, who="ana", whence="slack")


def close(world: World) -> object:
    return feedback.step(world.store, POLICY, CASE, Step.CLOSED, who="ana", whence="slack", note="settled")


def put_off(world: World) -> object:
    return feedback.put_off(world.store, POLICY, CASE, world.clock.now() + DAY, who="ana", whence="slack")


MOVES = pytest.mark.parametrize("move", [acknowledge, close, put_off])
# Delivery's transactions are: claim (1), look at the case again (2), post, settle (3).
CLAIMED, LOOKED = 1, 2


def with_a_page_queued(world: World) -> None:
    """The card was posted; the first rung has fired and waits in the outbox."""
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.clock.advance(15 * MINUTE)
    assert tick(world.store, POLICY).queued == 1


def deliver(world: World, then: dict[int, Callable[[], object]]) -> int:
    return Delivery(Between(world.store, then), world.channel, world.clock).run()


@MOVES
def test_s5_taken_before_the_rung_fires_nothing_fires(world: World, move: Move) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.clock.advance(15 * MINUTE)
    move(world)
    assert tick(world.store, POLICY).queued == 0


@MOVES
def test_s5_taken_after_the_rung_fired_and_before_its_row_is_claimed_it_is_withdrawn(world: World, move: Move) -> None:
    with_a_page_queued(world)
    move(world)
    assert deliver(world, {}) == 0
    assert world.outbox()[1] == ("1:still_unanswered:0:0:channel", "withdrawn")


@MOVES
def test_s5_taken_after_the_claim_the_second_look_finds_it(world: World, move: Move) -> None:
    with_a_page_queued(world)
    assert deliver(world, {CLAIMED: lambda: move(world)}) == 0
    assert world.outbox()[1] == ("1:still_unanswered:0:0:channel", "dead")
    world.passes(HOUR)


@MOVES
def test_s5_taken_between_the_second_look_and_the_socket_the_one_page_under_way_is_the_last(
    world: World, move: Move
) -> None:
    """The window that remains; it is as short as a function call, and design.md states it."""
    with_a_page_queued(world)
    assert deliver(world, {LOOKED: lambda: move(world)}) == 1
    world.hears("still_unanswered to channel")
    world.passes(HOUR)


@MOVES
def test_s5_taken_while_the_row_waits_for_another_try_it_is_withdrawn(world: World, move: Move) -> None:
    with_a_page_queued(world)
    world.channel.before.append(Retriable("busy"))
    assert deliver(world, {}) == 0
    move(world)
    assert world.outbox()[1][1] == "withdrawn"
    world.passes(HOUR)


@MOVES
def test_s5_taken_by_one_while_another_process_sends_it_ends_the_same_way(world: World, move: Move) -> None:
    """The row is in doubt when the case is taken; the look-up finds nothing, and nothing is said."""
    with_a_page_queued(world)
    world.channel.before.append(Retriable("cut", outcome_unknown=True))
    assert deliver(world, {}) == 0
    move(world)
    world.passes(HOUR)
    assert world.outbox()[1][1] == "dead"


def test_s5_a_page_of_an_earlier_round_is_not_said_in_the_next_one(world: World) -> None:
    """Claimed before the case was taken, held up until the claim had lapsed: the ladder is at its foot again."""
    with_a_page_queued(world)

    def taken_and_lapsed() -> None:
        acknowledge(world)
        world.clock.advance(4 * HOUR)
        tick(world.store, POLICY)

    assert deliver(world, {CLAIMED: taken_and_lapsed}) == 1
    world.hears("claim_lapsed to channel")
    assert world.outbox()[1] == ("1:still_unanswered:0:0:channel", "dead")


def test_of_two_people_who_take_the_same_case_the_later_word_holds_and_both_are_in_the_log(world: World) -> None:
    with_a_page_queued(world)
    for who in ("ana", "jo"):
        feedback.step(world.store, POLICY, CASE, Step.ACKNOWLEDGED, who=who, whence="slack")
    assert world.case().claimed_by == "jo"
    assert world.log() == ["opened", "still_unanswered", "acknowledged", "acknowledged"]

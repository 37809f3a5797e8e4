"""Delivery keeps the pace of the channel: it stops where it must wait, tells how long, and drops nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.case import Step
from bot.domain.message import Person
from bot.errors import Retriable
from bot.service.deliver import Delivery
from bot.service.pace import Limiter, Pace, Rate
from tests.fakes.build import MISTAKE
from tests.fakes.world import World

SECOND = timedelta(seconds=1)
CARD = "mistake to channel"


@pytest.fixture
def world(world: World) -> World:
    world.delivery = paced(world)
    return world


def paced(world: World) -> Delivery:
    return Delivery(world.store, world.channel, world.clock, Pace())


def announce(world: World, many: int, start: int = 0) -> None:
    def work(tx: object) -> None:
        for number in range(start, start + many):
            told = Notice(AlertKey(f"review:{number}"), Topic.REVIEW, str(number), ("a",), "")
            tx.announce(told)  # type: ignore[attr-defined]

    world.store.transact(work)


def titles(world: World) -> list[str]:
    found = [post.said.title for post in world.channel.unheard() if isinstance(post.said, Notice)]
    world.channel.heard = len(world.channel.posts)
    return found


def test_a_small_burst_and_then_one_a_second_in_order(world: World) -> None:
    announce(world, 6)
    assert world.delivery.run() == 4
    assert world.delivery.pause() == SECOND
    for _ in range(2):
        world.clock.advance(SECOND)
        assert world.delivery.run() == 1
    assert titles(world) == ["0", "1", "2", "3", "4", "5"]


def test_with_nothing_to_wait_for_there_is_no_pause(world: World) -> None:
    assert world.delivery.pause() is None
    assert Delivery(world.store, world.channel, world.clock).pause() is None


def test_patience_that_the_channel_asks_of_one_post_it_gets_from_all(world: World) -> None:
    announce(world, 3)
    world.channel.before.append(Retriable("Slack asks for patience.", retry_after=30.0))
    assert world.delivery.run() == 0
    assert (world.channel.attempts, world.delivery.pause()) == (1, 30 * SECOND)
    world.clock.advance(29 * SECOND)
    assert world.delivery.run() == 0
    assert world.channel.attempts == 1
    world.clock.advance(SECOND)
    assert world.delivery.run() == 1
    world.clock.advance(SECOND)
    assert world.delivery.run() == 1
    world.clock.advance(SECOND)
    assert world.delivery.run() == 1
    assert titles(world) == ["0", "1", "2"]


def test_trouble_with_one_post_that_says_nothing_of_patience_holds_up_no_other(world: World) -> None:
    announce(world, 2)
    world.channel.before.append(Retriable("Busy."))
    assert world.delivery.run() == 1
    assert titles(world) == ["1"]


def test_while_posts_wait_cards_are_redrawn_and_the_other_way_round(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    (card,) = world.hears(CARD)
    world.channel.redraw_trouble.append(Retriable("Slack asks for patience.", retry_after=60.0))
    world.step(Step.ACKNOWLEDGED)
    assert card.ref not in world.channel.cards
    announce(world, 1)
    assert world.delivery.run() == 1
    world.channel.before.append(Retriable("Slack asks for patience.", retry_after=600.0))
    announce(world, 1, start=1)
    world.clock.advance(60 * SECOND)
    assert world.delivery.run() == 0
    assert card.ref in world.channel.cards
    assert titles(world) == ["0"]


def test_a_redraw_that_must_wait_makes_the_others_wait(world: World) -> None:
    world.delivery = Delivery(world.store, world.channel, world.clock, Pace(redraws=Limiter(Rate(2 * SECOND, 1))))
    for name in ("Mo", "Jo"):
        world.customer(f"You charged {name} twice.", MISTAKE, sender=Person(f"{name}@customer.example".lower(), name))
        world.hears(CARD)
    world.step(Step.ACKNOWLEDGED, case=1)
    world.step(Step.ACKNOWLEDGED, case=2)
    assert len(world.channel.redraws) == 1
    assert world.delivery.pause() == 2 * SECOND
    world.clock.advance(2 * SECOND)
    world.delivery.run()
    assert len(world.channel.redraws) == 2


def test_a_claim_is_not_made_while_it_must_wait(world: World) -> None:
    """Another process, which need not wait, may have the row."""
    announce(world, 5)
    world.delivery.run()
    assert [state for _, state in world.outbox()] == ["sent"] * 4 + ["pending"]
    assert paced(world).run() == 1
    assert titles(world) == ["0", "1", "2", "3", "4"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 3), st.booleans()), min_size=1, max_size=20))
def test_over_any_schedule_all_goes_out_in_order_and_never_faster_than_allowed(
    tmp_path_factory: pytest.TempPathFactory, schedule: list[tuple[int, int, bool]]
) -> None:
    with World.at(tmp_path_factory.mktemp("paced")) as world:
        world.delivery, queued = paced(world), 0
        for passes, more, patience in schedule:
            world.clock.advance(timedelta(milliseconds=passes))
            if patience:
                world.channel.before.append(Retriable("Slack asks for patience.", retry_after=3.0))
            announce(world, more, start=queued)
            queued += more
            world.delivery.run()
        while "pending" in {state for _, state in world.outbox()}:
            world.clock.advance(world.delivery.pause() or SECOND)
            world.delivery.run()
        moments = [post.at for post in world.channel.posts]
        assert titles(world) == [str(number) for number in range(queued)]
        for first, begin in enumerate(moments):
            for last, end in enumerate(moments[first:], 1):
                assert last <= 4 + (end - begin) / SECOND

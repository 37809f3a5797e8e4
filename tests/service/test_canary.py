"""The canary goes the way of all alerts, from a due row to the channel, and whether it arrived is known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.domain.alert import Notice
from bot.domain.health import Expected, judge
from bot.errors import Refused, Retriable, Unshowable
from bot.service.canary import PREFIX, Canary
from bot.store import tables as t
from bot.store.vitals import vitals
from tests.fakes.build import HOUR, MINUTE, MISTAKE
from tests.fakes.world import World

SECOND = timedelta(seconds=1)
CANARY = Canary(HOUR)
ARRIVED = "canary: The canary has arrived"


def beats(world: World, length: timedelta, every: timedelta = SECOND) -> None:
    """Time goes by; each beat is a tick with the canary's part, and what may be said is said."""
    for _ in range(int(length / every)):
        world.clock.advance(every)
        world.store.transact(CANARY.look)
        world.store.transact(lambda tx: tx.pulse("tick"))
        world.engine()


def findings(world: World) -> list[str]:
    now = world.clock.now()
    seen = world.store.read(lambda connection: vitals(connection, now))
    return [one.id for one in judge(seen, Expected(canary=True), now).findings]


def test_it_sets_out_at_once_arrives_and_is_closed(world: World) -> None:
    beats(world, SECOND)
    (told,) = world.hears(ARRIVED)
    assert isinstance(told.said, Notice)
    assert told.said.key.startswith(PREFIX)
    pulse = world.store.transact(lambda tx: tx.pulses())["canary"]
    assert pulse.good_at is None, "nobody has seen yet that it was said"
    beats(world, SECOND)
    pulse = world.store.transact(lambda tx: tx.pulses())["canary"]
    assert pulse.good_at is not None
    assert pulse.good_at > pulse.begun_at
    assert world.outbox() == [(told.said.key, "sent")]


def test_the_next_one_flies_when_it_is_due_and_not_before(world: World) -> None:
    beats(world, 2 * SECOND)
    world.hears(ARRIVED)
    beats(world, 58 * MINUTE, MINUTE)
    world.hears()
    beats(world, 3 * MINUTE, MINUTE)
    world.hears(ARRIVED)
    assert findings(world) == []


def test_after_a_long_downtime_one_flies_and_not_all_that_were_missed(world: World) -> None:
    beats(world, 2 * SECOND)
    world.hears(ARRIVED)
    world.clock.advance(99 * HOUR)
    beats(world, 3 * SECOND)
    world.hears(ARRIVED)


@pytest.mark.parametrize("trouble", [Retriable("Slack cannot be reached."), Refused("channel_not_found")])
def test_where_nothing_arrives_five_minutes_are_unhealthy_and_its_arrival_makes_it_well(
    world: World, trouble: Exception
) -> None:
    world.channel.before = [trouble] * 99
    beats(world, 5 * MINUTE + 10 * SECOND, 10 * SECOND)
    assert "canary" not in findings(world)
    beats(world, 10 * SECOND)
    assert "canary" in findings(world)
    beats(world, 2 * HOUR, MINUTE)
    assert "canary" in findings(world), "no other one sets out meanwhile"
    world.channel.before.clear()
    beats(world, 10 * MINUTE, MINUTE)
    assert findings(world) == []
    assert [str(post) for post in world.channel.posts][:1] == [ARRIVED]
    world.channel.heard = len(world.channel.posts)


def test_one_that_was_given_up_makes_room_for_the_next(world: World) -> None:
    world.channel.before = [Unshowable("no_text"), Unshowable("no_text")]
    beats(world, 10 * SECOND)
    assert dict(world.outbox())[world.outbox()[0][0]] == "dead"
    beats(world, 61 * MINUTE, MINUTE)
    assert ARRIVED in [str(post) for post in world.channel.posts]
    world.channel.heard = len(world.channel.posts)


def test_a_tick_that_stands_still_is_noticed_by_the_canary_that_never_sets_out(world: World) -> None:
    beats(world, 2 * SECOND)
    world.hears(ARRIVED)
    world.clock.advance(HOUR + 6 * MINUTE)
    world.store.transact(lambda tx: tx.pulse("tick"))  # as if something else than deadlines was looked after
    assert findings(world) == ["canary"]


def test_a_due_time_far_away_is_that_of_another_config_or_clock(world: World) -> None:
    beats(world, 2 * SECOND)
    world.hears(ARRIVED)
    far = world.clock.now() + 500 * HOUR
    world.store.transact(lambda tx: tx.connection.execute(update(t.chore).values(due_at=far)))
    beats(world, SECOND)
    world.hears(ARRIVED)


def test_it_is_in_no_list_and_no_count(world: World) -> None:
    beats(world, 2 * SECOND)
    world.hears(ARRIVED)
    world.customer("You charged me twice.", MISTAKE)
    world.channel.heard = len(world.channel.posts)
    opened = world.store.transact(lambda tx: (tx.count_open(), tx.week(tx.now - HOUR)["opened"], len(tx.open_cases(9))))
    assert opened == (1, 1, 1)

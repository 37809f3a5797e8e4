"""When nobody knows whether something was said, it is looked up before anything is said again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.alert import Alert
from bot.domain.case import Step
from bot.errors import NoLookUp, Refused, Retriable
from bot.service.deliver import LEASE, SETTLE
from bot.service.recover import recover
from bot.store import tables as t
from tests.fakes.build import HOUR, MINUTE, MISTAKE
from tests.fakes.world import World

SECOND = timedelta(seconds=1)
KEY = "1:mistake:0:0:channel"
CARD = "mistake to channel"
LOST = Retriable("The connection was cut.", outcome_unknown=True)


def row(world: World) -> dict[str, Any]:
    found = world.store.read(lambda c: c.execute(select(t.outbox).where(t.outbox.c.id == 1)).one())
    return dict(found._mapping)


def complain(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)


def test_a_post_whose_answer_was_lost_is_found_and_not_posted_again(world: World) -> None:
    world.channel.after.append(LOST)
    complain(world)
    (post,) = world.hears(CARD)
    assert (row(world)["state"], row(world)["error"]) == ("unknown", "The connection was cut.")
    world.passes(LEASE + SETTLE - SECOND)
    assert world.channel.look_ups == []
    world.passes(HOUR)
    assert (row(world)["state"], row(world)["ref"]) == ("sent", post.ref)
    assert world.channel.look_ups == [KEY]
    assert world.hears("still_unanswered to channel", "still_unanswered to on_call")[0].root == post.ref


def test_a_post_that_never_arrived_is_looked_up_and_then_posted_once(world: World) -> None:
    world.channel.before.append(LOST)
    complain(world)
    world.passes(LEASE + SETTLE - SECOND)
    assert (world.channel.look_ups, world.channel.attempts) == ([], 1)
    world.passes(SECOND)
    world.hears(CARD)
    assert (world.channel.look_ups, world.channel.attempts) == ([KEY], 2)
    world.passes(10 * MINUTE)


def test_while_the_look_up_gets_no_answer_nothing_is_posted(world: World) -> None:
    world.channel.after.append(LOST)
    world.channel.find_trouble += [Retriable("Slack does not answer."), Refused("The token was revoked.")]
    complain(world)
    world.hears(CARD)
    world.passes(LEASE + SETTLE)
    assert (row(world)["state"], row(world)["error"]) == ("unknown", "Slack does not answer.")
    world.passes(30 * SECOND)
    assert (row(world)["state"], row(world)["error"]) == ("unknown", "The token was revoked.")
    world.passes(30 * SECOND)
    assert row(world)["state"] == "sent"
    assert len(world.channel.look_ups) == 3


def test_where_nothing_can_be_looked_up_it_is_said_again_rather_than_lost(world: World) -> None:
    world.channel.after.append(LOST)
    world.channel.find_trouble += [NoLookUp("The history is closed to us.")]
    complain(world)
    world.hears(CARD)
    world.passes(LEASE + SETTLE)
    world.hears(CARD)
    assert row(world)["state"] == "sent"


class Killed(BaseException):
    """The process ends here, as by kill -9: nothing is handled and nothing is written any more."""


def kill(alert: Alert) -> None:
    raise Killed


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_sender_that_was_killed_around_its_post_leaves_exactly_one(world: World, when: str) -> None:
    getattr(world.channel, when).append(kill)
    with pytest.raises(Killed):
        complain(world)
    assert row(world)["state"] == "sending"
    world.clock.advance(LEASE + SETTLE - SECOND)
    world.engine()
    assert len(world.channel.posts) == (when == "after")
    world.clock.advance(SECOND)
    world.engine()
    world.hears(CARD)
    assert row(world)["state"] == "sent"


def test_nothing_of_the_case_is_said_while_its_card_is_in_doubt(world: World) -> None:
    world.channel.after.append(LOST)
    world.channel.find_trouble += [Retriable("Slack does not answer.")] * 40
    complain(world)
    (card,) = world.hears(CARD)
    world.passes(16 * MINUTE)
    world.hears()
    world.passes(10 * MINUTE)
    (reply,) = world.hears("still_unanswered to channel")
    assert reply.root == card.ref


def test_a_doubtful_row_whose_case_was_taken_meanwhile_is_not_sent_again(world: World) -> None:
    world.channel.before.append(LOST)
    complain(world)
    world.step(Step.ACKNOWLEDGED)
    world.passes(MINUTE)
    assert (row(world)["state"], row(world)["error"]) == ("dead", "its case no longer wants it")
    assert world.channel.look_ups == [KEY]


def test_a_row_that_another_process_looks_up_is_left_to_it(world: World) -> None:
    world.channel.after.append(LOST)
    complain(world)
    world.hears(CARD)
    world.clock.advance(LEASE + SETTLE)
    theirs = world.store.transact(lambda tx: tx.unresolved(LEASE + SETTLE))
    assert theirs is not None
    assert recover(world.store, world.channel) == 0
    world.clock.advance(LEASE + SETTLE)
    assert recover(world.store, world.channel) == 1


def test_a_late_writer_whose_lease_is_over_cannot_put_the_row_back(world: World) -> None:
    world.channel.after.append(LOST)
    complain(world)
    world.hears(CARD)
    world.clock.advance(LEASE + SETTLE)
    stale = world.store.transact(lambda tx: tx.unresolved(LEASE))
    world.clock.advance(LEASE)
    fresh = world.store.transact(lambda tx: tx.unresolved(LEASE))
    assert stale is not None
    assert fresh is not None
    world.store.transact(lambda tx: tx.release(stale, tx.now, "late"))
    world.store.transact(lambda tx: tx.bury(stale, "late"))
    assert row(world)["state"] == "unknown"
    world.store.transact(lambda tx: tx.release(fresh, tx.now, "in time"))
    assert row(world)["state"] == "pending"
    world.store.transact(lambda tx: tx.settle(fresh, world.channel.posts[0].ref))
    assert row(world)["state"] == "sent"

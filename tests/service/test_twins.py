"""What was said again because nobody could find it, and then shows up twice, is taken back: one of each stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.alert import Alert, AlertKey, Notice, Topic
from bot.domain.case import Step
from bot.domain.message import Person
from bot.errors import NoLookUp, Refused, Retriable
from bot.service.deliver import LEASE, REFUSED, SETTLE
from bot.service.recover import recover
from bot.store import tables as t
from tests.fakes.between import Between
from tests.fakes.build import HOUR, MINUTE, MISTAKE
from tests.fakes.world import Post, World

SECOND = timedelta(seconds=1)
CARD = "mistake to channel"
KEY = "1:mistake:0:0:channel"
LOST = Retriable("No answer came.", outcome_unknown=True)
SAID_AGAIN = LEASE + SETTLE


def row(world: World, number: int = 1) -> dict[str, Any]:
    found = world.store.read(lambda c: c.execute(select(t.outbox).where(t.outbox.c.id == number)).one())
    return dict(found._mapping)


def complain(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)


def said_again(world: World) -> Post:
    """The first call is lost on its way; nobody finds it, and it is said again."""
    world.channel.before.append(LOST)
    complain(world)
    world.passes(SAID_AGAIN)
    (post,) = world.hears(CARD)
    return post


def shows_up_late(world: World, post: Post) -> None:
    world.channel.late(post.said, post.root)
    world.channel.heard = len(world.channel.posts)


@pytest.mark.parametrize("after", [MINUTE - SECOND, 10 * MINUTE - SECOND])
def test_a_call_that_is_carried_out_late_is_taken_back_at_the_next_look(world: World, after: timedelta) -> None:
    post = said_again(world)
    world.step(Step.ACKNOWLEDGED)
    world.passes(after)
    shows_up_late(world, post)
    world.passes(SECOND)
    assert world.channel.standing() == {KEY: 1}
    assert post.ref not in world.channel.deleted, "the one on record stays"


def test_it_is_looked_for_twice_and_then_no_more(world: World) -> None:
    said_again(world)
    world.step(Step.ACKNOWLEDGED)
    looks = len(world.channel.look_ups)
    world.passes(MINUTE - SECOND)
    assert len(world.channel.look_ups) == looks
    world.passes(HOUR)
    assert world.channel.look_ups[looks:] == [KEY, KEY] * 2, "among the replies, and in the channel"
    assert row(world)["twins_due_at"] is None


def test_what_was_said_once_and_for_all_is_never_looked_for(world: World) -> None:
    complain(world)
    world.hears(CARD)
    world.step(Step.ACKNOWLEDGED)
    world.passes(HOUR)
    assert world.channel.look_ups == []


def test_a_late_reply_is_taken_back_in_its_thread(world: World) -> None:
    complain(world)
    (card,) = world.hears(CARD)
    world.channel.before.append(LOST)
    world.passes(15 * MINUTE + SAID_AGAIN)
    (reply,) = world.hears("still_unanswered to channel")
    assert reply.root == card.ref
    world.step(Step.ACKNOWLEDGED)
    shows_up_late(world, reply)
    world.passes(MINUTE)
    assert set(world.channel.standing().values()) == {1}


def test_a_late_list_is_taken_back_too(world: World) -> None:
    world.channel.before.append(LOST)
    notice = Notice(AlertKey(KEY), Topic.REVIEW, "Daily review", ("a",), "")
    world.store.transact(lambda tx: tx.announce(notice))
    world.delivery.run()
    world.passes(SAID_AGAIN)
    (post,) = world.hears("review: Daily review")
    shows_up_late(world, post)
    world.passes(MINUTE)
    assert world.channel.standing() == {KEY: 1}


def test_several_found_at_once_are_one_the_oldest(world: World) -> None:
    def twice(said: Alert | Notice) -> None:
        world.channel.late(said)
        raise LOST

    world.channel.after.append(twice)
    complain(world)
    oldest, other = world.hears(CARD, CARD)
    world.passes(SAID_AGAIN)
    assert (row(world)["state"], row(world)["ref"]) == ("sent", oldest.ref)
    assert world.channel.deleted == [other.ref]


def test_a_sender_that_slept_through_its_lease_and_posted_all_the_same_takes_its_own_back(world: World) -> None:
    """It was stopped right before its call; meanwhile another found nothing and said it."""

    def sleep(_: Alert | Notice) -> None:
        world.clock.advance(SAID_AGAIN)
        recover(world.store, world.channel)
        world.delivery.run()

    world.channel.before.append(sleep)
    complain(world)
    theirs, ours = world.hears(CARD, CARD)
    assert row(world)["ref"] == theirs.ref
    recover(world.store, world.channel)
    assert world.channel.deleted == [ours.ref]


def test_a_sender_that_settles_late_while_another_is_about_to_say_it_again_leaves_one(world: World) -> None:
    """The other one posts, and dies before it can write that down."""

    def sleep(_: Alert | Notice) -> None:
        world.clock.advance(SAID_AGAIN)
        recover(world.store, world.channel)
        claimed = world.store.transact(lambda tx: tx.claim(LEASE, SETTLE))
        assert claimed is not None

    world.channel.before.append(sleep)
    complain(world)
    (ours,) = world.hears(CARD)
    shows_up_late(world, ours)
    world.step(Step.ACKNOWLEDGED)
    world.passes(MINUTE)
    assert world.channel.standing() == {KEY: 1}


def test_where_the_one_on_record_was_deleted_another_one_stays(world: World) -> None:
    post = said_again(world)
    world.step(Step.ACKNOWLEDGED)
    world.channel.delete(post.ref)
    shows_up_late(world, post)
    world.passes(HOUR)
    assert world.channel.standing() == {KEY: 1}


def test_when_nobody_answers_the_look_up_is_done_later(world: World, caplog: pytest.LogCaptureFixture) -> None:
    post = said_again(world)
    world.step(Step.ACKNOWLEDGED)
    shows_up_late(world, post)
    world.channel.find_trouble += [Retriable("Busy.", retry_after=45.0), Refused("The token was revoked.")]
    world.passes(MINUTE)
    world.passes(45 * SECOND)
    assert world.channel.standing() == {KEY: 2}
    world.passes(REFUSED)
    assert world.channel.standing() == {KEY: 1}
    assert "was taken back" in caplog.text


def test_a_deletion_that_got_no_answer_is_repeated(world: World) -> None:
    post = said_again(world)
    world.step(Step.ACKNOWLEDGED)
    shows_up_late(world, post)
    world.channel.delete_trouble.append(LOST)
    world.passes(MINUTE + 30 * SECOND)
    assert world.channel.standing() == {KEY: 1}


def test_where_nothing_can_be_looked_up_it_is_said_in_the_log_once_and_left(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.channel.after.append(LOST)
    world.channel.find_trouble += [NoLookUp("The history is closed to us.")] * 2
    complain(world)
    world.hears(CARD)
    world.passes(SAID_AGAIN)
    world.hears(CARD)
    world.step(Step.ACKNOWLEDGED)
    world.passes(HOUR)
    assert caplog.text.count("may stand there twice") == 1
    assert row(world)["twins_due_at"] is None


def test_what_must_not_be_deleted_stays_and_is_not_tried_for_ever(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    post = said_again(world)
    world.step(Step.ACKNOWLEDGED)
    shows_up_late(world, post)
    world.channel.delete_trouble += [Refused("cant_delete_message")] * 2
    world.passes(HOUR)
    assert world.channel.delete_trouble == []
    assert caplog.text.count("could not be taken back") == 2


def test_one_process_at_a_time_looks_for_a_twin_and_if_it_dies_another_does(world: World) -> None:
    post = said_again(world)
    world.step(Step.ACKNOWLEDGED)
    shows_up_late(world, post)
    world.clock.advance(MINUTE)

    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        recover(Between(world.store, {2: kill}), world.channel)
    recover(world.store, world.channel)
    assert world.channel.standing() == {KEY: 2}, "it is another's to look for"
    world.clock.advance(LEASE + SETTLE)
    recover(world.store, world.channel)
    assert world.channel.standing() == {KEY: 1}


def test_when_the_channel_wants_patience_the_other_look_ups_wait_too(world: World) -> None:
    world.channel.before += [LOST, LOST]
    complain(world)
    world.customer("Charged twice as well.", MISTAKE, sender=Person("jo@customer.example", "Jo"))
    world.channel.find_trouble.append(Retriable("Slack asks for patience.", retry_after=40.0))
    world.clock.advance(SAID_AGAIN)
    recover(world.store, world.channel)
    assert world.channel.look_ups == [KEY]
    assert row(world)["look_up_at"] == world.clock.now() + 40 * SECOND

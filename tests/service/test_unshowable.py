"""What the channel does not take as it is, it gets as plain text; what it does not take at all, people are told of."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.domain.alert import Alert, AlertKey, Notice, Topic
from bot.errors import Unshowable
from bot.service.deliver import Delivery
from tests.fakes.build import MINUTE, MISTAKE
from tests.fakes.world import World
from tests.service.test_floods import CARD, flood

KEY = "1:mistake:0:0:channel"
BAD = Unshowable("Slack refuses: invalid_blocks.")


def complain(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)


def test_a_card_that_is_not_taken_is_said_as_plain_text_at_once(world: World) -> None:
    world.channel.before.append(BAD)
    complain(world)
    (post,) = world.hears(CARD)
    assert post.plainly
    assert world.outbox() == [(KEY, "sent")]


def test_what_comes_after_it_has_a_layout_again(world: World) -> None:
    world.channel.before.append(BAD)
    complain(world)
    world.hears(CARD)
    world.passes(15 * MINUTE)
    assert not world.hears("still_unanswered to channel")[0].plainly


def test_what_is_not_taken_even_so_is_dead_and_people_are_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.channel.before += [BAD, BAD]
    complain(world)
    (post,) = world.hears("delivery: An alert of case 1 could not be shown here")
    assert isinstance(post.said, Notice)
    assert post.said.lines == ("Slack refuses: invalid_blocks.",)
    assert "amends show 1" in post.said.advice
    assert world.outbox() == [(KEY, "dead"), (f"delivery:{KEY}", "sent")]
    assert f"alert {KEY} is not taken even as plain text" in caplog.text


def test_the_next_thing_said_of_the_case_is_its_card(world: World) -> None:
    world.channel.before += [BAD, BAD]
    complain(world)
    world.hears("delivery: An alert of case 1 could not be shown here")
    world.passes(15 * MINUTE)
    assert world.hears("still_unanswered to channel")[0].root is None


def test_of_a_word_about_that_which_is_not_taken_either_nothing_more_is_said(world: World) -> None:
    world.channel.before += [BAD] * 4
    complain(world)
    assert [state for _, state in world.outbox()] == ["dead", "dead"]


def test_a_notice_that_is_not_taken_is_told_of_too(world: World) -> None:
    world.channel.before += [BAD, BAD]
    world.store.transact(lambda tx: tx.announce(Notice(AlertKey("review:1"), Topic.REVIEW, "Daily", ("a",), "")))
    world.delivery.run()
    world.hears("delivery: A notice (review) could not be shown here")


def test_what_a_list_that_is_not_taken_was_to_carry_is_said_one_by_one(world: World) -> None:
    flood(world)

    def no_lists(said: Alert | Notice) -> None:
        world.channel.before.append(no_lists)
        if isinstance(said, Notice) and said.topic is Topic.DIGEST:
            raise BAD

    world.channel.before.append(no_lists)
    world.delivery.run()
    heard = Counter(str(post) for post in world.channel.unheard())
    world.channel.heard = len(world.channel.posts)
    # of those that are left after a while a shorter list is tried
    assert heard == Counter({CARD: 20, "delivery: A notice (digest) could not be shown here": 2})
    assert Counter(state for _, state in world.outbox()) == Counter({"sent": 22, "dead": 2})


def test_another_process_that_takes_over_tries_it_with_its_layout_once_more(world: World) -> None:
    world.channel.before += [BAD, BAD]
    world.store.transact(lambda tx: tx.announce(Notice(AlertKey("review:1"), Topic.REVIEW, "Daily", ("a",), "")))
    world.delivery.run(limit=1)
    Delivery(world.store, world.channel, world.clock).run()
    (post,) = world.hears("review: Daily")
    assert post.plainly

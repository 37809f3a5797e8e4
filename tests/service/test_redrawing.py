"""Cards are redrawn as their cases change: posts come first, nothing starves, and the last state is what stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.alert import Alert, Notice, Topic
from bot.domain.case import Step
from bot.domain.message import Person
from bot.errors import Gone, Refused, Retriable, Unshowable
from bot.service.deliver import LEASE, REFUSED, Delivery
from bot.service.ports import Ref
from bot.store import tables as t
from tests.fakes.between import Between
from tests.fakes.build import HOUR, MINUTE, MISTAKE
from tests.fakes.world import World

SECOND = timedelta(seconds=1)
CARD = "mistake to channel"
LOST = Retriable("No answer came.", outcome_unknown=True)


def complain(world: World, name: str = "Mo") -> Ref:
    world.customer("You charged me twice.", MISTAKE, sender=Person(f"{name}@customer.example".lower(), name))
    (post,) = world.hears(CARD)
    return post.ref


def stale(world: World) -> list[int]:
    d = t.card.c
    return world.store.read(lambda c: list(c.execute(select(d.case_id).where(d.wanted > d.drawn)).scalars()))


def change(world: World, case: int = 1, who: str = "ana") -> None:
    """Somebody takes the case; nothing is drawn yet."""
    rest, world.delivery = world.delivery, Delivery(Nothing(), world.channel, world.clock)  # type: ignore[arg-type]
    try:
        world.step(Step.ACKNOWLEDGED, case=case, who=who)
    finally:
        world.delivery = rest


class Nothing:
    """A store in which nothing is to be done."""

    def transact(self, _: object) -> None:
        return None


def test_a_card_shows_what_was_done(world: World) -> None:
    ref = complain(world)
    world.step(Step.ACKNOWLEDGED, who="ana")
    assert world.channel.cards[ref].claimed_by == "ana"
    assert stale(world) == []


def test_many_changes_are_one_redraw(world: World) -> None:
    ref = complain(world)
    for who in ("ana", "bo", "cy"):
        change(world, who=who)
    world.delivery.run()
    assert world.channel.redraws == [(ref, False)]
    assert world.channel.cards[ref].claimed_by == "cy"


def test_posts_come_before_redraws(world: World) -> None:
    ref = complain(world)
    change(world)
    order: list[str] = []
    world.channel.before.append(lambda _: order.append("post"))
    world.channel.redraw_trouble.append(lambda _: order.append("redraw"))
    world.customer("You charged me as well.", MISTAKE, sender=Person("jo@customer.example", "Jo"))
    world.hears(CARD)
    assert order == ["post", "redraw"]
    assert ref in world.channel.cards


def notices(world: World, many: int) -> None:
    for number in range(many):
        told = Notice(f"review:{number}", Topic.REVIEW, str(number), ("a",), "")  # type: ignore[arg-type]
        world.store.transact(lambda tx, told=told: tx.announce(told))  # type: ignore[misc]


def test_however_many_posts_wait_a_card_is_redrawn_after_ten_of_them(world: World) -> None:
    complain(world)
    change(world)
    notices(world, 30)
    drawn_after: list[int] = []
    world.channel.redraw_trouble.append(lambda _: drawn_after.append(len(world.channel.unheard())))
    assert world.delivery.run() == 30
    world.channel.heard = len(world.channel.posts)
    assert drawn_after == [10]


def test_however_many_cards_are_stale_a_post_is_said_before_the_next_of_them(world: World) -> None:
    for name in ("Ada", "Bo", "Cy"):
        complain(world, name)
    for case in (1, 2, 3):
        change(world, case)
    said_after: list[int] = []
    world.channel.redraw_trouble.append(lambda _: notices(world, 1))
    world.channel.before.append(lambda _: said_after.append(len(world.channel.redraws)))
    world.delivery.run()
    world.hears("review: 0")
    assert said_after == [1]
    assert stale(world) == []


@pytest.mark.parametrize("trouble", [LOST, Refused("not_in_channel"), Retriable("Busy.", retry_after=20.0)])
def test_a_card_that_cannot_be_redrawn_holds_up_no_other_and_is_redrawn_later(world: World, trouble: Exception) -> None:
    bad, good = complain(world, "Ada"), complain(world, "Bo")
    change(world, 1)
    change(world, 2)
    world.channel.redraw_trouble.append(trouble)
    world.delivery.run()
    assert (stale(world), set(world.channel.cards)) == ([1], {good})
    world.passes(REFUSED + 11 * MINUTE)
    assert (stale(world), set(world.channel.cards)) == ([], {bad, good})


def test_a_card_that_somebody_deleted_is_let_go_and_what_comes_next_is_the_card(world: World) -> None:
    ref = complain(world)
    world.channel.delete(ref)
    world.step(Step.ACKNOWLEDGED)
    assert stale(world) == []
    world.passes(timedelta(days=1))
    first, *others = world.channel.unheard()
    world.channel.heard = len(world.channel.posts)
    assert first.root is None
    assert others == [] or {post.root for post in others} == {first.ref}


def test_a_reply_to_a_card_that_is_gone_is_the_card(world: World) -> None:
    complain(world)
    world.channel.before.append(Gone("thread_not_found"))
    world.passes(15 * MINUTE)
    (card,) = world.hears("still_unanswered to channel")
    assert card.root is None
    world.passes(45 * MINUTE)
    assert world.hears("still_unanswered to on_call")[0].root == card.ref


def test_what_answers_nothing_and_is_said_to_be_gone_is_not_tried_over_and_over(world: World) -> None:
    world.channel.before.append(Gone("thread_not_found"))
    world.customer("You charged me twice.", MISTAKE)
    assert world.channel.attempts == 1
    world.passes(REFUSED)
    world.hears(CARD)


def test_a_redraw_that_needed_a_second_attempt_is_repeated_because_the_first_may_come_late(world: World) -> None:
    ref = complain(world)
    world.channel.redraw_trouble.append(LOST)
    world.step(Step.ACKNOWLEDGED)
    world.passes(2 * SECOND)
    assert len(world.channel.redraws) == 2
    del world.channel.cards[ref]  # as if the first were carried out now
    world.passes(MINUTE)
    assert len(world.channel.redraws) == 3
    assert world.channel.cards.pop(ref).claimed_by == "ana"
    world.passes(10 * MINUTE)
    assert (len(world.channel.redraws), stale(world)) == (4, [])
    assert world.channel.cards[ref].claimed_by == "ana"
    world.passes(HOUR)
    assert len(world.channel.redraws) == 4


def test_whoever_slept_through_the_lease_and_drew_what_was_has_it_drawn_anew(world: World) -> None:
    ref = complain(world)
    change(world, who="ana")

    def sleep(_: Alert) -> None:
        """Meanwhile another takes the case, and another process draws that, and once more to make sure."""
        for wait in (LEASE, MINUTE, 10 * MINUTE):
            world.clock.advance(wait)
            change(world, who="bo")
            world.delivery.run()

    world.channel.redraw_trouble.append(sleep)
    world.delivery.run()
    assert world.channel.cards[ref].claimed_by == "bo"
    assert stale(world) == []
    assert len(world.channel.redraws) == 5


def test_with_too_little_of_the_lease_left_nothing_is_drawn(world: World) -> None:
    complain(world)
    change(world)
    # 1: nothing to post, 2: the card is claimed
    slow = Between(world.store, {2: lambda: world.clock.advance(LEASE)})
    Delivery(slow, world.channel, world.clock).run(limit=1)
    assert world.channel.redraws == []
    world.engine()
    world.passes(11 * MINUTE)
    assert stale(world) == []


def test_a_card_that_is_not_taken_as_it_is_is_drawn_as_plain_text(world: World) -> None:
    ref = complain(world)
    world.channel.redraw_trouble.append(Unshowable("invalid_blocks"))
    world.step(Step.ACKNOWLEDGED)
    assert world.channel.redraws == [(ref, False), (ref, True)]
    assert ref in world.channel.cards


def test_a_card_that_is_not_taken_even_so_is_tried_again_every_five_minutes(world: World) -> None:
    ref = complain(world)
    world.channel.redraw_trouble += [Unshowable("invalid_blocks")] * 3
    world.step(Step.ACKNOWLEDGED)
    assert len(world.channel.redraws) == 2
    world.passes(REFUSED)
    assert len(world.channel.redraws) == 3
    world.passes(REFUSED)
    assert ref in world.channel.cards


def test_a_customer_who_writes_again_did_nothing_that_the_card_tells_as_ours(world: World) -> None:
    complain = world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    world.step(Step.CONTACTED, who="Ana Lind (U1)")
    world.customer("And again!", MISTAKE, references=(complain.rfc_id,))
    (post,) = world.hears("mistake to channel")
    assert [(deed.what, deed.who) for deed in post.alert.deeds] == [("contacted", "Ana Lind (U1)")]
    world.step(Step.CLOSED, note="settled", who="Ana Lind (U1)")
    world.step(Step.REOPENED, who="Ben Roth (U2)")
    (post,) = world.hears("mistake to channel")
    assert post.alert.deeds[-1].what == "reopened"

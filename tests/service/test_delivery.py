"""We speak: what is claimed is checked again, said once, in order; what the channel refuses is not lost silently."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.domain.alert import Alert
from bot.domain.case import Step
from bot.domain.message import Person
from bot.errors import Refused, Retriable
from bot.service.deliver import CALL, LEASE, REFUSED, SETTLE, Delivery
from bot.service.ports import Ref
from bot.store import tables as t
from tests.fakes.between import Between
from tests.fakes.build import HOUR, MINUTE, MISTAKE
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

SECOND = timedelta(seconds=1)
CARD = "mistake to channel"
TOO_MANY = Retriable("Slack asks to wait.", retry_after=30.0)
BUSY = Retriable("Slack does not answer.")
JO = Person("jo@customer.example", "Jo")


def row(world: World, number: int = 1) -> dict[str, Any]:
    found = world.store.read(lambda c: c.execute(select(t.outbox).where(t.outbox.c.id == number)).one())
    return dict(found._mapping)


def complain(world: World, *trouble: Exception, **other: Any) -> None:
    world.channel.before += trouble
    world.customer("You charged me twice.", MISTAKE, **other)


def test_a_card_carries_what_a_person_needs_to_act(world: World) -> None:
    complain(world)
    (post,) = world.hears(CARD)
    alert = post.alert
    assert (alert.customer, alert.subject, alert.words) == ("Mo", "Order 17", "You charged me twice.")
    assert (alert.state, alert.severity, alert.messages, alert.late_by) == ("suspected", 2, 1, None)
    assert (alert.waiting_since, alert.next_due_at) == (MONDAY, MONDAY + 15 * MINUTE)
    assert [clue.text for clue in alert.clues] == ["sounds like mistake"]
    sent = row(world)
    assert (sent["state"], sent["ref"], sent["sent_at"], sent["error"]) == ("sent", post.ref, MONDAY, "")


def test_the_words_of_a_long_mail_are_capped(world: World) -> None:
    world.customer("x" * 10_000, MISTAKE)
    assert len(world.hears(CARD)[0].alert.words) == 4000


def test_when_the_channel_asks_to_wait_the_row_is_kept_and_waits_exactly_as_long(world: World) -> None:
    complain(world, TOO_MANY)
    kept = row(world)
    assert (kept["state"], kept["not_before"], kept["attempts"], kept["error"]) == (
        "pending", MONDAY + 30 * SECOND, 1, "Slack asks to wait.",
    )  # fmt: skip
    world.passes(29 * SECOND)
    assert world.channel.attempts == 1
    world.passes(SECOND)
    assert world.hears(CARD)[0].at == MONDAY + 30 * SECOND
    assert row(world)["attempts"] == 2


def test_without_a_word_how_long_the_waits_double_up_to_five_minutes(world: World) -> None:
    complain(world, *[BUSY] * 10)
    waits = []
    while row(world)["state"] == "pending":
        waits.append((row(world)["not_before"] - world.clock.now()).total_seconds())
        world.clock.set(row(world)["not_before"])
        world.delivery.run()
    assert waits == [4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    world.hears(CARD)


def test_a_row_is_still_tried_again_after_thousands_of_attempts(world: World) -> None:
    """An outage of weeks must not end in an arithmetic error."""
    complain(world, BUSY, BUSY)
    world.store.transact(lambda tx: tx.connection.execute(update(t.outbox).values(attempts=5000)))
    world.passes(4 * SECOND)
    assert row(world)["not_before"] == MONDAY + 304 * SECOND
    world.passes(300 * SECOND)
    world.hears(CARD)


def test_what_is_refused_is_kept_with_its_reason_until_somebody_has_mended_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        complain(world, Refused("The channel is archived.", advice="Choose another."))
    assert (row(world)["state"], row(world)["error"]) == ("pending", "The channel is archived. Choose another.")
    assert "1:mistake:0:0:channel cannot be delivered" in caplog.text
    world.passes(REFUSED - SECOND)
    world.hears()
    world.passes(SECOND)
    world.hears(CARD)


def test_nothing_overtakes_the_card_of_its_case(world: World) -> None:
    complain(world, Retriable("Slack asks to wait.", retry_after=1200.0))
    world.passes(16 * MINUTE)
    assert world.outbox() == [("1:mistake:0:0:channel", "pending"), ("1:still_unanswered:0:0:channel", "pending")]
    world.until(MONDAY + 20 * MINUTE)
    card, reply = world.hears(CARD, "still_unanswered to channel")
    assert (card.root, reply.root) == (None, card.ref)


def test_one_case_that_has_to_wait_does_not_hold_up_another(world: World) -> None:
    complain(world, TOO_MANY)
    complain(world, sender=JO)
    assert world.hears(CARD)[0].alert.customer == "Jo"
    world.passes(30 * SECOND)
    assert world.hears(CARD)[0].alert.customer == "Mo"


def test_rows_are_said_in_the_order_in_which_they_were_queued_and_only_as_many_as_asked(world: World) -> None:
    world.channel.before += [BUSY, BUSY, BUSY]
    for name in ("ada", "bo", "cy"):
        complain(world, sender=Person(f"{name}@customer.example", name))
    world.clock.advance(10 * SECOND)
    assert world.delivery.run(limit=2) == 2
    assert [post.alert.customer for post in world.hears(CARD, CARD)] == ["ada", "bo"]
    assert world.delivery.run() == 1
    assert world.delivery.run() == 0
    world.hears(CARD)


def test_an_alert_whose_case_was_answered_meanwhile_is_not_sent(world: World) -> None:
    complain(world, TOO_MANY)
    world.colleague("We are sorry.", to=world.customer("Please answer."))
    world.passes(HOUR)
    assert {state for _, state in world.outbox()} == {"withdrawn"}


def test_a_row_under_way_is_checked_again_when_its_turn_comes_back(world: World) -> None:
    """A person takes the case while the channel is still thinking about its card; then it says: later."""

    def take_it(_: Alert) -> None:
        world.step(Step.ACKNOWLEDGED)
        raise TOO_MANY

    world.channel.before.append(take_it)
    complain(world)
    assert row(world)["state"] == "pending"
    world.passes(30 * SECOND)
    assert (row(world)["state"], row(world)["error"]) == ("dead", "its case no longer wants it")


def test_with_too_little_of_the_lease_left_nothing_is_sent_and_whoever_finds_the_row_looks_it_up(world: World) -> None:
    world.channel.before.append(BUSY)
    complain(world)
    world.clock.advance(4 * SECOND)
    slow = Between(world.store, {1: lambda: world.clock.advance(LEASE - CALL + timedelta(microseconds=1))})
    assert Delivery(slow, world.channel, world.clock).run() == 0
    assert (world.channel.attempts, row(world)["state"]) == (1, "sending")
    world.passes(LEASE + SETTLE)
    world.hears(CARD)
    assert world.channel.look_ups == ["1:mistake:0:0:channel"]


def test_with_just_enough_of_the_lease_left_it_is_sent(world: World) -> None:
    world.channel.before.append(BUSY)
    complain(world)
    world.clock.advance(4 * SECOND)
    slow = Between(world.store, {1: lambda: world.clock.advance(LEASE - CALL)})
    assert Delivery(slow, world.channel, world.clock).run() == 1
    world.hears(CARD)


def test_what_was_settled_by_somebody_else_is_not_counted_as_sent_by_us(world: World) -> None:
    def settle(_: object) -> None:
        world.store.transact(lambda tx: tx.connection.execute(update(t.outbox).values(state="sent", ref="theirs")))

    world.channel.after.append(settle)
    complain(world)
    world.hears(CARD)
    assert row(world)["ref"] == Ref("theirs")


def test_an_alert_shows_the_case_as_it_is_when_it_is_said_and_not_as_it_was_when_it_was_queued(world: World) -> None:
    complain(world, TOO_MANY)
    world.customer("Where is my money? Answer me!", replace(MISTAKE, severity=3))
    world.passes(30 * SECOND)
    card, again = world.hears(CARD, "wrote_again to channel")
    assert (card.alert.words, card.alert.severity, card.alert.messages) == ("You charged me twice.", 3, 2)
    assert again.alert.words == "Where is my money? Answer me!"

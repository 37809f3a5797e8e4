"""What is done once a working day: when, how often, and what a failure of one means for the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.domain.alert import Notice
from bot.domain.case import Step
from bot.domain.drift import Share
from bot.domain.message import Arrival, Person
from bot.domain.review import Answer, ReviewPolicy
from bot.errors import Retriable
from bot.service.chores import AGAIN
from bot.service.ports import Kind, Received
from bot.store import tables as t
from bot.store.store import SqlTransaction
from tests.fakes.build import DAY, HOUR, MISTAKE, NOTHING, at, message
from tests.fakes.clock import MONDAY
from tests.fakes.mornings import Mornings, lines
from tests.fakes.world import Post, everything

LIST, DRIFT, CARD = "review: Daily review: 1 message", "drift: The inbox is changing", "mistake to channel"
TUESDAY = at("09:00", MONDAY + DAY)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Mornings]:
    with Mornings.at(tmp_path) as world:
        yield world


def due(world: Mornings) -> dict[str, datetime | None]:
    return world.store.transact(lambda tx: {name: tx.chore_due(name) for name in ("review", "drift")})


# when


def test_on_its_first_start_nothing_is_done_but_planned_for_the_next_morning(world: Mornings) -> None:
    world.customer("The lid broke.")
    assert world.chores() == 0
    assert due(world) == {"review": TUESDAY, "drift": TUESDAY}
    assert (everything(world.store)["review"], world.outbox()) == ([], [])


def test_before_its_time_a_chore_changes_nothing_and_in_the_morning_all_are_done_and_planned_anew(
    world: Mornings,
) -> None:
    world.chores()
    before = everything(world.store)
    world.clock.set(TUESDAY - timedelta(seconds=1))
    assert world.chores() == 0
    assert everything(world.store) == before
    world.clock.set(TUESDAY)
    assert world.chores() == 4
    assert due(world) == {"review": TUESDAY + DAY, "drift": TUESDAY + DAY}
    assert world.chores() == 0


def test_a_chore_that_comes_late_is_done_once_and_again_on_the_next_morning(world: Mornings) -> None:
    world.chores()
    world.clock.set(at("16:00", MONDAY + 3 * DAY))
    assert (world.chores(), world.chores()) == (4, 0)
    assert due(world)["review"] == at("09:00", MONDAY + 4 * DAY)
    world.clock.set(at("20:00", MONDAY + 4 * DAY))
    assert (world.chores(), due(world)["drift"]) == (4, MONDAY + 7 * DAY)


def test_what_slack_told_long_ago_is_forgotten_once_it_was_worked_off(world: Mornings) -> None:
    for number in (1, 2):
        world.store.transact(lambda tx, n=number: tx.receive([Received(Kind.EVENT, f"event:{n}", {"n": n})]))  # type: ignore[misc]
    done = world.store.transact(lambda tx: tx.inbound(1))[0].id
    world.store.transact(lambda tx: tx.worked_off(done))
    world.chores()
    world.clock.advance(8 * DAY)
    world.chores()
    assert world.store.transact(lambda tx: [row.payload for row in tx.inbound(9)]) == [{"n": 2}]
    assert len(everything(world.store)["inbound"]) == 1


def test_a_restart_in_the_morning_repeats_nothing(world: Mornings) -> None:
    world.engine()
    world.customer("The lid broke.")
    world.passes(DAY)
    world.hears(LIST)
    with Mornings(str(world.store.engine.url), start=world.clock.now()) as later:
        later.passes(12 * HOUR)


# failing


def test_a_chore_that_fails_is_tried_again_later_and_does_not_stop_the_others(
    world: Mornings, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that cannot be read stands for whatever may be wrong."""
    world.engine()
    world.customer("The lid broke.")
    whole = world.store.read(lambda c: c.execute(t.message.select()).one()).verdict
    world.store.transact(lambda tx: tx.connection.execute(update(t.message).values(verdict={})))
    world.clock.set(TUESDAY)
    assert world.chores() == 3
    assert due(world) == {"review": TUESDAY + AGAIN, "drift": TUESDAY + DAY}
    assert "the daily review failed; it is tried again in 0:30:00" in caplog.text
    world.passes(AGAIN)
    world.store.transact(lambda tx: tx.connection.execute(update(t.message).values(verdict=whole)))
    world.passes(AGAIN - timedelta(seconds=1))
    world.hears()
    world.passes(timedelta(seconds=1))
    world.hears(LIST)
    assert due(world)["review"] == TUESDAY + DAY


def test_when_the_look_for_drift_fails_the_review_is_held_all_the_same(
    world: Mornings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(tx: SqlTransaction, since: datetime, until: datetime) -> Share:
        raise Retriable("the disk is full")

    world.engine()
    world.customer("The lid broke.")
    with monkeypatch.context() as patch:
        patch.setattr(SqlTransaction, "unseen", refuse)
        world.passes(DAY)
    world.hears(LIST)
    assert due(world) == {"review": TUESDAY + DAY, "drift": TUESDAY + AGAIN}
    assert "the daily drift failed" in caplog.text
    world.passes(AGAIN)
    assert due(world)["drift"] == TUESDAY + DAY


def test_a_list_that_cannot_be_announced_is_no_list(world: Mornings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tx: SqlTransaction, notice: Notice) -> bool:
        raise Retriable("the disk is full")

    world.engine()
    world.customer("The lid broke.")
    with monkeypatch.context() as patch:
        patch.setattr(SqlTransaction, "announce", refuse)
        world.passes(DAY)
    assert world.store.read(lambda c: c.execute(t.review.select()).all()) == []
    world.passes(AGAIN)
    (listed,) = world.hears(LIST)
    assert lines(listed)[0].startswith("1 · ")
    assert world.says(1, Answer.MISTAKE)
    world.hears(f"{CARD}, late 16h 30m")


# drift


def dismissed(world: Mornings, number: int) -> None:
    """So many complaints that a person calls none, in one day."""
    first = world.cases() + 1
    for case in range(first, first + number):
        world.customer("You charged me twice.", MISTAKE, sender=Person(f"c{case}@x.example"))
        world.hears(CARD)
        world.step(Step.DISMISSED, case=case, note="an advertisement")


def written(world: Mornings, number: int, unseen: float, *, ago: timedelta) -> None:
    """So many quiet mails, taken in that long ago, each with that share of words that the classifier never saw."""
    now = world.clock.now()
    world.clock.set(now - ago)
    texts = [f"Mail {n} with {unseen:.0%} of strange words." for n in range(number)]
    world.judge.script |= dict.fromkeys(texts, replace(NOTHING, unseen=unseen))
    senders = [Person(f"c{n}@x.example") for n in range(number)]
    mails = [message(text, sender=who, received_at=now - ago) for text, who in zip(texts, senders, strict=True)]
    world.intake.take([Arrival(mail) for mail in mails])
    world.clock.set(now)


def told(posts: list[Post]) -> str:
    (post,) = posts
    (line,) = lines(post)
    return line


def test_too_many_dismissals_are_told_once_a_model_and_again_for_another_model(world: Mornings) -> None:
    world.engine()
    dismissed(world, 20)
    world.passes(DAY)
    assert told(world.hears(DRIFT)) == "100% of the alerts decided in the last week were “not a mistake”."
    dismissed(world, 5)
    world.passes(2 * DAY)
    world.hears()
    world.model = "m2"
    world.passes(DAY)
    assert told(world.hears(DRIFT)) == "100% of the alerts decided in the last week were “not a mistake”."
    world.passes(3 * DAY)
    assert [key for key, _ in world.outbox()][-1] == "drift:dismissals:m2"


def test_a_week_in_which_as_many_are_dismissed_as_ever_is_none_to_speak_of(world: Mornings) -> None:
    world.engine()
    world.model = "m0"
    dismissed(world, 20)
    world.passes(DAY)
    world.hears(DRIFT)
    world.until(MONDAY + 8 * DAY - HOUR)
    dismissed(world, 20)
    world.model = "m1"
    world.passes(HOUR)


def test_a_new_topic_is_told_once_and_what_to_do_about_it(world: Mornings) -> None:
    world.reviews = ReviewPolicy(unsure=0, quiet=0)
    world.engine()
    written(world, 100, 0.05, ago=10 * DAY)
    written(world, 100, 0.25, ago=DAY)
    world.passes(DAY)
    (post,) = world.hears(DRIFT)
    assert told([post]) == "Customers use words that the classifier never saw: 25% of last week's, 5% before."
    assert isinstance(post.said, Notice)
    assert "amends review, amends retrain" in post.said.advice
    world.passes(3 * DAY)


def test_both_kinds_of_drift_are_told_each_for_itself(world: Mornings) -> None:
    world.reviews = ReviewPolicy(unsure=0, quiet=0)
    world.engine()
    dismissed(world, 20)
    written(world, 100, 0.05, ago=10 * DAY)
    written(world, 100, 0.25, ago=DAY)
    world.passes(DAY)
    world.hears(DRIFT, DRIFT)
    assert [key for key, _ in world.outbox()][-2:] == ["drift:dismissals:m1", "drift:vocabulary:m1"]


def test_an_inbox_that_stays_as_it_was_hears_nothing(world: Mornings) -> None:
    world.reviews = ReviewPolicy(unsure=0, quiet=0)
    world.engine()
    written(world, 100, 0.05, ago=10 * DAY)
    written(world, 150, 0.05, ago=DAY)
    dismissed(world, 19)
    world.passes(3 * DAY)

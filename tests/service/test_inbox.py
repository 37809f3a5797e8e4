"""What Slack told is worked off in order, once; what fails waits, and is told of when it fails for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Retriable
from bot.service.inbox import TRIES, Inbox, forget
from bot.service.ports import InboundRow, Kind, Received, RowId
from tests.fakes.build import DAY, MINUTE
from tests.fakes.world import World


@pytest.fixture
def told(world: World) -> World:
    rows = [Received(Kind.EVENT, f"event:{n}", {"n": n, "text": "a customer's words"}) for n in range(3)]
    assert world.store.transact(lambda tx: tx.receive(rows)) == 3
    return world


def numbers(world: World) -> list[int]:
    return [row.payload["n"] for row in world.store.transact(lambda tx: tx.inbound(100))]


def done(world: World, row: RowId) -> None:
    assert world.store.transact(lambda tx: tx.worked_off(row))


def test_in_the_order_in_which_it_came_and_once(told: World) -> None:
    seen: list[int] = []

    def handle(row: InboundRow) -> None:
        done(told, row.id)
        seen.append(row.payload["n"])

    inbox = Inbox(told.store, {Kind.EVENT: handle})
    assert (inbox.run(), inbox.run()) == (3, 0)
    assert seen == [0, 1, 2]


def test_what_the_world_was_not_ready_for_waits_twice_as_long_each_time(told: World) -> None:
    waits: list[timedelta] = []
    began = told.clock.now()

    def handle(row: InboundRow) -> None:
        if row.payload["n"]:
            done(told, row.id)
            return
        waits.append(told.clock.now() - began)
        if len(waits) < 5:
            raise Retriable("Slack is away")
        done(told, row.id)

    inbox = Inbox(told.store, {Kind.EVENT: handle})
    for _ in range(100):
        inbox.run()
        told.clock.advance(timedelta(seconds=1))
    assert [wait.total_seconds() for wait in waits] == [0, 2, 4, 8, 16]
    assert numbers(told) == []


def test_as_long_as_slack_asks_for(told: World) -> None:
    def handle(row: InboundRow) -> None:
        raise Retriable("slow down", retry_after=30)

    inbox = Inbox(told.store, {Kind.EVENT: handle})
    inbox.run()
    told.clock.advance(timedelta(seconds=29))
    assert numbers(told) == []
    told.clock.advance(timedelta(seconds=1))
    assert numbers(told) == [0, 1, 2]


def test_poison_is_put_aside_and_told_of_and_holds_nobody_up(told: World, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []

    def handle(row: InboundRow) -> None:
        if row.payload["n"] == 1:
            raise ZeroDivisionError(row.payload["text"])
        done(told, row.id)
        seen.append(row.payload["n"])

    inbox = Inbox(told.store, {Kind.EVENT: handle})
    for _ in range(TRIES + 2):
        inbox.run()
        told.clock.advance(MINUTE)
    assert (seen, numbers(told)) == ([0, 2], [])
    told.delivery.run()
    (post,) = told.hears("inbound: Something from Slack could not be read")
    assert "ZeroDivisionError" in str(post.said)
    assert "a customer's words" not in caplog.text + str(post.said)


def test_keys_are_remembered_for_a_week_and_words_only_until_they_are_worked_off(told: World) -> None:
    for row in told.store.transact(lambda tx: tx.inbound(2)):
        done(told, row.id)
    again = [Received(Kind.EVENT, "event:0", {"n": 0})]
    told.clock.advance(6 * DAY)
    assert told.store.transact(forget) == 0
    assert told.store.transact(lambda tx: tx.receive(again)) == 0
    told.clock.advance(2 * DAY)
    assert told.store.transact(forget) == 2
    assert numbers(told) == [2]

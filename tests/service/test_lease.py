"""One process watches a mailbox: by its own clock it knows for how long, and another takes over when it is gone."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bot.errors import Retriable
from bot.service.lease import LENGTH, RENEWED_EVERY, Lease
from bot.service.ports import Store
from tests.fakes.world import World

SECOND = timedelta(seconds=1)


def lease(world: World, holder: str, dead: frozenset[str] = frozenset(), store: Store | None = None) -> Lease:
    return Lease(store or world.store, world.clock, "mailbox support", holder, lambda name: name in dead)


def test_the_first_has_it_and_the_second_stands_by_until_the_first_lets_go(world: World) -> None:
    first, second = lease(world, "first"), lease(world, "second")
    assert (first.held, first.keep(), second.keep()) == (False, True, False)
    assert (first.held, second.held) == (True, False)
    first.drop()
    assert (first.held, second.keep(), first.keep()) == (False, True, False)


def test_kept_every_few_seconds_it_is_never_lost(world: World) -> None:
    first, second = lease(world, "first"), lease(world, "second")
    for _ in range(50):
        assert (first.keep(), second.keep()) == (True, False)
        world.clock.advance(timedelta(seconds=RENEWED_EVERY))
        assert first.held
    assert LENGTH.total_seconds() > RENEWED_EVERY * 3, "two renewals may fail"


def test_who_was_stopped_for_too_long_knows_at_once_that_it_is_gone(world: World) -> None:
    """A suspended process must not go on as if nothing had happened."""
    first, second = lease(world, "first"), lease(world, "second")
    first.keep()
    world.clock.advance(LENGTH - SECOND)
    assert (first.held, second.keep()) == (True, False)
    world.clock.advance(SECOND)
    assert (first.held, second.keep(), first.keep(), first.held) == (False, True, False, False)


def test_a_killed_holder_is_not_waited_for(world: World) -> None:
    lease(world, "first").keep()
    second = lease(world, "second", dead=frozenset({"first"}))
    assert (second.keep(), second.was_left) == (True, True)


def test_only_what_was_not_let_go_was_left(world: World) -> None:
    first, second = lease(world, "first"), lease(world, "second")
    first.keep()
    first.keep()
    first.drop()
    second.keep()
    assert (first.was_left, second.was_left) == (False, False)
    world.clock.advance(LENGTH)
    third = lease(world, "third")
    assert (third.keep(), third.was_left) == (True, True)


def test_a_database_that_is_away_takes_nothing_from_who_has_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lease(world, "first")
    first.keep()

    def away(_work: object) -> None:
        raise Retriable("The database is locked by another process.")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "transact", away)
        with pytest.raises(Retriable):
            first.keep()
        assert first.held
        world.clock.advance(LENGTH)
        assert not first.held


def test_standing_by_is_said_once_and_again_after_it_was_held(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first, second = lease(world, "first"), lease(world, "second")
    first.keep()
    for _ in range(3):
        second.keep()
    assert caplog.text.count("mailbox support is watched by another amends; standing by") == 1
    first.drop()
    second.keep()
    second.drop()
    first.keep()
    second.keep()
    assert caplog.text.count("standing by") == 2

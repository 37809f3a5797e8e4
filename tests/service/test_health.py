"""The watcher is watched: people hear once that a folder is not read, and once that it is again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.alert import Notice
from bot.errors import Refused, Retriable
from bot.service.health import check_watches
from tests.fakes.build import HOUR, MINUTE
from tests.fakes.folders import FakeFolder, Mailbox, numbered
from tests.fakes.world import World

SECOND = timedelta(seconds=1)
DOWN, AGAIN = "watch: A mailbox is not being read", "watch: A mailbox is read again"
NO_ANSWER = Retriable("It does not answer.")
INTERVALS = {("support", "support/INBOX"): MINUTE / 2}


def watched(world: World, box: Mailbox, length: timedelta) -> None:
    """Time goes by; the ticker looks after the watches every few seconds."""
    for _ in range(int(length / (10 * SECOND))):
        box.passes(10 * SECOND, every=10 * SECOND)
        check_watches(world.store, INTERVALS)
        world.delivery.run()


def test_a_folder_that_is_read_is_nothing_to_speak_of(world: World) -> None:
    watched(world, Mailbox(world, [FakeFolder()]), 10 * MINUTE)
    world.hears()


def test_people_hear_once_that_it_is_not_read_and_once_that_it_is_again(world: World) -> None:
    folder = FakeFolder()
    box = Mailbox(world, [folder])
    watched(world, box, MINUTE)
    folder.troubles = [NO_ANSWER] * 7
    watched(world, box, 80 * SECOND)
    world.hears()
    watched(world, box, 10 * SECOND)
    (told,) = world.hears(DOWN)
    assert isinstance(told.said, Notice)
    assert told.said.lines == ("support/INBOX: not read for 1m. It does not answer.",)
    folder.troubles = [NO_ANSWER]
    watched(world, box, 5 * MINUTE)
    (told,) = world.hears(AGAIN)
    assert isinstance(told.said, Notice)
    assert told.said.lines == ("support/INBOX: all that came meanwhile is read.",)


def test_one_that_never_could_be_read_is_told_of_too(world: World) -> None:
    watched(world, Mailbox(world, [FakeFolder(troubles=[Refused("The password is wrong.")] * 9)]), 2 * MINUTE)
    (told,) = world.hears(DOWN)
    assert isinstance(told.said, Notice)
    assert "The password is wrong." in told.said.lines[0]


def test_a_second_outage_is_told_of_anew(world: World) -> None:
    folder = FakeFolder()
    box = Mailbox(world, [folder])
    watched(world, box, MINUTE)
    for _ in range(2):
        folder.troubles = [NO_ANSWER] * 9
        watched(world, box, 3 * MINUTE)
        world.hears(DOWN)
        folder.troubles.clear()
        watched(world, box, 6 * MINUTE)
        world.hears(AGAIN)


def test_who_was_told_before_a_restart_is_not_told_again_but_hears_that_it_is_well(world: World) -> None:
    folder = FakeFolder(troubles=[NO_ANSWER] * 99)
    box = Mailbox(world, [folder])
    watched(world, box, 3 * MINUTE)
    world.hears(DOWN)
    world.clock.advance(HOUR)
    box.restart()
    watched(world, box, 10 * MINUTE)
    world.hears()
    folder.troubles.clear()
    watched(world, box, 10 * MINUTE)
    world.hears(AGAIN)


def test_a_long_read_is_a_good_look_all_the_while(world: World) -> None:
    folder = FakeFolder(mails=[])
    box = Mailbox(world, [folder])
    box.look()
    folder.mails += numbered(*range(1, 11))

    def slow() -> None:
        world.clock.advance(MINUTE)
        check_watches(world.store, INTERVALS)
        world.delivery.run()

    folder.meanwhile = slow
    box.look()
    world.hears()


@pytest.mark.parametrize("of", [{}, {("sales", "sales/INBOX"): MINUTE}])
def test_only_folders_that_this_process_watches_are_its_business(
    world: World, of: dict[tuple[str, str], timedelta]
) -> None:
    Mailbox(world, [FakeFolder(troubles=[NO_ANSWER])]).look()
    world.clock.advance(HOUR)
    assert check_watches(world.store, of) == 0

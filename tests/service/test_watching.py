"""Folders are looked at again and again; each fails alone, and nothing that a server does ends the watch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.message import Arrival, Place, Unreadable
from bot.errors import Refused, Retriable
from bot.service.ports import Cursor
from bot.service.watch import Backoff, Watch
from tests.fakes.build import message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

SECOND = timedelta(seconds=1)


@dataclass
class Folder:
    """Gives its batches in order, and raises what stands among them."""

    name: str
    script: list[list[Arrival | Unreadable] | Exception] = field(default_factory=list)
    seen: list[Cursor | None] = field(default_factory=list)
    closed: int = 0

    def unread(self, cursor_of: Callable[[str, str], Cursor | None]) -> Iterator[list[Arrival | Unreadable]]:
        self.seen.append(cursor_of("support", self.name))
        if not self.script:
            return
        given = self.script.pop(0)
        if isinstance(given, Exception):
            raise given
        yield given

    def close(self) -> None:
        self.closed += 1


def watch(world: World, *folders: Folder) -> Watch:
    return Watch(folders, world.intake, world.store, world.clock, 10.0)


def mail(text: str, folder: str, uid: int) -> list[Arrival | Unreadable]:
    return [Arrival(message(text), Place("support", folder, 1, uid))]


def look(watched: Watch) -> None:
    watched.once(threading.Event())


def test_every_look_goes_on_where_the_last_one_stopped(world: World) -> None:
    inbox = Folder("INBOX", [mail("One", "INBOX", 4), mail("Two", "INBOX", 5)])
    watched = watch(world, inbox)
    for _ in range(3):
        look(watched)
    assert inbox.seen == [None, Cursor(1, 4), Cursor(1, 5)]


def test_a_folder_that_fails_is_left_alone_longer_and_longer_and_the_others_are_read(world: World) -> None:
    broken = Folder("INBOX", [Retriable("no answer"), Retriable("no answer", retry_after=60.0), Refused("no")])
    sent = Folder("Sent")
    watched = watch(world, broken, sent)
    looks = []
    for second in range(400):
        world.clock.set(MONDAY + second * SECOND)
        before = len(broken.seen)
        look(watched)
        looks += [second] * (len(broken.seen) - before)
    assert looks[:4] == [0, 2, 62, 362]
    assert looks[4:] == list(range(363, 400))  # it works again
    assert len(sent.seen) == 400


def test_an_unexpected_error_ends_the_connection_and_not_the_watch(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    odd = Folder("INBOX", [KeyError("odd"), mail("One", "INBOX", 1)])
    watched = watch(world, odd)
    with caplog.at_level(logging.ERROR):
        look(watched)
    assert (odd.closed, "reading failed in an unexpected way" in caplog.text) == (1, True)
    world.clock.advance(2 * SECOND)
    look(watched)
    look(watched)
    assert odd.seen[-1] == Cursor(1, 1)


def test_after_an_outage_of_weeks_the_wait_is_still_five_minutes() -> None:
    backoff = Backoff(failures=5000)
    assert backoff.failed(MONDAY, None) == 300.0
    assert not backoff.over(MONDAY + 299 * SECOND)
    assert backoff.over(MONDAY + 300 * SECOND)


def test_when_it_is_told_to_stop_it_closes_its_folders(world: World) -> None:
    stop, inbox = threading.Event(), Folder("INBOX")
    stop.set()
    watch(world, inbox).run(stop)
    assert (inbox.seen, inbox.closed) == ([], 1)

"""The watch as it runs in its own thread: it waits between looks, it survives, it says one sentence, it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.message import Arrival, Place, Unreadable
from bot.errors import Refused, Retriable
from bot.service.ports import Cursor
from bot.service.watch import Backoff, Watch
from tests.fakes.build import message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

SOON = 10.0  # seconds until a test gives up
SECOND = timedelta(seconds=1)
Batch = list[Arrival | Unreadable]


@dataclass
class Script:
    """A source that does at each look what the next function says; after the last one it has nothing new.

    `looked` is set with the look that makes `goal`, and at that look the watch is told to stop.
    """

    looks: list[Callable[[], Iterator[Batch]]] = field(default_factory=list)
    name: str = "support/INBOX"
    goal: int = 1
    stop: threading.Event = field(default_factory=threading.Event)
    count: int = 0
    closed: int = 0

    def unread(self, cursor: Callable[[str, str], Cursor | None]) -> Iterator[Batch]:
        self.count += 1
        if self.count >= self.goal:
            self.stop.set()
        yield from self.looks.pop(0)() if self.looks else ()

    def close(self) -> None:
        self.closed += 1


def fails(problem: Exception) -> Callable[[], Iterator[Batch]]:
    def look() -> Iterator[Batch]:
        raise problem
        yield

    return look


def gives(*batches: Batch) -> Callable[[], Iterator[Batch]]:
    return lambda: iter(batches)


def mail(uid: int) -> Batch:
    return [Arrival(message(f"Number {uid}"), Place("support", "INBOX", 1, uid))]


@contextmanager
def running(watch: Watch, stop: threading.Event) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=watch.run, args=(stop,), daemon=True)
    thread.start()
    yield thread
    thread.join(SOON)
    assert not thread.is_alive(), "told to stop, it did not"


def stored_up_to(world: World) -> int:
    cursor = world.store.transact(lambda tx: tx.cursor("support", "INBOX"))
    return cursor.last_uid if cursor else 0


def waits(source: Script, world: World, seconds: int) -> list[int]:
    """In which seconds the source is looked at, by a watch that has time for it in every second."""
    watch, seen = Watch([source], world.intake, world.store, world.clock, 1.0), []
    for second in range(seconds):
        world.clock.set(MONDAY + second * SECOND)
        before = source.count
        watch.once(threading.Event())
        seen += [second] * (source.count - before)
    return seen


# back-off


def test_the_waits_double_up_to_five_minutes(world: World) -> None:
    source = Script([fails(Retriable("no answer"))] * 20)
    seen = waits(source, world, 1500)
    gaps = [later - earlier for earlier, later in pairwise(seen)]
    assert gaps == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_server_is_left_alone_for_as_long_as_it_asks_and_never_for_less_than_the_back_off(world: World) -> None:
    patient = Script([fails(Retriable("slow down", retry_after=500.0)), fails(Retriable("no", retry_after=1.0))])
    assert waits(patient, world, 520) == [0, 500, 504, *range(505, 520)]


def test_one_that_refuses_for_good_is_asked_again_in_five_minutes(world: World) -> None:
    assert waits(Script([fails(Refused("no such user"))]), world, 302) == [0, 300, 301]


def test_success_makes_the_next_failure_a_first_one(world: World) -> None:
    no, yes = fails(Retriable("no answer")), gives()
    assert waits(Script([no, no, yes, no]), world, 12) == [0, 2, 6, 7, 9, 10, 11]


def test_a_back_off_is_over_at_its_very_moment() -> None:
    backoff = Backoff()
    assert backoff.over(MONDAY)
    assert backoff.failed(MONDAY, 60.0) == 60.0
    assert not backoff.over(MONDAY + 59 * SECOND)
    assert backoff.over(MONDAY + 60 * SECOND)


# surviving


def test_whatever_a_source_raises_the_watch_goes_on(world: World, caplog: pytest.LogCaptureFixture) -> None:
    source = Script([fails(ValueError("odd")), gives(mail(1)), fails(OSError("gone")), gives(mail(2))], goal=4)

    def time_flies(_seconds: float | None = None) -> bool:
        world.clock.advance(10 * SECOND)
        return False

    source.stop.wait = time_flies  # type: ignore[method-assign, assignment]
    with running(Watch([source], world.intake, world.store, world.clock, 60.0), source.stop):
        pass
    assert (source.count, stored_up_to(world)) == (4, 2)
    assert [r.exc_info is not None for r in caplog.records if r.levelno == logging.ERROR] == [True, True]


def test_what_is_expected_to_fail_is_one_line_in_the_log_and_so_is_its_end(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    problem = Retriable("It cannot be reached: Connection refused.", where="support (mail.example:993)")
    waits(Script([fails(problem)]), world, 5)
    told = "support/INBOX: support (mail.example:993): It cannot be reached: Connection refused. Tried again in 2 s."
    assert [(r.levelname, r.getMessage(), r.exc_info) for r in caplog.records] == [
        ("WARNING", told, None),
        ("INFO", "support/INBOX: works again", None),
    ]


def test_what_was_read_before_it_broke_off_is_kept(world: World) -> None:
    def breaks_off() -> Iterator[Batch]:
        yield mail(1)
        yield mail(2)
        raise Retriable("broke off")

    assert waits(Script([breaks_off, gives(mail(3))]), world, 3) == [0, 2]
    assert stored_up_to(world) == 3


# ending


def test_told_to_stop_it_does_not_wait_for_the_next_look(world: World) -> None:
    source = Script(goal=10**6)
    with running(Watch([source], world.intake, world.store, world.clock, 3600.0), source.stop):
        source.stop.set()
    assert source.closed == 1


def test_told_to_stop_while_it_reads_it_leaves_the_rest_for_the_next_time(world: World) -> None:
    source, other = Script([gives(mail(1), mail(2), mail(3))]), Script(name="support/Sent")
    with running(Watch([source, other], world.intake, world.store, world.clock, 3600.0), source.stop):
        pass
    assert stored_up_to(world) == 1, "what was fetched is stored, and no more"
    assert (source.closed, other.closed, other.count) == (1, 1, 0)

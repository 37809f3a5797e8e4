"""The watch as it runs in its own thread: it waits between looks, it survives, it says one sentence, it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused, Retriable, StoreUnfit
from bot.service.watch import Backoff, Rotation, Watch, share_out
from bot.store.store import SqlTransaction
from tests.fakes.build import MINUTE
from tests.fakes.clock import MONDAY
from tests.fakes.folders import FakeFolder, Mailbox, numbered
from tests.fakes.world import World

SOON = 60.0  # seconds until a test gives up
SECOND = timedelta(seconds=1)
NO_ANSWER = Retriable("no answer")


@contextmanager
def running(watch: Watch | Rotation, stop: threading.Event) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=watch.run, args=(stop,), daemon=True)
    thread.start()
    yield thread
    thread.join(SOON)
    assert not thread.is_alive(), "told to stop, it did not"


def stored_up_to(world: World, folder: str = "INBOX") -> int:
    cursor = world.store.transact(lambda tx: tx.cursor("support", folder))
    return cursor.last_uid if cursor else 0


def waits(folder: FakeFolder, world: World, seconds: int) -> list[int]:
    """In which seconds the folder is looked at, by a watch that has time for it in every second."""
    (watch,), seen = Mailbox(world, [folder]).watches, []
    for second in range(seconds):
        world.clock.set(MONDAY + second * SECOND)
        before = folder.looks
        watch.once(threading.Event())
        seen += [second] * (folder.looks - before)
    return seen


# back-off


def test_the_waits_double_up_to_five_minutes(world: World) -> None:
    seen = waits(FakeFolder(troubles=[NO_ANSWER] * 20), world, 1500)
    gaps = [later - earlier for earlier, later in pairwise(seen)]
    assert gaps == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_server_is_left_alone_for_as_long_as_it_asks_and_never_for_less_than_the_back_off(world: World) -> None:
    asked = [Retriable("slow down", retry_after=500.0), Retriable("no", retry_after=1.0)]
    assert waits(FakeFolder(troubles=[*asked]), world, 520) == [0, 500, 504, *range(505, 520)]


def test_one_that_refuses_for_good_is_asked_again_in_five_minutes(world: World) -> None:
    assert waits(FakeFolder(troubles=[Refused("no such user")]), world, 302) == [0, 300, 301]


def test_success_makes_the_next_failure_a_first_one(world: World) -> None:
    troubles = [NO_ANSWER, NO_ANSWER, None, NO_ANSWER]
    assert waits(FakeFolder(troubles=[*troubles]), world, 12) == [0, 2, 6, 7, 9, 10, 11]


def test_a_back_off_is_over_at_its_very_moment() -> None:
    backoff = Backoff()
    assert backoff.remaining(MONDAY) == 0.0
    assert backoff.failed(MONDAY, 60.0) == 60.0
    assert backoff.remaining(MONDAY + 59 * SECOND) == 1.0
    assert backoff.remaining(MONDAY + 60 * SECOND) == 0.0


# surviving


def test_whatever_a_source_raises_the_watch_goes_on(world: World, caplog: pytest.LogCaptureFixture) -> None:
    source = FakeFolder(troubles=[ValueError("odd"), None, OSError("gone"), None], goal=4,
                        arrives={2: numbered(1), 4: numbered(2)})  # fmt: skip

    def time_flies(_seconds: float | None = None) -> bool:
        world.clock.advance(4 * SECOND)
        return False

    source.stop.wait = time_flies  # type: ignore[method-assign, assignment]
    (watch,) = Mailbox(world, [source]).watches
    with running(watch, source.stop):
        pass
    assert (source.looks, stored_up_to(world)) == (4, 2)
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert [("ValueError" in said, "OSError" in said) for said in errors] == [(True, False), (False, True)]
    assert not any("odd" in said or "gone" in said for said in errors), "it may be a customer's words"


def test_what_is_expected_to_fail_is_one_line_in_the_log_and_so_is_its_end(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.service.watch")
    problem = Retriable("It cannot be reached: Connection refused.", where="support (mail.example:993)")
    waits(FakeFolder(troubles=[problem]), world, 5)
    told = "support/INBOX: support (mail.example:993): It cannot be reached: Connection refused. Tried again in 2 s."
    watched = [r for r in caplog.records if r.name == "bot.service.watch"]
    assert [(r.levelname, r.getMessage(), r.exc_info) for r in watched] == [
        ("WARNING", told, None),
        ("INFO", "support/INBOX: works again", None),
    ]


def test_what_was_read_before_it_broke_off_is_kept(world: World) -> None:
    folder = FakeFolder(mails=numbered(1, 2, 3), breaks=[2], arrives={2: numbered(4)})
    assert waits(folder, world, 3) == [0, 2]
    assert (stored_up_to(world), folder.fetched) == (4, [1, 2, 3, 4])


def test_a_database_that_cannot_be_written_ends_no_watch(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk is made free again, and then nobody has to start amends anew."""
    folder = FakeFolder(mails=numbered(1))
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise StoreUnfit("The database refused: database or disk is full")

        for name in ("begin_watch", "good_look", "bad_look"):
            patch.setattr(SqlTransaction, name, full)
        assert waits(folder, world, 5) == []
    world.clock.advance(MINUTE)
    Mailbox(world, [folder]).look()
    assert stored_up_to(world) == 1
    assert "disk is full" in caplog.text


# waiting


def test_where_the_server_tells_of_news_it_is_waited_for_and_else_the_clock_is(world: World) -> None:
    for can_wait, slept in ((True, []), (False, [30.0])):
        folder, stop = FakeFolder(can_wait=can_wait), threading.Event()
        naps: list[float | None] = []

        def nap(seconds: float | None = None, naps: list[float | None] = naps) -> bool:
            naps.append(seconds)
            return False

        stop.wait = nap  # type: ignore[method-assign, assignment]
        (watch,) = Mailbox(world, [folder]).watches
        watch.once(stop)
        watch._rest(stop)
        assert (folder.waits, naps) == ([30.0], slept)


def test_a_wait_that_breaks_is_a_failure_like_any_other(world: World) -> None:
    folder = FakeFolder()

    def lost(_seconds: float) -> bool:
        raise NO_ANSWER

    folder.wait = lost  # type: ignore[method-assign, assignment]
    (watch,) = Mailbox(world, [folder]).watches
    stop = threading.Event()
    watch.once(stop)
    watch._rest(stop)
    assert watch._backoff.remaining(world.clock.now()) == 2.0
    (health,) = world.store.transact(lambda tx: tx.watched())
    assert health.error == "no answer"


# ending, standing by


def test_told_to_stop_it_does_not_wait_for_the_next_look(world: World) -> None:
    source = FakeFolder()
    (watch,) = Mailbox(world, [source], poll_seconds=3600.0).watches
    with running(watch, source.stop):
        source.stop.set()
    assert source.closed == 1


def test_told_to_stop_while_it_reads_it_leaves_the_rest_for_the_next_time(world: World) -> None:
    source, stop = FakeFolder(mails=numbered(1, 2, 3)), threading.Event()
    source.meanwhile = stop.set
    (watch,) = Mailbox(world, [source], poll_seconds=3600.0).watches
    with running(watch, stop):
        pass
    assert stored_up_to(world) == 1, "what was fetched is stored, and no more"
    assert source.closed == 1


def test_a_connection_that_is_ended_because_amends_ends_is_no_trouble(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    source, stop = FakeFolder(mails=numbered(1)), threading.Event()

    def cut() -> None:
        stop.set()
        raise Retriable("broke off")

    source.meanwhile = cut
    (watch,) = Mailbox(world, [source]).watches
    watch.once(stop)
    assert (caplog.text, watch._backoff.failures) == ("", 0)


def test_who_is_interrupted_interrupts_the_connection(world: World) -> None:
    folders = [FakeFolder(), FakeFolder("support/Sent")]
    watches = Mailbox(world, folders).watches
    watches[0].interrupt()
    assert [one.interrupted for one in folders] == [1, 0]
    Rotation(watches, 30.0).interrupt()
    assert [one.interrupted for one in folders] == [2, 1]


def test_without_its_lease_a_watch_lets_go_of_the_connection_and_looks_at_nothing(world: World) -> None:
    source, stop = FakeFolder(mails=numbered(1)), threading.Event()
    box = Mailbox(world, [source])
    world.clock.advance(21 * SECOND)  # nobody renewed it
    naps = iter([False, True])

    def nap(_seconds: float | None = None) -> bool:
        if next(naps):
            stop.set()
        return False

    stop.wait = nap  # type: ignore[method-assign, assignment]
    with running(box.watches[0], stop):
        pass
    assert (source.looks, source.closed) == (0, 3)
    Rotation(box.watches, 30.0).once(threading.Event())
    assert source.looks == 0


# one connection for several


def test_a_rotation_looks_at_each_in_turn_and_changes_the_connection_between_accounts(world: World) -> None:
    support = [FakeFolder("support/INBOX"), FakeFolder("support/Sent")]
    sales = FakeFolder("sales/INBOX")
    rotation = Rotation([*Mailbox(world, support).watches, *Mailbox(world, [sales]).watches], 30.0)
    for _ in range(2):
        rotation.once(threading.Event())
    assert [one.looks for one in (*support, sales)] == [2, 2, 2]
    assert [one.closed for one in (*support, sales)] == [0, 2, 0]


def test_in_a_rotation_each_fails_alone(world: World) -> None:
    bad, good = FakeFolder(troubles=[NO_ANSWER] * 9), FakeFolder("support/Sent", mails=numbered(1))
    Rotation(Mailbox(world, [bad, good]).watches, 30.0).once(threading.Event())
    assert (stored_up_to(world), stored_up_to(world, "Sent")) == (0, 1)


def test_a_rotation_that_is_told_to_stop_closes_all(world: World) -> None:
    folders = [FakeFolder(goal=1), FakeFolder("support/Sent")]
    rotation = Rotation(Mailbox(world, folders).watches, 3600.0)
    with running(rotation, folders[0].stop):
        pass
    assert [one.closed for one in folders] == [1, 1]


@given(st.integers(0, 12), st.integers(1, 12))
def test_no_server_gets_more_connections_than_it_takes_and_no_folder_is_left_out(folders: int, most: int) -> None:
    watches: list[Watch] = [object() for _ in range(folders)]  # type: ignore[misc]
    alone, shared = share_out(watches, most)
    assert [*alone, *shared] == watches
    assert len(alone) + bool(shared) <= most
    assert len(shared) != 1, "one that shares with nobody has a connection of its own"
    assert not shared or len(alone) + 1 == most, "as many as may be have their own"

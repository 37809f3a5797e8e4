"""A disk without room: one sentence that says what to do, nothing half-written, and on it goes when there is room."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from bot.domain.health import Expected
from bot.domain.message import Place
from bot.errors import DiskFull, Retriable
from bot.service.audit import Auditor
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from bot.store.vitals import vitals
from tests.fakes.clock import SimulatedClock

LONG = "x" * 10_000


class Disk:
    """That of a SQLite file; SQLite says of a file that may not grow what it says of a full disk."""

    def __init__(self, store: SqlStore) -> None:
        self._pages = 0
        event.listen(store.engine, "checkout", self._limit)
        self._store = store

    def is_full(self) -> None:
        used = self._store.read(lambda c: c.execute(text("PRAGMA page_count")).scalar())
        assert used
        self._pages = int(used)

    def has_room(self) -> None:
        self._pages = 1 << 30

    def _limit(self, connection: Any, *_: object) -> None:
        if self._pages:
            connection.execute(f"PRAGMA max_page_count={self._pages}")


@pytest.fixture
def store(tmp_path: Path, clock: SimulatedClock) -> Iterator[SqlStore]:
    made = SqlStore(f"sqlite:///{tmp_path / 'amends.db'}", clock)
    yield made
    made.close()


def much(tx: SqlTransaction) -> None:
    """First something small, which would fit."""
    tx.pulse("deliver")
    rows = [
        {"account": "a", "folder": "INBOX", "begun_at": tx.now, "error": LONG},
        {"account": "a", "folder": "Sent", "begun_at": tx.now, "error": LONG},
    ]
    tx.connection.execute(insert(t.watch), rows)


def test_a_full_disk_is_an_error_that_says_whose_move_it_is(store: SqlStore) -> None:
    Disk(store).is_full()
    with pytest.raises(DiskFull) as told:
        store.transact(much)
    assert isinstance(told.value, Retriable), "amends tries again by itself"
    assert "The database cannot grow: database or disk is full." in str(told.value)
    assert "Make room on its disk" in str(told.value)
    assert LONG[:50] not in str(told.value)


def test_nothing_is_half_written_and_with_room_it_is_written_after_all(store: SqlStore) -> None:
    disk = Disk(store)
    disk.is_full()
    with pytest.raises(DiskFull):
        store.transact(much)
    assert store.transact(lambda tx: (tx.pulses(), tx.watched())) == ({}, [])
    disk.has_room()
    store.transact(much)
    assert set(store.transact(lambda tx: tx.pulses())) == {"deliver"}
    assert len(store.transact(lambda tx: tx.watched())) == 2


@pytest.mark.parametrize("afterwards", ["nothing", "another row", "another savepoint"])
def test_whoever_makes_light_of_one_row_that_found_no_room_writes_none(store: SqlStore, afterwards: str) -> None:
    """SQLite has undone the whole transaction by then; what came after would be all that is left of it."""
    Disk(store).is_full()

    def guarded(tx: SqlTransaction) -> None:
        tx.move_cursor(Place("a", "INBOX", 1, 7))
        with contextlib.suppress(Exception), tx.savepoint():
            much(tx)
        if afterwards == "another row":
            tx.move_cursor(Place("a", "Sent", 1, 7))
        if afterwards == "another savepoint":
            with tx.savepoint():
                tx.move_cursor(Place("a", "Sent", 1, 7))

    with pytest.raises(Retriable):
        store.transact(guarded)
    assert store.transact(lambda tx: (tx.cursor("a", "INBOX"), tx.cursor("a", "Sent"))) == (None, None)


def test_a_row_in_a_savepoint_that_finds_no_room_is_told_of_as_that(store: SqlStore) -> None:
    Disk(store).is_full()

    def in_a_savepoint(tx: SqlTransaction) -> None:
        with tx.savepoint():
            much(tx)

    with pytest.raises(DiskFull):
        store.transact(in_a_savepoint)


def test_health_says_so_even_though_nothing_can_be_written_down(store: SqlStore, clock: SimulatedClock) -> None:
    auditor = Auditor(lambda now: store.read(lambda c: vitals(c, now)), Expected(), clock)
    store.transact(lambda tx: tx.pulse("tick"))
    Disk(store).is_full()
    clock.advance(timedelta(seconds=4))
    with pytest.raises(DiskFull) as told:
        store.transact(much)
    auditor.tick_failed(str(told.value))
    (found,) = auditor.health().findings
    assert found.id == "tick"
    assert "Make room on its disk" in found.said

"""Work is done one piece after another; looking waits for nobody and sees only what was committed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import pytest
from sqlalchemy import func, insert, select, update

from bot.domain.message import Place
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import HOUR
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.rows import open_case

THREADS, EACH = 4, 50


def test_two_hundred_transactions_of_four_threads_are_done_one_after_another_and_none_is_lost(store: SqlStore) -> None:
    """Each adds one to a number that it has read; whatever overlapped would lose an addition."""
    store.transact(lambda tx: tx.move_cursor(Place("a", "INBOX", 1, 0)))
    inside, start = threading.Semaphore(1), threading.Barrier(THREADS)
    writers: set[int] = set()

    def add_one(tx: SqlTransaction) -> None:
        assert inside.acquire(blocking=False), "two transactions at once"
        found = tx.cursor("a", "INBOX")
        assert found is not None
        tx.connection.execute(update(t.cursor).values(last_uid=found.last_uid + 1))
        writers.add(threading.get_ident())
        inside.release()

    def many(_: int) -> None:
        start.wait(10)
        for _ in range(EACH):
            store.transact(add_one)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(many, range(THREADS)))
    found = store.transact(lambda tx: tx.cursor("a", "INBOX"))
    assert found is not None
    assert (found.last_uid, len(writers)) == (THREADS * EACH, 1)


def test_looking_does_not_wait_for_a_writer_and_sees_what_was_committed(store: SqlStore) -> None:
    def counted() -> int:
        return store.read(lambda c: int(c.execute(select(func.count()).select_from(t.case)).scalar_one()))

    def work(tx: SqlTransaction) -> int:
        open_case(tx)
        return counted()

    assert store.transact(work) == 0
    assert counted() == 1


def test_a_writer_does_not_wait_for_somebody_who_is_looking(store: SqlStore) -> None:
    def look(connection: object) -> int:
        store.read(lambda c: c.execute(select(t.case.c.id)).all())
        return store.transact(open_case)

    assert store.read(look) == 1


def test_what_only_looks_changes_nothing(store: SqlStore) -> None:
    place = {"account": "a", "folder": "f", "uidvalidity": 1, "last_uid": 1, "moved_at": MONDAY, "since": date.min,
             "history_until": 0}  # fmt: skip
    store.read(lambda c: c.execute(insert(t.cursor).values(**place)))
    assert store.transact(lambda tx: tx.cursor("a", "f")) is None


def test_work_that_raises_is_undone_and_the_next_is_done(store: SqlStore) -> None:
    def half(tx: SqlTransaction) -> None:
        open_case(tx)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.transact(half)
    assert store.transact(open_case) is not None
    assert len(store.read(lambda c: c.execute(select(t.case.c.id)).all())) == 1


def test_now_is_taken_once_when_the_transaction_begins(store: SqlStore, clock: SimulatedClock) -> None:
    def work(tx: SqlTransaction) -> tuple[datetime, datetime]:
        before = tx.now
        clock.advance(HOUR)
        return before, tx.now

    assert store.transact(work) == (MONDAY, MONDAY)
    assert store.transact(lambda tx: tx.now) == MONDAY + HOUR

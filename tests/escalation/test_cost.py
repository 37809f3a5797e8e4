"""C1 to C3, counted: statements and transactions, which a busy machine does not change. Times are benchmarks' work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.domain.case import Case
from bot.service.tick import BATCH, tick
from bot.service.ticking import TickLease
from bot.store.store import SqlTransaction
from tests.escalation.many import open_cases
from tests.escalation.processes import Life
from tests.fakes.build import MINUTE, POLICY


@contextmanager
def statements(life: Life) -> Iterator[list[tuple[str, Any]]]:
    """What the database was asked, with what values; many rows of one kind are one statement."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(life.store.engine, "before_cursor_execute", note)
    yield asked
    event.remove(life.store.engine, "before_cursor_execute", note)


def asked_by_a_tick(life: Life, lease: TickLease) -> int:
    with statements(life) as asked:
        tick(life.store, POLICY, lease)
    return len(asked)


def test_c1_an_idle_tick_asks_the_same_few_things_however_many_cases_are_open(life: Life) -> None:
    lease = TickLease("one", lambda _: False)
    asked_by_a_tick(life, lease)
    few = asked_by_a_tick(life, lease)
    open_cases(life, 500)
    assert asked_by_a_tick(life, lease) == few <= 6


@pytest.mark.parametrize(("table", "index"), [
    ("case_", "ix_case_next_due_at"), ("thread", "ix_thread_answer_due_at"),
])  # fmt: skip
def test_c1_what_is_due_is_found_by_its_index_and_a_storm_is_not_sorted_for_each_transaction(
    life: Life, table: str, index: str
) -> None:
    """Thousands may be due at the same moment: at nine on a Monday."""
    with statements(life) as asked:
        tick(life.store, POLICY)
    (due,) = [one for one in asked if f"FROM {table}" in one[0]]
    settings = [statement for statement, _values in asked if statement.startswith("SET LOCAL")]
    plan = life.store.read(lambda c: explained(c, settings, *due))
    assert index in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def explained(connection: Connection, settings: Sequence[str], statement: str, values: Any) -> str:
    """How the database looks for it; PostgreSQL would read so small a table as a whole."""
    if connection.dialect.name == "sqlite":
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
    for setting in (*settings, "SET LOCAL enable_seqscan = off"):
        connection.exec_driver_sql(setting)
    return str(connection.exec_driver_sql(f"EXPLAIN {statement}", values).all())


def asked_when_due(url: str, count: int) -> int:
    life, lease = Life(url), TickLease("one", lambda _: False)
    open_cases(life, count)
    asked_by_a_tick(life, lease)
    life.clock.advance(15 * MINUTE)
    asked = asked_by_a_tick(life, lease)
    assert len(life.outbox()) == count
    life.store.close()
    return asked


def test_c2_many_due_cases_take_as_many_statements_as_one(fresh: Callable[[], str]) -> None:
    assert asked_when_due(fresh(), BATCH - 1) == asked_when_due(fresh(), 1) <= 20


def test_c3_in_a_storm_no_transaction_takes_more_than_fifty_and_a_complaint_waits_for_one_at_most(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_cases(life, 2 * BATCH + 30)
    life.clock.advance(15 * MINUTE)
    done: list[int | str] = []
    found = SqlTransaction.due_cases

    def noted(tx: SqlTransaction, limit: int) -> Sequence[Case]:
        cases = found(tx, limit)
        if not done:
            complaint.start()
            while not life.store._writer._work_queue.qsize():
                """It is about to ask for its turn."""
        done.append(len(cases))
        return cases

    def complain() -> None:
        life.store.transact(lambda tx: done.append("a complaint"))

    complaint = threading.Thread(target=complain)
    monkeypatch.setattr(SqlTransaction, "due_cases", noted)
    tick(life.store, POLICY)
    complaint.join()
    assert done == [BATCH, "a complaint", BATCH, 30]

"""Open cases by the hundred thousand: a thousand are written by amends itself, the rest are copies of those rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from bot.domain.alert import Reason, Say
from bot.domain.escalation import Notify
from bot.domain.message import Person
from bot.service.ports import Ref
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import LADDER
from tests.store.rows import open_case

FIRST = 1_000
# what points to a case moves along with its number, and so do its thread and its message; what must be unique is new
_COPIED: tuple[tuple[Table, tuple[str, ...], str, str], ...] = (
    (t.thread, ("id",), "", ""),
    (t.message, ("id", "thread_id"), "identity", " copied"),
    (t.case, ("id", "thread_id", "message_id"), "", ""),
    (t.event, ("id", "case_id"), "", ""),
    (t.outbox, ("id", "case_id"), "key", ":mistake:0:0:channel"),
    (t.card, ("case_id",), "ref", ".0001"),
)
_REDUE = (
    update(t.case)
    .where(t.case.c.id == bindparam("number"))
    .values(
        next_due_at=bindparam("due"), step_due_at=bindparam("due"), answer_due_at=None, clock_start=bindparam("start"),
        rung=bindparam("rung"), loop=bindparam("loop"), state="suspected", exhausted=False, snoozed=False,
    )
)  # fmt: skip


def open_cases(store: SqlStore, number: int) -> None:
    """So many in all: each has its words, its log, the alert that was sent about it, and its card."""
    with store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA cache_size = -256000"))  # or copying waits for its own pages
        present = connection.execute(select(func.count()).select_from(t.case)).scalar_one()
    if not present:
        present = min(FIRST, number)
        store.transact(_open_first(present))
    while present < number:
        more = min(present, number - present)
        with store.engine.begin() as connection:
            _copy(connection, present, more)
        present += more
    _settle(store)


def _open_first(number: int) -> Callable[[SqlTransaction], None]:
    def work(tx: SqlTransaction) -> None:
        for one in range(number):
            _open(tx, one, number)

    return work


def _open(tx: SqlTransaction, number: int, of: int) -> None:
    """Deadlines lie within a month, none of them today."""
    due = tx.now + timedelta(days=1 + 30 * number / of)
    customer = Person(f"c{number}@customer.example", f"Customer {number}")
    case = open_case(tx, customer, opened_at=tx.now, clock_start=tx.now, next_due_at=due, step_due_at=due)
    tx.queue(case, Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0))
    sent = {"state": "sent", "sent_at": tx.now, "ref": "1700000000.0001"}
    tx.connection.execute(update(t.outbox).where(t.outbox.c.case_id == case).values(**sent))
    tx.has_card(case, Ref(f"1700000000.{number}"), 0)


def _copy(connection: Connection, there: int, more: int) -> None:
    for table, numbers, name, ending in _COPIED:
        changed: dict[str, ColumnElement[Any]] = {one: table.c[one] + literal(there) for one in numbers}
        if name:
            changed[name] = cast(changed[numbers[-1]], String) + literal(ending)
        rows = select(*(changed.get(column.name, column) for column in table.c)).where(table.c[numbers[0]] <= more)
        connection.execute(insert(table).from_select([column.name for column in table.c], rows))


def _settle(store: SqlStore) -> None:
    """What copying leaves undone: numbers go on behind the last, the planner knows what there is, caches are small."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            for table in ("thread", "message", "case_", "event", "outbox"):
                last = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                connection.execute(text(last))
            connection.execute(text("VACUUM ANALYZE"))
        else:
            connection.execute(text("ANALYZE"))
    store.engine.dispose()


def make_due(store: SqlStore, numbers: Sequence[int], moments: Sequence[datetime], loop: int) -> None:
    """A rung of each of these cases falls due at its moment: of every two the first and the second of the ladder."""
    rows = [
        {"number": number, "due": due, "start": due - LADDER.rungs[rung].after.length, "rung": rung, "loop": loop}
        for number, due, rung in zip(numbers, moments, cycle((0, 1)), strict=False)
    ]
    store.transact(lambda tx: tx.connection.execute(_REDUE, rows))

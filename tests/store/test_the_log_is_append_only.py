"""The database itself refuses to change or delete a line of the log."""

from __future__ import annotations

import pytest
from sqlalchemy import Delete, Update, delete, select, update

from bot.errors import StoreUnfit
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.store.rows import open_case

CHANGES: list[Update | Delete] = [
    update(t.event).values(who="nobody"),
    update(t.event).values(note="").where(t.event.c.id == 1),
    delete(t.event),
    delete(t.event).where(t.event.c.id == 1),
]


def test_a_line_of_the_log_can_be_neither_changed_nor_deleted(store: SqlStore) -> None:
    store.transact(open_case)
    before = store.read(lambda c: c.execute(select(t.event)).all())
    assert len(before) == 1
    for change in CHANGES:
        with pytest.raises(StoreUnfit, match="the event log is append-only"):
            store.transact(lambda tx, it=change: tx.connection.execute(it))  # type: ignore[misc]
    assert store.read(lambda c: c.execute(select(t.event)).all()) == before

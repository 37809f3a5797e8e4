"""What the database refuses whoever writes: an open case without a deadline, two cases of a thread, two equal keys."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.domain.alert import Reason, Say
from bot.domain.case import State
from bot.domain.escalation import Notify
from bot.errors import StoreUnfit
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.fakes.build import message
from tests.fakes.clock import MONDAY
from tests.store.rows import open_case


def write(store: SqlStore, **values: Any) -> None:
    store.transact(lambda tx: tx.connection.execute(update(t.case).values(**values)))


def test_a_case_has_a_deadline_exactly_as_long_as_it_is_not_resolved(store: SqlStore) -> None:
    store.transact(open_case)
    for state in State:
        right, wrong = (None, MONDAY) if state.resolved else (MONDAY, None)
        write(store, state=state.value, next_due_at=right)
        with pytest.raises(StoreUnfit, match="nothing_forgotten"):
            write(store, next_due_at=wrong)


def test_a_case_cannot_be_opened_without_a_deadline_and_nothing_of_it_stays(store: SqlStore) -> None:
    with pytest.raises(StoreUnfit, match="nothing_forgotten"):
        store.transact(lambda tx: open_case(tx, next_due_at=None))
    assert store.read(lambda c: c.execute(select(t.message.c.id)).all()) == []


def test_a_thread_has_one_case(store: SqlStore) -> None:
    store.transact(open_case)
    values = dict(store.read(lambda c: c.execute(select(t.case)).one())._mapping) | {"id": 2}
    with pytest.raises(StoreUnfit, match=r"(?i)unique"):
        store.transact(lambda tx: tx.connection.execute(insert(t.case).values(**values)))


def test_what_is_queued_twice_is_one_row_and_a_second_row_under_its_key_is_refused(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    say = Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0)
    for _ in range(3):
        store.transact(lambda tx: tx.queue(case_id, say))
    (row,) = store.read(lambda c: c.execute(select(t.outbox)).all())
    with pytest.raises(StoreUnfit, match=r"(?i)unique"):
        store.transact(lambda tx: tx.connection.execute(insert(t.outbox).values(**(dict(row._mapping) | {"id": 99}))))


def test_an_outbox_row_is_in_one_of_the_states_that_delivery_knows(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    store.transact(lambda tx: tx.queue(case_id, Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0)))
    with pytest.raises(StoreUnfit, match="ck_outbox_state"):
        store.transact(lambda tx: tx.connection.execute(update(t.outbox).values(state="limbo")))


def test_a_row_that_belongs_to_nothing_is_refused(store: SqlStore) -> None:
    place = {"account": "a", "folder": "f", "uidvalidity": 1, "uid": 1, "message_id": 99}
    with pytest.raises(StoreUnfit, match=r"(?i)foreign key"):
        store.transact(lambda tx: tx.connection.execute(insert(t.place).values(**place)))


def test_one_message_is_one_row_whoever_writes(store: SqlStore) -> None:
    store.transact(open_case)
    (row,) = store.read(lambda c: c.execute(select(t.message)).all())
    assert row.identity == message().identity
    with pytest.raises(StoreUnfit, match=r"(?i)unique"):
        store.transact(lambda tx: tx.connection.execute(insert(t.message).values(**(dict(row._mapping) | {"id": 99}))))

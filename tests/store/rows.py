"""Rows that tests of the store start from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update

from bot.domain.alert import CaseId
from bot.domain.case import Entry, State
from bot.domain.message import Arrival, Person
from bot.store import tables as t
from bot.store.store import SqlTransaction
from tests.fakes.build import CUSTOMER, MISTAKE, case, message


def open_case(tx: SqlTransaction, customer: Person | None = None, **other: Any) -> CaseId:
    """A customer's message and the case that it opened; `other` names fields of Case."""
    arrived = message(sender=customer or CUSTOMER)
    thread = tx.remember(Arrival(arrived), MISTAKE)
    assert thread is not None, "this customer's message was stored before"
    opened = case(thread=thread, customer=arrived.sender, **other)
    return tx.open_case(opened, Entry(tx.now, "amends", "mail", "opened", None, State.SUSPECTED, "mistake"))


def make_due(tx: SqlTransaction, number: CaseId, at: datetime) -> None:
    """That it is looked at then is all that changes of a case."""
    tx.connection.execute(update(t.case).where(t.case.c.id == number).values(next_due_at=at))

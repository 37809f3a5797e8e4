"""L4: of two processes at one database, one stores an answer in the very moment in which the other finds it missing.

PostgreSQL alone: on SQLite one waits for the other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select, text

from bot.domain.case import State
from bot.domain.message import Arrival, Direction, Medium, Message, Person, Place, ThreadId
from bot.domain.silence import Waiting
from bot.domain.triage import Facts
from bot.service.intake import Intake
from bot.service.settle import Settling
from bot.service.tick import Ticked, tick
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.escalation import invariants
from tests.fakes.build import COLLEAGUE, HOUR, POLICY, message
from tests.fakes.clock import SimulatedClock
from tests.fakes.dovecot import wait_until
from tests.fakes.world import World

pytestmark = pytest.mark.parametrize("fresh", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
SOON = 60.0
QUESTION = message("How long does delivery to Spain take?", rfc_id="<1@customer.example>")


@pytest.fixture
def other(world: World, url: str) -> Iterator[SqlStore]:
    """Another process at the same database, which ticks; a question has waited for too long."""
    opened = SqlStore(url, world.clock)
    world.intake.take([Arrival(QUESTION)])
    world.clock.advance(30 * HOUR)
    yield opened
    opened.close()


def answer(clock: SimulatedClock) -> Message:
    return message(
        "Three days.", sender=COLLEAGUE, direction=Direction.FROM_US, references=("<1@customer.example>",),
        rfc_id="<2@acme.example>", received_at=clock.now(),
    )  # fmt: skip


def cases(world: World) -> list[str]:
    found = world.store.read(lambda connection: connection.execute(select(t.case.c.state)).scalars().all())
    return list(found)


def is_waited_for(store: SqlStore) -> bool:
    """Whether some process waits for a row that another one holds."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(store.read(lambda connection: connection.execute(waiting).scalar_one()))


def test_l4_a_question_whose_answer_is_being_stored_is_passed_over(
    world: World, other: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, ticked = SqlTransaction.facts, list[Ticked]()

    def facts(tx: SqlTransaction, *args: Any, **options: Any) -> Facts:
        found = real(tx, *args, **options)
        ticked.append(tick(other, POLICY))
        return found

    monkeypatch.setattr(SqlTransaction, "facts", facts)
    world.intake.take([Arrival(answer(world.clock))])
    assert ticked == [Ticked()]
    assert tick(other, POLICY) == Ticked()
    assert cases(world) == []
    world.hears()


def test_l4_one_that_is_being_settled_is_passed_over_too(
    world: World, other: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Arrival(answer(world.clock), Place("support", "Sent", 1, 1))
    world.store.transact(lambda tx: tx.keep([kept], "support"))
    real, ticked = SqlTransaction.busy, list[Ticked]()

    def busy(tx: SqlTransaction, threads: Sequence[ThreadId]) -> set[ThreadId]:
        found = real(tx, threads)
        ticked.append(tick(other, POLICY))
        return found

    monkeypatch.setattr(SqlTransaction, "busy", busy)
    assert Settling(world.store, world.judge, POLICY).settle("support") == 1
    assert ticked == [Ticked()]
    assert tick(other, POLICY) == Ticked()
    assert cases(world) == []
    world.hears()


def test_l4_an_answer_that_comes_while_its_case_is_opened_answers_that_case(
    world: World, other: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = threading.Thread(target=lambda: Intake(other, world.judge, POLICY).take([Arrival(answer(world.clock))]))
    real = SqlTransaction.due_waits

    def due_waits(tx: SqlTransaction, limit: int) -> list[tuple[Waiting, Person, Medium]]:
        found = real(tx, limit)
        if found:
            coming.start()
            assert wait_until(lambda: is_waited_for(world.store), SOON)
        return found

    monkeypatch.setattr(SqlTransaction, "due_waits", due_waits)
    assert tick(world.store, POLICY) == Ticked(due=1, queued=1)
    coming.join(SOON)
    assert cases(world) == [State.CONTACTED.value]
    assert world.store.read(lambda c: c.execute(select(func.count(t.thread.c.waiting_since))).scalar()) == 0
    invariants.hold(world.store)

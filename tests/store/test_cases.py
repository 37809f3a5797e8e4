"""Cases as rows: what goes in comes out, and who decided from an old view writes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.alert import CaseId, Reason
from bot.domain.case import Case, Entry, State
from bot.domain.escalation import Ladder, Notify, Rung
from bot.domain.hours import Delay
from bot.domain.message import Person
from bot.domain.verdict import Label
from bot.errors import LostRace
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import HOUR, LADDER, MINUTE, case
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.world import everything
from tests.store.rows import open_case

ENTRY = Entry(MONDAY, "ana", "cli", "acknowledged", State.SUSPECTED, State.ACKNOWLEDGED, "on it")


def stored(store: SqlStore, case_id: CaseId) -> Case:
    found = store.transact(lambda tx: tx.case(case_id))
    assert found is not None
    return found


def test_a_case_comes_back_as_it_was_opened(store: SqlStore) -> None:
    odd = Ladder("odd", (Rung(Delay(timedelta(seconds=1.5), working=True), Notify.LEAD),), frozenset({"mistake", "a"}))
    case_id = store.transact(lambda tx: open_case(tx, ladder=odd, confidence=1 / 3, severity=3))
    found = stored(store, case_id)
    assert found == case(id=case_id, thread=found.thread, ladder=odd, confidence=1 / 3, severity=3)


def test_every_field_that_can_change_is_written_and_the_generation_grows(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    before = stored(store, case_id)
    changed = replace(
        before, state=State.ACKNOWLEDGED, reason=Reason.IGNORED, labels=frozenset(Label), severity=3, confidence=0.5,
        waiting_since=MONDAY - HOUR, clock_start=MONDAY + MINUTE, next_due_at=MONDAY + HOUR, rung=2, loop=3,
        exhausted=True, snoozed=True, claimed_by="ana", answered_at=MONDAY + 2 * MINUTE,
    )  # fmt: skip
    store.transact(lambda tx: tx.change_case(changed, ENTRY))
    assert stored(store, case_id) == replace(changed, generation=1)


def test_the_policy_a_case_opened_with_does_not_change(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    other = replace(stored(store, case_id), ladder=Ladder("other", ()))
    store.transact(lambda tx: tx.change_case(other, ENTRY))
    assert stored(store, case_id).ladder == LADDER


def test_another_generation_than_the_stored_one_writes_neither_case_nor_log(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    before = everything(store)
    for generation in (-1, 1, 7):
        other = replace(stored(store, case_id), severity=3, generation=generation)
        with pytest.raises(LostRace, match=f"Case {case_id} was changed by somebody else"):
            store.transact(lambda tx, it=other: tx.change_case(it, ENTRY))  # type: ignore[misc]
    assert everything(store) == before


def test_of_two_who_saw_the_same_case_one_wins(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    seen = stored(store, case_id)
    store.transact(lambda tx: tx.change_case(replace(seen, claimed_by="ana"), ENTRY))
    with pytest.raises(LostRace):
        store.transact(lambda tx: tx.change_case(replace(seen, claimed_by="jo"), ENTRY))
    assert stored(store, case_id).claimed_by == "ana"


def test_a_case_that_does_not_exist_is_none(store: SqlStore) -> None:
    assert store.transact(lambda tx: tx.case(CaseId(9))) is None


def test_due_cases_are_those_whose_moment_has_come_oldest_first_and_no_more_than_asked(store: SqlStore) -> None:
    for minutes in (1, 0, -5, -1):
        due = MONDAY + minutes * MINUTE
        store.transact(lambda tx, d=due: open_case(tx, Person(f"{d:%M}@x.example"), next_due_at=d))  # type: ignore[misc]
    assert [found.id for found in store.transact(lambda tx: tx.due_cases(9))] == [3, 4, 2]
    assert [found.id for found in store.transact(lambda tx: tx.due_cases(1))] == [3]


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_of_two_processes_that_change_a_case_at_once_the_second_loses_the_race(
    store: SqlStore, url: str, clock: SimulatedClock
) -> None:
    """Theirs is committed between our look and our write."""
    case_id = store.transact(open_case)
    theirs = SqlStore(url, clock)

    def work(tx: SqlTransaction) -> None:
        seen = tx.case(case_id)
        assert seen is not None
        theirs.transact(lambda other: other.change_case(replace(seen, claimed_by="them"), ENTRY))
        tx.change_case(replace(seen, claimed_by="us"), ENTRY)

    with pytest.raises(LostRace):
        store.transact(work)
    theirs.close()
    assert stored(store, case_id).claimed_by == "them"

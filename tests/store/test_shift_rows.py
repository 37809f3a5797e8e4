"""What calendars hold is replaced as a whole, schedule by schedule, and outlives every failure to read them."""

from __future__ import annotations

import pytest

from bot.domain.shifts import Shift
from bot.service.oncall_ports import CalendarState
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import HOUR
from tests.fakes.clock import MONDAY, SimulatedClock


def shift(who: str, begins: int, length: int = 8) -> Shift:
    return Shift(who, MONDAY + begins * HOUR, MONDAY + (begins + length) * HOUR)


def known(store: SqlStore) -> dict[str, list[Shift]]:
    return store.transact(lambda tx: tx.shifts())


def states(store: SqlStore) -> list[CalendarState]:
    return store.transact(lambda tx: tx.calendars())


def test_of_a_calendar_that_was_never_tried_nothing_is_known(store: SqlStore) -> None:
    assert (known(store), states(store)) == ({}, [])


def test_shifts_come_back_in_the_order_in_which_they_begin(store: SqlStore) -> None:
    late, early = shift("U0BEN", 8), shift("U0ANN", 0)
    store.transact(lambda tx: tx.replace_shifts("support", [late, early], ""))
    assert known(store) == {"support": [early, late]}
    assert states(store) == [CalendarState("support", MONDAY, MONDAY, "", None)]


def test_a_new_reading_replaces_the_old_one_and_no_other_schedule(store: SqlStore) -> None:
    store.transact(lambda tx: tx.replace_shifts("support", [shift("U0ANN", 0), shift("U0BEN", 8)], ""))
    store.transact(lambda tx: tx.replace_shifts("nights", [shift("U0ZOE", 0)], "Mo is not known."))
    store.transact(lambda tx: tx.replace_shifts("support", [shift("U0MO", 1)], ""))
    assert known(store) == {"nights": [shift("U0ZOE", 0)], "support": [shift("U0MO", 1)]}
    store.transact(lambda tx: tx.replace_shifts("nights", [], ""))
    assert known(store) == {"support": [shift("U0MO", 1)]}
    assert [one.error for one in states(store)] == ["", ""]


def test_a_failure_keeps_what_was_read_and_says_why(store: SqlStore, clock: SimulatedClock) -> None:
    store.transact(lambda tx: tx.replace_shifts("support", [shift("U0ANN", 0)], ""))
    clock.advance(HOUR)
    store.transact(lambda tx: tx.calendar_failed("support", "It did not answer in time."))
    assert known(store) == {"support": [shift("U0ANN", 0)]}
    assert states(store) == [CalendarState("support", MONDAY, MONDAY + HOUR, "It did not answer in time.", None)]


def test_a_calendar_that_fails_the_first_time_was_tried_and_not_read(store: SqlStore) -> None:
    store.transact(lambda tx: tx.calendar_failed("support", "no"))
    assert states(store) == [CalendarState("support", None, MONDAY, "no", None)]


def test_since_when_the_channel_knows_is_kept_until_it_is_taken_back(store: SqlStore) -> None:
    store.transact(lambda tx: tx.calendar_failed("support", "no"))
    store.transact(lambda tx: tx.told_of_calendar("support", tx.now))
    assert states(store)[0].told_at == MONDAY
    store.transact(lambda tx: tx.told_of_calendar("support", None))
    assert states(store)[0].told_at is None


def test_a_replacement_that_fails_halfway_leaves_the_old_shifts(store: SqlStore) -> None:
    store.transact(lambda tx: tx.replace_shifts("support", [shift("U0ANN", 0)], ""))

    def work(tx: SqlTransaction) -> None:
        tx.replace_shifts("support", [shift("U0BEN", 0)], "")
        raise KeyError

    with pytest.raises(KeyError):
        store.transact(work)
    assert known(store) == {"support": [shift("U0ANN", 0)]}


def test_two_thousand_shifts_are_kept(store: SqlStore) -> None:
    many = [shift("U0ANN", index, 1) for index in range(2000)]
    store.transact(lambda tx: tx.replace_shifts("support", many, ""))
    assert known(store)["support"] == many

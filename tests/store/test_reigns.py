"""Which model judges, which one did before, and what a roll-back brings back; nothing of it is ever deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from bot.store import tables as t
from bot.store.models import Trusted, before_champion, champion, crown, depose, every, trust
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import DAY
from tests.fakes.clock import MONDAY

NAMES = ("m1", "m2", "m3")
Reigning = tuple[str | None, str | None]


def train(store: SqlStore, *names: str) -> None:
    """These are trusted, a day apart, and none reigns."""

    def work(tx: SqlTransaction) -> None:
        for day, name in enumerate(names):
            trust(tx.connection, name, name * 32, {"of": name}, MONDAY + day * DAY, champion=False)

    store.transact(work)


def crowned(store: SqlStore, *names: str | None) -> None:
    for name in names:
        store.transact(lambda tx, it=name: crown(tx.connection, it, tx.now))  # type: ignore[misc]


def name_of(found: Trusted | None) -> str | None:
    return found.id if found else None


def reigning(connection: Connection) -> Reigning:
    """Who judges now and who would after a roll-back; None is the shipped model."""
    return name_of(champion(connection)), name_of(before_champion(connection))


def reigns(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(t.reign)).scalar_one())


def test_before_anybody_is_crowned_the_shipped_model_judges_and_is_all_there_is(store: SqlStore) -> None:
    train(store, *NAMES)
    assert store.read(reigning) == (None, None)


def test_a_crowned_model_judges_and_a_roll_back_would_bring_the_one_before(store: SqlStore) -> None:
    train(store, *NAMES)
    crowned(store, "m1")
    assert store.read(reigning) == ("m1", None)
    crowned(store, "m2")
    assert store.read(reigning) == ("m2", "m1")


def test_a_champion_is_told_with_its_hash_and_its_card(store: SqlStore) -> None:
    train(store, "m1")
    crowned(store, "m1")
    assert store.read(champion) == Trusted("m1", "m1" * 32, MONDAY, {"of": "m1"})


def test_one_roll_back_after_the_other_leads_back_to_the_shipped_model(store: SqlStore) -> None:
    train(store, *NAMES)
    crowned(store, "m1", "m2", "m3")
    told: list[Reigning] = []
    for _ in range(4):
        store.transact(lambda tx: depose(tx.connection))
        told.append(store.read(reigning))
    assert told == [("m2", "m1"), ("m1", None), (None, None), (None, None)]
    assert store.read(reigns) == 3


def test_after_a_roll_back_the_next_one_crowned_follows_on_the_one_that_came_back(store: SqlStore) -> None:
    train(store, *NAMES)
    crowned(store, "m1", "m2")
    store.transact(lambda tx: depose(tx.connection))
    crowned(store, "m3")
    assert store.read(reigning) == ("m3", "m1")


def test_the_shipped_model_can_be_crowned_too_and_rolled_back(store: SqlStore) -> None:
    train(store, "m1")
    crowned(store, "m1", None)
    assert store.read(reigning) == (None, "m1")
    store.transact(lambda tx: depose(tx.connection))
    assert store.read(reigning) == ("m1", None)


def test_where_nobody_reigns_nobody_is_deposed(store: SqlStore) -> None:
    store.transact(lambda tx: depose(tx.connection))
    assert (store.read(reigning), store.read(reigns)) == ((None, None), 0)


def test_every_model_is_listed_the_newest_first_whoever_reigns(store: SqlStore) -> None:
    assert store.read(every) == []
    train(store, *NAMES)
    crowned(store, "m2")
    assert [one.id for one in store.read(every)] == ["m3", "m2", "m1"]


class UndoneError(Exception):
    """Takes back what a transaction wrote, so that one database serves many small cases."""


def within(store: SqlStore, work: Callable[[Connection], None]) -> None:
    def undone(tx: SqlTransaction) -> None:
        work(tx.connection)
        raise UndoneError

    with pytest.raises(UndoneError):
        store.transact(undone)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # what an example writes is taken back
@given(st.lists(st.sampled_from([*NAMES, None, "roll back"]), max_size=9))
def test_whoever_is_crowned_and_rolled_back_it_is_a_pile_of_which_the_topmost_judges(
    store: SqlStore, steps: list[str | None]
) -> None:
    def work(connection: Connection) -> None:
        pile: list[str | None] = []
        for name in NAMES:
            trust(connection, name, name * 32, {}, MONDAY, champion=False)
        for step in steps:
            if step == "roll back":
                depose(connection)
                pile = pile[:-1]
            else:
                crown(connection, step, MONDAY)
                pile.append(step)
            under = [None, None, *pile]
            assert reigning(connection) == (under[-1], under[-2])

    within(store, work)

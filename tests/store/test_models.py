"""Which model is trusted, which one is champion, and what people said a text really is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.alert import CaseId
from bot.domain.message import Person
from bot.domain.verdict import Label
from bot.errors import StoreUnfit
from bot.store.models import Trusted, champion, corrections, trust
from bot.store.store import SqlStore
from tests.fakes.build import DAY
from tests.fakes.clock import MONDAY
from tests.store.rows import open_case


def trusted(name: str, after: timedelta = timedelta()) -> Trusted:
    return Trusted(name, name * 32, MONDAY + after, {"f1": 0.9, "sklearn": f"of {name}", "features": "f"})


def remember(store: SqlStore, name: str, *, as_champion: bool, after: timedelta = timedelta()) -> None:
    card = {"f1": 0.9, "sklearn": f"of {name}", "features": "f"}
    store.transact(lambda tx: trust(tx.connection, name, name * 32, card, MONDAY + after, champion=as_champion))


def test_an_installation_that_never_trained_has_no_champion(store: SqlStore) -> None:
    assert store.read(champion) is None


def test_a_champion_replaces_the_one_before_and_a_challenger_does_not(store: SqlStore) -> None:
    remember(store, "m1", as_champion=True)
    remember(store, "m2", as_champion=False, after=DAY)
    assert store.read(champion) == trusted("m1")
    remember(store, "m3", as_champion=True, after=-DAY)
    assert store.read(champion) == trusted("m3", -DAY)


def test_a_champion_that_cannot_be_written_leaves_the_one_before(store: SqlStore) -> None:
    remember(store, "m1", as_champion=True)
    with pytest.raises(StoreUnfit, match=r"(?i)unique"):
        remember(store, "m1", as_champion=True)
    assert store.read(champion) == trusted("m1")


def test_of_several_words_about_one_message_the_latest_holds(store: SqlStore) -> None:
    case_ids = [store.transact(lambda tx, n=n: open_case(tx, Person(f"{n}@x.example"))) for n in "ab"]  # type: ignore[misc]

    def say(case_id: CaseId, *labels: Label) -> None:
        store.transact(lambda tx: tx.correct(case_id, frozenset(labels), "ana", "I asked them"))

    say(case_ids[0], Label.MISTAKE, Label.IGNORED)
    say(case_ids[1], Label.IGNORED)
    say(case_ids[0])
    told = store.read(corrections)
    assert [(one.labels, one.severity) for one in told] == [(frozenset(), 0), ({Label.IGNORED}, 1)]
    assert {(one.text, one.subject, one.medium) for one in told} == {("Where is my order?", "Order 17", "mail")}


def test_without_corrections_there_is_nothing_to_learn_from(store: SqlStore) -> None:
    store.transact(open_case)
    assert store.read(corrections) == []

"""What each part of amends writes down of itself."""

from __future__ import annotations

from sqlalchemy import event

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.health import Pulse
from bot.store.store import SqlStore
from tests.fakes.build import MINUTE
from tests.fakes.clock import MONDAY, SimulatedClock


def test_a_part_that_never_did_its_work_has_no_pulse(store: SqlStore) -> None:
    assert store.transact(lambda tx: tx.pulses()) == {}


def test_a_pulse_says_when_it_was_good_last_and_keeps_when_it_began(store: SqlStore, clock: SimulatedClock) -> None:
    store.transact(lambda tx: tx.pulse("tick"))
    clock.advance(MINUTE)
    store.transact(lambda tx: tx.pulse("tick"))
    assert store.transact(lambda tx: tx.pulses()) == {"tick": Pulse(MONDAY, MONDAY + MINUTE)}


def test_what_is_wrong_stands_until_it_is_good_again(store: SqlStore, clock: SimulatedClock) -> None:
    store.transact(lambda tx: tx.pulse("heartbeat"))
    clock.advance(MINUTE)
    store.transact(lambda tx: tx.bad_pulse("heartbeat", "It does not answer."))
    assert store.transact(lambda tx: tx.pulses())["heartbeat"] == Pulse(MONDAY, MONDAY, "It does not answer.")
    store.transact(lambda tx: tx.pulse("heartbeat"))
    assert store.transact(lambda tx: tx.pulses())["heartbeat"] == Pulse(MONDAY, MONDAY + MINUTE)


def test_one_that_begins_anew_is_not_good_before_it_ends(store: SqlStore, clock: SimulatedClock) -> None:
    store.transact(lambda tx: tx.begin_pulse("canary"))
    assert store.transact(lambda tx: tx.pulses()) == {"canary": Pulse(MONDAY)}
    store.transact(lambda tx: tx.pulse("canary"))
    clock.advance(MINUTE)
    store.transact(lambda tx: tx.begin_pulse("canary"))
    assert store.transact(lambda tx: tx.pulses()) == {"canary": Pulse(MONDAY + MINUTE, MONDAY)}


def test_a_pulse_costs_one_statement(store: SqlStore) -> None:
    store.transact(lambda tx: tx.pulse("tick"))
    seen: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _u, statement, *_: seen.append(statement.split()[0]))
    store.transact(lambda tx: tx.pulse("tick"))
    assert [word for word in seen if word != "BEGIN"] == ["UPDATE"]


def test_whether_something_stands_in_the_channel_is_known_by_its_key(store: SqlStore) -> None:
    told = Notice(AlertKey("canary:1"), Topic.HEALTH, "All is well", (), "")
    assert store.transact(lambda tx: tx.said_under("canary:1")) is None
    store.transact(lambda tx: tx.announce(told))
    assert store.transact(lambda tx: tx.said_under("canary:1")) is False

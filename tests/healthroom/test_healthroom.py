"""What a process that runs tells of itself: to whoever asks, and to whoever waits for its calls."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.errors import DiskFull, SettingsError
from bot.healthroom import HealthRoom
from bot.opening import SystemClock
from bot.service.ports import Transaction
from bot.service.tick import tick
from bot.settings import HealthSettings, Settings, load
from bot.settings.model import Secret
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import POLICY
from tests.fakes.dovecot import wait_until
from tests.fakes.ear import SECRET, waiting

SOON = 60.0
ANYWHERE = HealthSettings(listen=("127.0.0.1", 0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = SqlStore(f"sqlite:///{tmp_path / 'amends.db'}", SystemClock())
    yield made
    made.close()


def settings(folder: Path, health: HealthSettings) -> Settings:
    (folder / "config.toml").write_text("")
    return replace(load(folder / "config.toml"), health=health)


@contextmanager
def running(folder: Path, store: SqlStore, health: HealthSettings) -> Iterator[HealthRoom]:
    """With its threads, until the end of the block."""
    room, stop = HealthRoom(settings(folder, health), store, SystemClock()), threading.Event()
    threads = room.threads(stop)
    for thread in threads:
        thread.start()
    room.start(threads, stop)
    try:
        yield room
    finally:
        stop.set()
        room.stop()
        for thread in threads:
            thread.join(SOON)


def asked(room: HealthRoom, path: str) -> tuple[int, str]:
    assert room._server is not None
    place = urlsplit(room._server.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=SOON)
    connection.request("GET", path)
    answer = connection.getresponse()
    said = answer.status, answer.read().decode()
    connection.close()
    return said


def far_ahead(tx: SqlTransaction) -> None:
    """A tick in the future, so that a test may take its time."""
    tx.now += timedelta(hours=1)
    tx.pulse("tick")


def test_while_it_ticks_whoever_waits_is_called_and_whoever_asks_hears_that_all_is_well(
    tmp_path: Path, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with waiting(200) as (url, heard):
        monkeypatch.setenv("AMENDS_TEST_BEAT", url)
        beat = replace(ANYWHERE, heartbeat=Secret("AMENDS_TEST_BEAT"), heartbeat_every=timedelta(milliseconds=20))
        with running(tmp_path, store, beat) as room:
            assert asked(room, "/healthz")[0] == 503
            assert heard == [], "it has not ticked yet"
            store.transact(far_ahead)
            assert wait_until(lambda: len(heard) >= 2, SOON)
            assert asked(room, "/healthz")[0] == 200
            assert "amends_healthy 1.0" in asked(room, "/metrics")[1]


def ours(_tx: Transaction) -> bool:
    """The tick is ours, whoever asks."""
    return True


def test_a_tick_that_is_not_ours_is_not_noted(tmp_path: Path, store: SqlStore) -> None:
    room = HealthRoom(settings(tmp_path, replace(ANYWHERE, canary_channel="C1")), store, SystemClock())
    assert not tick(room, POLICY, room.fence(lambda _tx: False)).held
    assert store.transact(lambda tx: tx.pulses()) == {}


def test_why_a_tick_fails_is_known_until_one_does_not(tmp_path: Path, store: SqlStore) -> None:
    room = HealthRoom(settings(tmp_path, ANYWHERE), store, SystemClock())
    with pytest.raises(DiskFull), room.ticking():
        raise DiskFull(advice="Make room.")
    assert room._auditor._trouble.endswith("Make room.")
    with room.ticking():
        tick(room, POLICY, room.fence(ours))
    assert room._auditor._trouble == ""
    assert store.transact(lambda tx: tx.pulses())["tick"].good_at is not None


def test_that_nothing_had_to_be_said_is_not_written_down_each_time(tmp_path: Path, store: SqlStore) -> None:
    room = HealthRoom(settings(tmp_path, ANYWHERE), store, SystemClock())
    room.delivered()
    first = store.transact(lambda tx: tx.pulses())["deliver"].good_at
    room.delivered()
    assert store.transact(lambda tx: tx.pulses())["deliver"].good_at == first is not None


def test_the_canary_sets_out_with_a_tick_where_one_is_wanted(tmp_path: Path, store: SqlStore) -> None:
    for health, expected in ((ANYWHERE, {"tick"}), (replace(ANYWHERE, canary_channel="C1"), {"tick", "canary"})):
        room = HealthRoom(settings(tmp_path, health), store, SystemClock())
        tick(room, POLICY, room.fence(ours))
        assert set(store.transact(lambda tx: tx.pulses())) == expected


def test_who_wants_no_answers_gets_none(tmp_path: Path, store: SqlStore) -> None:
    with running(tmp_path, store, HealthSettings(listen=None)) as room:
        assert room._server is None


def test_a_heartbeat_that_cannot_be_called_ends_the_start_without_telling_the_url(
    tmp_path: Path, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_TEST_BEAT", f"http://beats.example/{SECRET}")
    with pytest.raises(SettingsError, match="none that can be called") as told:
        HealthRoom(settings(tmp_path, replace(ANYWHERE, heartbeat=Secret("AMENDS_TEST_BEAT"))), store, SystemClock())
    assert SECRET not in str(told.value)

"""A SQLite file: made for its owner alone, opened again without loading what only upgrades need."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import StoreUnfit
from bot.store.store import SqlStore
from tests.fakes.clock import SimulatedClock
from tests.store.rows import open_case

OPEN_AGAIN = """
import sys
from datetime import UTC, datetime
from bot.store.store import SqlStore

class Clock:
    def now(self):
        return datetime(2026, 3, 2, 9, tzinfo=UTC)

store = SqlStore(sys.argv[1], Clock())
print(store.transact(lambda tx: tx.case(1)).state.value)
store.close()
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("alembic", "mako")))
"""


def run(program: str, url: str) -> str:
    home = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, url]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, check=True).stdout


def test_only_its_owner_can_read_a_new_database(tmp_path: Path, clock: SimulatedClock) -> None:
    file = tmp_path / "state" / "deep" / "amends.db"
    store = SqlStore(f"sqlite:///{file}", clock)
    store.transact(open_case)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    store.close()
    assert modes == {"amends.db": 0o600, "amends.db-wal": 0o600, "amends.db-shm": 0o600}


def test_an_existing_file_is_opened_with_its_data_and_without_loading_alembic(
    tmp_path: Path, clock: SimulatedClock
) -> None:
    url = f"sqlite:///{tmp_path / 'amends.db'}"
    store = SqlStore(url, clock)
    store.transact(open_case)
    store.close()
    assert run(OPEN_AGAIN, url).split("\n")[:2] == ["suspected", "[]"]


def test_the_check_above_sees_alembic_where_it_is_loaded(tmp_path: Path) -> None:
    program = OPEN_AGAIN.replace("print(store", "(store").replace(".state.value", "")
    url = f"sqlite:///{tmp_path / 'amends.db'}"
    assert "'alembic'" in run(program, url)


def test_a_file_that_is_not_to_be_made_is_asked_for(tmp_path: Path, clock: SimulatedClock) -> None:
    file = tmp_path / "amends.db"
    with pytest.raises(StoreUnfit, match="There is no such database") as told:
        SqlStore(f"sqlite:///{file}", clock, create=False)
    assert (told.value.where, file.exists()) == (str(file), False)


def test_a_commit_survives_a_power_cut_and_readers_do_not_wait(tmp_path: Path, clock: SimulatedClock) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'amends.db'}", clock)
    ask = [text(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert store.transact(lambda tx: [tx.connection.execute(one).scalar() for one in ask]) == ["wal", 2, 1]
    store.close()


def test_a_file_cut_short_by_a_full_disk_is_not_taken_for_an_empty_one(tmp_path: Path, clock: SimulatedClock) -> None:
    file = tmp_path / "amends.db"
    store = SqlStore(f"sqlite:///{file}", clock)
    store.transact(open_case)
    store.close()
    file.write_bytes(file.read_bytes()[:6000])
    with pytest.raises(StoreUnfit):
        SqlStore(f"sqlite:///{file}", clock)

"""Whatever is wrong with the database, the error says what it is, where, and whose move it is."""

from __future__ import annotations

import contextlib
import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import AmendsError, Retriable, SettingsError, StoreUnfit
from bot.store import store as store_module
from bot.store.store import SqlStore
from tests.fakes.clock import SimulatedClock
from tests.fakes.postgres import Postgres


@contextlib.contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Root may do everything; what directories forbid is seen only by somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_is_no_database(tmp_path: Path, clock: SimulatedClock) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Buy milk. " * 200)
    with pytest.raises(StoreUnfit, match="not a database of amends") as told:
        SqlStore(f"sqlite:///{file}", clock)
    assert told.value.where == f"sqlite:///{file}"
    assert file.read_text().startswith("Buy milk.")


def test_a_directory_where_a_file_should_be(tmp_path: Path, clock: SimulatedClock) -> None:
    with pytest.raises(StoreUnfit, match="unable to open database file"):
        SqlStore(f"sqlite:///{tmp_path}", clock)


def test_a_file_where_a_directory_should_be(tmp_path: Path, clock: SimulatedClock) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StoreUnfit, match="The database cannot be made") as told:
        SqlStore(f"sqlite:///{tmp_path}/state/amends.db", clock)
    assert told.value.where == f"{tmp_path}/state/amends.db"


@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_directory_in_which_we_may_not_write_or_not_even_look(mode: int, clock: SimulatedClock) -> None:
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        folder = Path(base) / "state"
        folder.mkdir()
        folder.chmod(mode | (0o055 if mode else 0))
        try:
            with an_ordinary_user(), pytest.raises(StoreUnfit, match="The database cannot be made: Permission denied"):
                SqlStore(f"sqlite:///{folder}/amends.db", clock)
        finally:
            folder.chmod(0o700)


def test_a_database_that_we_may_only_read(clock: SimulatedClock) -> None:
    def write(url: str) -> None:
        with contextlib.closing(SqlStore(url, clock)) as store:
            store.transact(lambda tx: tx.connection.execute(text("DELETE FROM cursor")))

    with tempfile.TemporaryDirectory() as base:
        file = Path(base) / "amends.db"
        SqlStore(f"sqlite:///{file}", clock).close()
        file.chmod(0o444)
        Path(base).chmod(0o555)
        with an_ordinary_user(), pytest.raises(StoreUnfit, match="The database refused: "):
            write(f"sqlite:///{file}")
        Path(base).chmod(0o700)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("not a url", "cannot be read"),
        ("", "cannot be read"),
        ("mysql://host/name", "not in mysql"),
        ("postgresql+nonsense://host/name", "driver for this database is missing"),
        ("sqlite+nonsense:///amends.db", "driver for this database is missing"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_url_that_names_no_database_of_ours_is_a_mistake_in_the_config(
    url: str, says: str, clock: SimulatedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=says) as told:
        SqlStore(url, clock)
    assert told.value.advice
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_may_answer_later_and_its_password_is_not_told(clock: SimulatedClock) -> None:
    with pytest.raises(Retriable, match="The database does not answer") as told:
        SqlStore("postgresql+psycopg://amends:hunter2@127.0.0.1:1/amends", clock)
    assert "127.0.0.1:1" in told.value.where
    assert "hunter2" not in f"{told.value} {told.value.what} {told.value.where}"


def test_a_database_that_another_process_holds_is_free_again_later(
    tmp_path: Path, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_BUSY_SECONDS", 0.0)
    url = f"sqlite:///{tmp_path / 'amends.db'}"
    ours, theirs = SqlStore(url, clock), SqlStore(url, clock)

    def meanwhile(_: object) -> None:
        with pytest.raises(Retriable, match="locked by another process"):
            ours.transact(lambda tx: tx.known("x"))

    theirs.transact(meanwhile)
    assert ours.transact(lambda tx: tx.known("x")) is False
    ours.close()
    theirs.close()


@pytest.mark.postgres
def test_a_connection_that_was_cut_between_two_transactions_is_replaced(
    postgres: Postgres, clock: SimulatedClock
) -> None:
    store, other = (SqlStore(url, clock) for url in [postgres.fresh()] * 2)
    pid = store.transact(lambda tx: tx.connection.execute(text("SELECT pg_backend_pid()")).scalar())
    other.transact(lambda tx: tx.connection.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)")))
    assert store.transact(lambda tx: tx.connection.execute(text("SELECT pg_backend_pid()")).scalar()) != pid
    store.close()
    other.close()


@pytest.mark.postgres
def test_a_connection_that_is_cut_within_a_transaction_may_be_tried_again(
    postgres: Postgres, clock: SimulatedClock
) -> None:
    store = SqlStore(postgres.fresh(), clock)
    with pytest.raises(Retriable):
        store.transact(lambda tx: tx.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())")))
    assert store.transact(lambda tx: tx.known("x")) is False
    store.close()


def test_every_error_of_the_store_is_one_of_ours(tmp_path: Path, clock: SimulatedClock) -> None:
    nothing: dict[str, str] = {}
    store = SqlStore(f"sqlite:///{tmp_path / 'amends.db'}", clock)
    with pytest.raises(AmendsError, match="no such table"):
        store.read(lambda c: c.execute(text("SELECT * FROM nowhere")))
    with pytest.raises(KeyError):
        store.transact(lambda tx: nothing["what the work raises is passed on"])
    store.close()

"""What the migrations make is what the tables say, on both engines, up and down again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, inspect, text, update
from sqlalchemy.exc import OperationalError

from bot.errors import StoreUnfit
from bot.store import migrate
from bot.store import tables as t
from bot.store.store import REVISION, SqlStore
from tests.fakes.clock import SimulatedClock
from tests.store.rows import open_case


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(migrate._FOLDER))
    return made


def test_the_migrations_make_exactly_the_tables(store: SqlStore) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), t.metadata))

    assert store.read(differences) == []


def test_the_check_above_sees_a_difference(store: SqlStore) -> None:
    store.transact(lambda tx: tx.connection.execute(text("DROP INDEX ix_case_next_due_at")))
    with store.engine.connect() as connection:
        (found,) = compare_metadata(MigrationContext.configure(connection), t.metadata)
    assert found[0] == "add_index"


def test_checks_are_made_as_the_tables_say_since_alembic_does_not_compare_them(store: SqlStore) -> None:
    for table in t.metadata.sorted_tables:
        made = {check["name"] for check in inspect(store.engine).get_check_constraints(table.name)}
        assert made == {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}


def test_a_database_at_the_newest_revision_is_opened_as_it_is() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [REVISION]


def test_what_was_made_can_be_taken_down_again(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")
    assert inspect(store.engine).get_table_names() == ["alembic_version"]


def test_opening_again_keeps_what_was_written(store: SqlStore, clock: SimulatedClock) -> None:
    case_id = store.transact(open_case)
    again = SqlStore(store.engine.url.render_as_string(hide_password=False), clock)
    found = again.transact(lambda tx: tx.case(case_id))
    again.close()
    assert found == store.transact(lambda tx: tx.case(case_id))


def test_a_database_of_a_newer_amends_is_refused_and_left_alone(store: SqlStore, clock: SimulatedClock) -> None:
    store.transact(open_case)
    version = text("UPDATE alembic_version SET version_num = '9999'")
    store.transact(lambda tx: tx.connection.execute(version))
    with pytest.raises(StoreUnfit, match="Can't locate revision identified by '9999'") as told:
        SqlStore(store.engine.url.render_as_string(hide_password=False), clock)
    assert "newer" in told.value.advice
    assert len(store.read(lambda c: c.execute(t.case.select()).all())) == 1


HOME = Path(__file__).parents[2]
OPENER = """
import sys
import bot.store.migrate
from bot.store.store import SqlStore
from tests.fakes.clock import SimulatedClock
print("ready", flush=True)
sys.stdin.readline()
SqlStore(sys.argv[1], SimulatedClock()).close()
"""


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_of_two_processes_that_start_on_an_empty_database_both_find_it_ready(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'amends.db'}" if engine == "sqlite" else request.getfixturevalue("postgres").fresh()
    command_line = [sys.executable, "-c", OPENER, url]
    both = [subprocess.Popen(command_line, cwd=HOME, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[1] for process in both] == ["", ""]
    assert [process.returncode for process in both] == [0, 0]


def test_a_migration_that_fails_half_way_leaves_nothing_and_can_be_run_again(
    url: str, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(connection: Connection, *_: object) -> None:
        raise OperationalError("CREATE TABLE", None, Exception("the disk is full"))

    store = SqlStore(url, clock)
    store.close()
    with store.engine.begin() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")
    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", break_off)
        with pytest.raises(StoreUnfit, match="the disk is full"):
            SqlStore(url, clock)
    assert inspect(store.engine).get_table_names() == ["alembic_version"]
    store.engine.dispose()
    again = SqlStore(url, clock)
    again.transact(open_case)
    again.transact(lambda tx: tx.connection.execute(update(t.case).values(severity=1)))
    again.close()

"""A process that no longer works ends; one that was only kept from working, or stopped, goes on."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.opening import SystemClock
from bot.store.store import SqlStore
from bot.watchdog import Limits, Since, Waiting, account, judge
from tests.app.installation import Run

LIMITS = Limits()
LOOKS = st.lists(st.tuples(st.floats(0.0, 4.0), st.sampled_from(["own", "database"])), max_size=400)


def after(looks: list[tuple[float, Waiting]], limits: Limits = LIMITS) -> Since:
    since = Since()
    for passed, waiting in looks:
        since = account(since, passed, waiting, limits)
    return since


# the rules


@pytest.mark.parametrize(
    ("own", "database", "ends"),
    [(6.0, 0.0, ""), (6.5, 0.0, "not completed for 6 s"), (6.0, 114.0, ""), (0.5, 120.0, "database has kept the tick"),
     (6.5, 100.0, "not completed for 106 s"), (0.0, 120.0, "")],
)  # fmt: skip
def test_a_tick_has_six_seconds_of_its_own_and_two_minutes_with_the_database(
    own: float, database: float, ends: str
) -> None:
    found = judge(Since(own, database), (), LIMITS)
    assert ends in found if ends else found == ""


def test_a_thread_that_died_is_named() -> None:
    assert judge(Since(), ["watch-2", "deliver"], LIMITS) == "the thread deliver has died"


@given(LOOKS)
def test_no_second_counts_twice_and_none_in_which_we_slept(looks: list[tuple[float, Waiting]]) -> None:
    found, awake = after(looks), looks
    for number, (passed, _) in enumerate(looks):
        if passed > LIMITS.asleep:
            awake = looks[number + 1 :]
    assert found.own == pytest.approx(sum(passed for passed, waiting in awake if waiting == "own"))
    assert found.database == pytest.approx(sum(passed for passed, waiting in awake if waiting == "database"))


@given(st.floats(LIMITS.asleep + 0.1, 1e9), LOOKS)
def test_however_long_we_were_stopped_the_tick_has_its_time_again(
    stopped: float, before: list[tuple[float, Waiting]]
) -> None:
    assert judge(after([*before, (stopped, "own")]), (), LIMITS) == ""


# processes


def working(kind: str, own: float, database: float, folder: Path, *file: str) -> Run:
    """A process that ticks; ended with the block."""
    command = [sys.executable, "-m", "tests.watchdog.working", kind, str(own), str(database), *file]
    return Run(command, folder, {})


@contextlib.contextmanager
def locked(file: Path) -> Iterator[sqlite3.Connection]:
    """Another process holds the database."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "amends.db"
    SqlStore(f"sqlite:///{file}", SystemClock()).close()
    return file


@pytest.mark.parametrize("kind", ["hangs", "fails"])
def test_one_whose_tick_hangs_or_fails_again_and_again_ends_with_70(kind: str, tmp_path: Path) -> None:
    with working(kind, 1, 60, tmp_path) as run:
        assert run.says("ticked 3").code() == 70
    assert "CRITICAL amends ends itself, to be started anew: the tick has not completed for" in run.log
    if kind == "hangs":
        assert "> tick > hang > wait" in run.log, "it says where"


def test_one_that_hangs_within_a_transaction_ends_as_soon(tmp_path: Path, database: Path) -> None:
    with working("hangs_in_a_transaction", 1, 60, tmp_path, str(database)) as run:
        assert run.says("ticked 3").code() == 70
    assert "the tick has not completed for" in run.log
    assert "store_0: " in run.log
    assert "> hang > wait" in run.log


def test_one_whose_thread_died_ends_with_70(tmp_path: Path) -> None:
    with working("loses_a_thread", 5, 60, tmp_path) as run:
        assert run.code() == 70
    assert "the thread mail has died" in run.log


def test_one_whose_database_stays_locked_ends_only_after_the_longer_allowance(tmp_path: Path, database: Path) -> None:
    with working("ticks", 1, 4, tmp_path, str(database)) as run:
        run.says("ticked 3")
        with locked(database):
            assert run.code() == 70
    assert "the database has kept the tick waiting for" in run.log
    assert "has waited for twice as long" in run.log


def test_one_that_the_database_refuses_again_and_again_has_the_longer_allowance_too(tmp_path: Path) -> None:
    with working("is_locked_out", 1, 3, tmp_path) as run:
        assert run.says("ticked 3").code() == 70
    assert "the database has kept the tick waiting for" in run.log


def test_one_whose_database_is_released_in_time_goes_on(tmp_path: Path, database: Path) -> None:
    with working("ticks", 1, 60, tmp_path, str(database)) as run:
        run.says("ticked 3")
        with locked(database):
            run.says("has waited for twice as long")
        before = run.log.count("ticked")
        run.says(f"ticked {before + 3}")
    assert "CRITICAL" not in run.log


def test_one_that_was_stopped_for_longer_than_it_may_hang_goes_on(tmp_path: Path) -> None:
    with working("ticks", 1, 60, tmp_path) as run:
        run.says("ticked 3").signal(signal.SIGSTOP)
        threading.Event().wait(1.5)  # the length of the stop itself; nothing is waited for
        before = run.log.count("ticked")
        run.signal(signal.SIGCONT).says(f"ticked {before + 30}")
    assert "CRITICAL" not in run.log

"""A fresh database for each test, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.store import SqlStore
from tests.fakes.clock import SimulatedClock
from tests.fakes.postgres import Postgres


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> str:
    """A database with all tables and no rows, made once: copying it is quicker than migrating each time."""
    url = postgres.fresh()
    SqlStore(url, SimulatedClock()).close()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without rows."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'amends.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    database = server.fresh(like=request.getfixturevalue("migrated"))
    yield database
    server.drop(database)


@pytest.fixture
def store(url: str, clock: SimulatedClock) -> Iterator[SqlStore]:
    opened = SqlStore(url, clock)
    yield opened
    opened.close()

"""A world on each of the two databases, and engines as processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.escalation.processes import Engine, Life
from tests.fakes.postgres import Postgres
from tests.fakes.world import World
from tests.store.conftest import migrated as migrated


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes databases with all tables and no rows; their addresses."""
    numbers = count(1)

    def sqlite() -> str:
        folder = tmp_path / f"database{next(numbers)}"
        folder.mkdir()
        World.at(folder).store.close()
        return f"sqlite:///{folder / 'amends.db'}"

    if request.param == "sqlite":
        yield sqlite
        return
    server: Postgres = request.getfixturevalue("postgres")
    like, made = request.getfixturevalue("migrated"), []

    def postgres() -> str:
        made.append(server.fresh(like=like))
        return made[-1]

    yield postgres
    for url in made:
        server.drop(url)


@pytest.fixture
def url(fresh: Callable[[], str]) -> str:
    return fresh()


@pytest.fixture
def world(url: str) -> Iterator[World]:
    with World(url) as made:
        yield made


@pytest.fixture
def life(url: str) -> Iterator[Life]:
    made = Life(url)
    yield made
    made.store.close()


@pytest.fixture
def start(url: str, tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Starts an engine on that database; the arguments are those of Engine. All speak to one channel."""
    with ExitStack() as stack:

        def started(point: str = "never", **other: Any) -> Engine:
            return stack.enter_context(Engine(url, tmp_path / "channel", point, **other))

        yield started

"""What tests of several rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

from tests.fakes import postgres as server
from tests.fakes.clock import SimulatedClock

if TYPE_CHECKING:
    from tests.fakes.taught import School

pytest.register_assert_rewrite("tests.fakes.world")  # its asserts are the stories' own

# The same examples in every run, and no judgement about how long one took: a busy machine is not a bug.
settings.register_profile("amends", derandomize=True, deadline=None, max_examples=40, database=None)
settings.load_profile("amends")


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture(scope="session")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    """Installations that have trained their own champions; work on copies of them."""
    from tests.fakes.taught import School  # loads the classifier, which most rooms do not need

    return School.at(tmp_path_factory.mktemp("school"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[server.Postgres]:
    """One private server for all tests; each test takes a fresh database from it."""
    if missing := server.available():
        do_without(missing)
    with server.Postgres() as running:
        yield running


def do_without(missing: str) -> NoReturn:
    """Skips on a developer's machine; where everything should be installed, a skip would hide it."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)

"""What tests of several rooms share."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import settings

from tests.fakes import postgres as server
from tests.fakes.boxes import Box, add_box
from tests.fakes.boxes import served as served_by_dovecot
from tests.fakes.clock import SimulatedClock
from tests.fakes.courier import Courier
from tests.fakes.cyrus import Cyrus
from tests.fakes.dovecot import Dovecot, available
from tests.fakes.mail_servers import Served, served

if TYPE_CHECKING:
    from tests.fakes.oauth_box import OAuthBox
    from tests.fakes.taught import School

pytest.register_assert_rewrite("tests.fakes.world")  # its asserts are the stories' own

# The same examples in every run, and no judgement about how long one took: a busy machine is not a bug.
settings.register_profile("amends", derandomize=True, deadline=None, max_examples=40, database=None)
# HYPOTHESIS_PROFILE=long: other examples each time, and as many as take hours; for a reader that faces strangers.
settings.register_profile("long", deadline=None, max_examples=20_000, database=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "amends"))


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


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One private server for all tests that leave it running."""
    if missing := available():
        do_without(missing)
    with served_by_dovecot() as running:
        yield running


@pytest.fixture
def box(dovecot: Dovecot) -> Iterator[Box]:
    """A user of that server, with INBOX and Sent."""
    made = add_box(dovecot)
    yield made
    made.close()


@pytest.fixture
def own_box() -> Iterator[Callable[..., Box]]:
    """A mailbox on a server that the test may end, or that differs; the arguments are those of `served`."""
    if missing := available():
        do_without(missing)
    with contextlib.ExitStack() as stack:

        def serve(**other: Any) -> Box:
            made = add_box(stack.enter_context(served_by_dovecot(**other)))
            stack.callback(made.close)
            return made

        yield serve


@pytest.fixture
def oauth_box() -> Iterator[OAuthBox]:
    """A mailbox on a Dovecot that takes access tokens, with the server that issues them."""
    from tests.fakes.oauth_box import served_by_oauth
    from tests.fakes.token_server import TokenServer

    if missing := available():
        do_without(missing)
    with TokenServer(rotating=True) as oauth, served_by_oauth(oauth) as box:
        yield box


@pytest.fixture(scope="session")
def cyrus() -> Iterator[Cyrus]:
    """One private server for all tests that leave it running; `box()` gives each a user of its own."""
    yield from _running(Cyrus)


@pytest.fixture(scope="session")
def courier() -> Iterator[Courier]:
    """The same of the other kind."""
    yield from _running(Courier)


def _running(kind: type[Served]) -> Iterator[Served]:
    if missing := kind.unpacked.available():
        do_without(missing)
    with served(kind) as running:
        yield running


def do_without(missing: str) -> NoReturn:
    """Skips on a developer's machine; where everything should be installed, a skip would hide it."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)

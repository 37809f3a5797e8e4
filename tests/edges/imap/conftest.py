"""What tests of mailboxes share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fakes.boxes import Opener, scripted_account
from tests.fakes.scripted_imap import ScriptedImap


@pytest.fixture
def open_scripted() -> Iterator[Callable[..., Opener]]:
    """An account on a server that says what a test tells it to."""
    opened: list[Opener] = []

    def open_it(server: ScriptedImap, **other: Any) -> Opener:
        opened.append(Opener(scripted_account(server, **other)))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()

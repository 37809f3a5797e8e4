"""An installation of amends for each test, with a mailbox and a Slack of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.boxes import Box
from tests.fakes.slack import FakeSlack

from .installation import CHANNEL, ON_CALL, Installation


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack((CHANNEL,), epoch=int(time.time())) as running:
        running.add_group(ON_CALL, "oncall", ["U1"])
        yield running


@pytest.fixture
def installed(tmp_path: Path, box: Box, slack: FakeSlack) -> Iterator[Installation]:
    made = Installation(tmp_path, box, slack)
    yield made
    made.close()

"""Mail in bursts, a line that fails in every way, kill -9 at random: nothing lost, nothing twice, nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak import BY_RULE, soak
from tests.conftest import do_without
from tests.fakes.dovecot import available

pytestmark = pytest.mark.dovecot


def test_five_hundred_mails_and_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    if missing := available():
        do_without(missing)
    told: list[str] = []
    figures = soak(500, 20, 1, tmp_path, told.append, BY_RULE)
    story = "\n".join([*told, (tmp_path / "log").read_text()[-5000:]])
    assert figures.wrong == [], story
    assert sum(figures.kills.values()) == 20, story
    assert figures.mails == 500, story

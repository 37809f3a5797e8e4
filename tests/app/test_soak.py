"""Mail in bursts, a line that fails in every way, kill -9 at random: nothing lost, nothing twice, nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak import BY_RULE, soak
from tests.conftest import do_without
from tests.fakes.dovecot import available

pytestmark = pytest.mark.dovecot


MAILS, KILLS = 200, 8  # in short; benchmarks.soak plays it at length


def test_kills_at_random_over_a_line_that_fails_lose_and_double_nothing(tmp_path: Path) -> None:
    if missing := available():
        do_without(missing)
    told: list[str] = []
    figures = soak(MAILS, KILLS, 1, tmp_path, told.append, BY_RULE)
    story = "\n".join([*told, (tmp_path / "log").read_text()[-5000:]])
    assert figures.wrong == [], story
    assert sum(figures.kills.values()) == KILLS, story
    assert figures.mails == MAILS, story

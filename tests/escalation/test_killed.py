"""S2: killed at any named point, state, log and outbox are written together or not at all, and all is said once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.case import State
from tests.escalation import invariants
from tests.escalation.processes import Deed, Engine, FileChannel, acknowledge, complain, fire, say, the_case
from tests.fakes.build import MINUTE
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

STORY: list[tuple[int, Deed]] = [(0, complain), (15, fire), (15, say), (20, acknowledge), (20, say)]
# One engine after the other dies at these points while the story goes on.
DEATHS = {
    "while a complaint arrives": (
        "within_remember", "within_open_case", "within_queue", "before_commit_of_open_case",
        "after_commit_of_open_case",
    ),
    "while a card is said": (
        "before_commit_of__lease", "after_commit_of__lease", "before_find", "after_find", "before_commit_of_release",
        "after_commit_of_release", "before_post", "after_post", "before_commit_of_settle", "after_commit_of_settle",
    ),
    "while a rung fires and a person takes the case": (
        "within_change_cases", "before_commit_of_change_cases", "after_commit_of_change_cases", "before_post",
        "after_post", "within_change_case", "within_withdraw", "before_commit_of_withdraw", "after_commit_of_withdraw",
    ),
    "while the card is redrawn": (
        "before_commit_of_stale_card", "after_commit_of_stale_card", "before_redraw", "after_redraw",
        "before_commit_of_card_drawn", "after_commit_of_card_drawn",
    ),
}  # fmt: skip


@pytest.mark.parametrize("points", DEATHS.values(), ids=DEATHS.keys())
def test_s2_killed_at_any_point_nothing_is_half_written_and_the_end_is_the_same(
    world: World, start: Callable[..., Engine], tmp_path: Path, points: tuple[str, ...]
) -> None:
    coming = [*points, "never"]
    engine, late = start(coming.pop(0)), timedelta()
    for minute, deed in STORY:
        while engine.does(deed, MONDAY + minute * MINUTE + late) is None:
            assert engine.died
            invariants.hold(world.store)
            engine, late = start(coming.pop(0)), late + MINUTE
    assert not coming, "it was not killed where it should be"
    invariants.hold(world.store)
    case = world.case(the_case(world))
    keys = [f"{case.id}:mistake:0:0:channel", f"{case.id}:still_unanswered:0:0:channel"]
    assert world.outbox() == [(key, "sent") for key in keys]
    assert FileChannel(tmp_path / "channel", world.clock).standing() == dict.fromkeys(keys, 1)
    assert case.state is State.ACKNOWLEDGED
    assert FileChannel(tmp_path / "channel", world.clock).shown()[-1] == ("acknowledged", case.generation)

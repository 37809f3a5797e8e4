"""What a story is told from, as both databases keep it."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.alert import Reason
from bot.domain.case import Step
from bot.domain.message import Direction
from bot.store.story import story_facts
from tests.fakes.build import HOUR, MINUTE, MISTAKE
from tests.fakes.clock import MONDAY
from tests.fakes.world import World


def test_all_that_a_case_left_behind_is_read_again(url: str) -> None:
    with World(url) as world:
        complaint = world.customer("You charged me twice.", MISTAKE)
        world.hears("mistake to channel")
        world.clock.advance(HOUR)
        world.engine()
        world.hears("still_unanswered to channel, late 45m")
        world.step(Step.ACKNOWLEDGED, who="Ana")
        world.colleague("We are sorry.", to=complaint)
        facts, found = world.store.read(lambda connection: story_facts(connection, 1)), world.case()
    assert facts is not None
    assert (facts.case, found.answered_at) == (found, MONDAY + HOUR)
    assert [(one.words, one.direction, one.opened) for one in facts.read] == [
        ("You charged me twice.", Direction.FROM_CUSTOMER, True), ("We are sorry.", Direction.FROM_US, False),
    ]  # fmt: skip
    assert [one.verdict for one in facts.read] == [MISTAKE, None]
    assert [(entry.what, due) for entry, due in facts.log] == [
        ("opened", MONDAY + 15 * MINUTE), ("still_unanswered", MONDAY + 1.75 * HOUR),
        ("acknowledged", MONDAY + 5 * HOUR), ("contacted", facts.case.step_due_at),
    ]  # fmt: skip
    assert [(one.reason, one.state, one.queued_at, one.sent_at, one.late_by) for one in facts.told] == [
        (Reason.MISTAKE, "sent", MONDAY, MONDAY, None),
        (Reason.STILL_UNANSWERED, "sent", MONDAY + HOUR, MONDAY + HOUR, timedelta(minutes=45)),
    ]


def test_of_a_case_that_there_is_not_nothing_is_known(url: str) -> None:
    with World(url) as world:
        assert world.store.read(lambda connection: story_facts(connection, 1)) is None

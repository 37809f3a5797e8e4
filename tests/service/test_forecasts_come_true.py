"""What is foretold of a ladder is what the engine does: the same rungs, moments, people and pings."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.domain.escalation import How, Ladder, Notify, Rung, Traits
from bot.domain.grouping import Grouping
from bot.domain.hours import Delay, Quiet, Team
from bot.domain.policy import Policy
from bot.domain.roster import Duty, Roster
from bot.domain.timeline import Kind, timeline
from bot.store.story import story_facts
from tests.fakes.build import CUSTOMER, DAY, HOUR, HOURS, MINUTE, MISTAKE, ON_CALL, POLICY, working
from tests.fakes.clock import MONDAY
from tests.fakes.world import World


class Nobody:
    """A schedule without anybody in it."""

    name = "night"

    def duty(self, _at: object) -> Duty:
        return Duty("", "nobody has a shift of night")


def rungs(*told: tuple[Delay, Notify, str]) -> tuple[Rung, ...]:
    return tuple(Rung(after, notify, who, How.CHANNEL) for after, notify, who in told)


FOUR_TIMES = tuple((Delay(n * 5 * MINUTE), Notify.ON_CALL, "") for n in (1, 2, 4, 5))
OFTEN = Ladder("often", rungs(*FOUR_TIMES, (working(4 * HOUR), Notify.LEAD, "")), repeat=1)
GAPS = Ladder(
    "gaps", rungs((Delay(HOUR), Notify.SCHEDULE, "night"), (Delay(2 * HOUR), Notify.PERSON, "U0MARA")), repeat=1
)
GROUPING = Grouping(timedelta(seconds=30), 5 * MINUTE, 10 * MINUTE)
QUIET = (Team("Support", HOURS, Quiet(HOURS.zone, time(9, 30), time(10))),)
POLICIES = {
    "shipped": POLICY,
    "often, bundled": replace(POLICY, ladders=(OFTEN,), grouping=GROUPING),
    "quiet hours": replace(POLICY, ladders=(OFTEN,), grouping=GROUPING, teams=QUIET),
    "nobody on call": replace(POLICY, ladders=(GAPS,), roster=Roster(ON_CALL, (Nobody(),))),
    "nobody at all": replace(
        POLICY, ladders=(replace(GAPS, rungs=GAPS.rungs[:1]),), roster=Roster(schedules=(Nobody(),))
    ),
}
_SAID = {
    Kind.OPENED: "mistake", Kind.RUNG: "still_unanswered", Kind.NOBODY_TO_TELL: "nobody_to_tell",
    Kind.FIRST_RESPONSE_OVERDUE: "first_response_overdue", Kind.EXHAUSTED: "exhausted",
}  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_engine_does_what_the_time_line_says(tmp_path: Path, policy: Policy) -> None:
    foretold = timeline(policy, MONDAY + 20 * MINUTE, Traits("mistake", 2, 0.0, "mail"), CUSTOMER)
    with World.at(tmp_path, policy, MONDAY + 20 * MINUTE) as world:
        world.customer("You charged me twice.", MISTAKE)
        world.channel.heard = len(world.channel.posts)
        while world.clock.now() < foretold[-1].at:
            world.passes(min(HOUR, foretold[-1].at - world.clock.now()))
            world.channel.heard = len(world.channel.posts)
        facts = world.store.read(lambda connection: story_facts(connection, 1))
    assert facts is not None
    happened = [
        (one.reason.value, one.queued_at, one.mention, (one.deferred_until or one.queued_at) if one.mention else None)
        for one in facts.told
    ]
    assert happened == [
        (_SAID[one.kind], one.at, one.duty.who if one.duty and one.ping_at else "", one.ping_at)
        for one in foretold if one.kind is not Kind.SKIPPED
    ]  # fmt: skip


def test_a_time_line_is_as_long_as_its_ladder_takes() -> None:
    assert timeline(POLICY, MONDAY, Traits("mistake", 2, 0.0, "mail"))[-1].at == MONDAY + DAY + 4 * HOUR

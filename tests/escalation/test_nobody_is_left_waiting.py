"""S10 and S15: pings wait for daylight and for each other, the customer's deadline never; no ladder falls silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Reason
from bot.domain.case import Case, Step
from bot.domain.escalation import Ladder, Notify, OnCall, Rung
from bot.domain.grouping import Grouping
from bot.domain.hours import Delay, Quiet, Team
from bot.domain.message import Person
from bot.domain.roster import Duty, Roster
from bot.domain.triage import ChangeCase, Policy, on_due
from bot.service.tick import tick
from tests.escalation.processes import Life
from tests.fakes.build import DAY, HOUR, HOURS, MINUTE, MISTAKE, POLICY, case
from tests.fakes.clock import MONDAY

NIGHT = Quiet(ZoneInfo("UTC"), time(22), time(7))
EVENING = MONDAY.replace(hour=21, minute=50)
SOON = replace(POLICY.patience, first_response=Delay(2 * HOUR))
QUIET = replace(POLICY, teams=(Team("", HOURS, NIGHT),), patience=SOON)
GROUPED = replace(POLICY, grouping=Grouping(30 * MINUTE / 60, 5 * MINUTE, HOUR), patience=SOON)


def told(life: Life) -> list[tuple[datetime, str, str]]:
    """When what was said, and whom it pinged."""
    return [(post.at, post.alert.reason.value, post.alert.mention) for post in life.channel.posts]


def a_night(life: Life) -> list[tuple[int, datetime | None]]:
    """A complaint before midnight that nobody takes; which rung was due when."""
    life.clock.set(EVENING)
    life.customer("You charged me twice.", MISTAKE)
    seen = []
    for _ in range(20):
        seen.append((life.case().rung, life.case().next_due_at))
        life.passes(30 * MINUTE)
    return seen


def test_s10_quiet_hours_put_off_a_ping_and_neither_its_rung_nor_the_customers_deadline(
    fresh: Callable[[], str],
) -> None:
    quiet, loud = Life(fresh(), QUIET), Life(fresh(), replace(QUIET, teams=(Team("", HOURS),)))
    assert a_night(quiet) == a_night(loud)
    assert (EVENING + HOUR, "still_unanswered", "S0ONCALL") in told(loud)
    morning = EVENING.replace(hour=7, minute=0) + DAY
    assert told(quiet) == [
        (EVENING, "mistake", ""), (EVENING + 15 * MINUTE, "still_unanswered", ""),
        (EVENING + 2 * HOUR, "first_response_overdue", "S0ONCALL"), (morning, "still_unanswered", "S0ONCALL"),
    ]  # fmt: skip
    for life in (quiet, loud):
        life.store.close()


def test_s10_pings_that_wait_for_each_other_are_one_list_and_no_deadline_moves(fresh: Callable[[], str]) -> None:
    due = []
    for policy in (GROUPED, replace(GROUPED, grouping=Grouping())):
        life = Life(fresh(), policy)
        for number in range(3):
            life.customer("Twice!", MISTAKE, sender=Person(f"c{number}@customer.example"), rfc_id=f"<{number}@c>")
        life.passes(HOUR + MINUTE)
        due.append([life.case(number).next_due_at for number in (1, 2, 3)])
        pings = [post for post in life.channel.posts if getattr(post.said, "mention", "")]
        assert len(pings) == (1 if policy is GROUPED else 3)
        life.passes(HOUR)
        overdue = [one for one in life.channel.posts if "first_response_overdue" in str(one)]
        assert [(one.at, one.said.mention) for one in overdue] == [(MONDAY + 2 * HOUR, "S0ONCALL")] * 3
        life.store.close()
    assert due[0] == due[1]


def test_s10_whoever_takes_a_case_does_not_silence_that_the_first_answer_is_overdue(life: Life) -> None:
    life.customer("You charged me twice.", MISTAKE)
    life.clock.advance(8 * HOUR)
    tick(life.store, POLICY)
    tick(life.store, POLICY)
    life.step(Step.ACKNOWLEDGED)
    assert [post.alert.reason for post in life.channel.posts[1:]] == [Reason.FIRST_RESPONSE_OVERDUE]


def test_s10_an_answer_does(life: Life) -> None:
    life.customer("You charged me twice.", MISTAKE)
    life.clock.advance(8 * HOUR)
    tick(life.store, POLICY)
    tick(life.store, POLICY)
    life.step(Step.CONTACTED)
    assert life.channel.posts[1:] == []


@dataclass(frozen=True)
class Gappy:
    """On duty in these hours of a day, and nobody else."""

    hours: frozenset[int]
    name: str = "rota"

    def duty(self, at: datetime) -> Duty:
        return Duty("U0ROTA" if at.hour in self.hours else "", "rotation")


RUNGS = st.builds(
    Rung,
    st.builds(Delay, st.integers(1, 40).map(lambda hours: hours * HOUR), st.booleans()),
    st.sampled_from([Notify.CHANNEL, Notify.ON_CALL, Notify.LEAD, Notify.SCHEDULE, Notify.PERSON]),
    st.sampled_from(["rota", "gone"]),
)
LADDERS = st.builds(
    Ladder, st.just("any"), st.lists(RUNGS, min_size=1, max_size=4).map(tuple), repeat=st.integers(0, 2)
)
ROSTERS = st.builds(
    Roster, st.builds(OnCall, st.sampled_from(["", "S0ONCALL"])),
    st.frozensets(st.integers(0, 23), max_size=12).map(lambda hours: (Gappy(hours),)),
)  # fmt: skip


def due_at_last(one: Case, policy: Policy) -> tuple[Case, ChangeCase]:
    assert one.next_due_at is not None
    (change,) = on_due(one, policy, one.next_due_at)
    assert isinstance(change, ChangeCase)
    return change.case, change


@given(LADDERS, ROSTERS)
def test_s15_no_ladder_ends_in_silence_whoever_is_on_duty(ladder: Ladder, roster: Roster) -> None:
    policy = replace(POLICY, roster=roster)
    one = case(ladder=ladder).due(HOURS.add(MONDAY, ladder.rungs[0].after), None)
    reached = False
    for _ in range(len(ladder.rungs) * (ladder.repeat + 1) + 3):
        before = one.next_due_at
        one, change = due_at_last(one, policy)
        (say,) = change.say
        assert before is not None
        assert one.next_due_at is not None
        assert before <= one.next_due_at <= before + 20 * DAY
        duty = roster.duty(say.notify, say.who, before)
        reached = reached or duty is None or bool(say.mention)
    assert reached
    assert one.exhausted
    assert change.say[0].reason is Reason.EXHAUSTED
    assert before is not None
    assert one.next_due_at == before + POLICY.patience.nag.length

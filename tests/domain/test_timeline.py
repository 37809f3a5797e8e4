"""A ladder on a time line: every rung once a round, in order, with whom it reaches, up to the first nag."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Reason
from bot.domain.escalation import How, Ladder, Notify, OnCall, Rung, Traits
from bot.domain.grouping import Grouping
from bot.domain.hours import Delay, Hours, Quiet, Team
from bot.domain.ladder_words import conditions, objections, purpose, repeats, steps, whom
from bot.domain.roster import Duty, Roster
from bot.domain.timeline import Kind, Moment, crossed, timeline
from tests.fakes.build import DAY, HOUR, HOURS, MINUTE, ON_CALL, POLICY, at, ladder
from tests.fakes.clock import MONDAY

FRIDAY = MONDAY + 4 * DAY
MISTAKE = Traits("mistake", 2, 0.0, "mail")
ELAPSED = ladder((Delay(HOUR), Notify.CHANNEL), (Delay(2 * HOUR), Notify.ON_CALL), (Delay(3 * HOUR), Notify.LEAD))


@dataclass(frozen=True)
class Shift:
    """Somebody who is on call for a while, and nobody after them."""

    name: str
    who: str
    until: datetime

    def duty(self, moment: datetime) -> Duty:
        if moment < self.until:
            return Duty(self.who, f"shift {self.name}", self.until)
        return Duty("", f"nobody has a shift of {self.name}")


def told(moments: list[Moment]) -> list[tuple[str, int, datetime]]:
    return [(one.kind.value, one.rung, one.at) for one in moments]


def test_the_shipped_ladder_over_a_weekend() -> None:
    assert told(timeline(POLICY, at("17:00", FRIDAY), MISTAKE)) == [
        ("opened", 0, at("17:00", FRIDAY)), ("rung", 1, at("17:15", FRIDAY)), ("rung", 2, at("18:00", FRIDAY)),
        ("rung", 3, at("13:00", FRIDAY + 3 * DAY)), ("first_response_overdue", 0, at("17:00", FRIDAY + 3 * DAY)),
        ("exhausted", 0, at("13:00", FRIDAY + 4 * DAY)),
    ]  # fmt: skip


def test_a_first_answer_that_is_due_after_the_first_nag_is_shown_too() -> None:
    patience = replace(POLICY.patience, first_response=Delay(9 * DAY))
    last = timeline(replace(POLICY, patience=patience), MONDAY, MISTAKE)[-1]
    assert (last.kind, last.at, last.ping_at) == (Kind.FIRST_RESPONSE_OVERDUE, MONDAY + 9 * DAY, MONDAY + 9 * DAY)


@pytest.mark.parametrize("reason", ["staff_report", "unanswered"])
def test_where_no_first_answer_is_owed_none_is_shown(reason: str) -> None:
    medium = "work_channel" if reason == "staff_report" else "mail"
    kinds = {one.kind for one in timeline(POLICY, MONDAY, Traits(reason, 1, 0.0, medium))}
    assert kinds == {Kind.OPENED, Kind.RUNG, Kind.EXHAUSTED}


def test_who_is_on_call_is_asked_for_the_moment_at_which_a_rung_fires() -> None:
    roster = Roster(schedules=(Shift("on_call", "U0MARA", MONDAY + 90 * MINUTE),))
    moments = timeline(replace(POLICY, roster=roster), MONDAY, MISTAKE)
    assert [(one.rung, whom(one.duty, one.notify)) for one in moments if one.rung] == [
        (1, "the channel"), (2, "U0MARA (shift on_call)"), (3, "the channel (no lead is named)"),
    ]  # fmt: skip


def test_a_rung_that_reaches_nobody_is_shown_as_skipped_and_the_next_fires_at_once() -> None:
    climbed = Ladder("l", (Rung(Delay(HOUR), Notify.SCHEDULE, "night"), Rung(Delay(2 * HOUR), Notify.LEAD)))
    roster = Roster(ON_CALL, (Shift("night", "U0MARA", MONDAY),))
    moments = timeline(replace(POLICY, ladders=(climbed,), roster=roster), MONDAY, MISTAKE)
    assert told(moments)[1:3] == [("skipped", 1, MONDAY + HOUR), ("rung", 2, MONDAY + HOUR)]
    assert whom(moments[1].duty, moments[1].notify) == "nobody (nobody has a shift of night)"


def test_a_ladder_that_reaches_nobody_says_so_once_a_round() -> None:
    climbed = Ladder(
        "l", (Rung(Delay(HOUR), Notify.SCHEDULE, "a"), Rung(Delay(2 * HOUR), Notify.SCHEDULE, "b")), repeat=1
    )
    moments = timeline(replace(POLICY, ladders=(climbed,)), MONDAY, Traits("unanswered", 1, 0.0, "mail"))
    once = [("skipped", 1), ("skipped", 2), ("nobody_to_tell", 0)]
    assert [(one.kind.value, one.rung) for one in moments[1:-1]] == once * 2
    assert [one.round for one in moments if one.rung] == [1, 1, 2, 2]


def test_quiet_hours_put_off_the_ping_and_nothing_else() -> None:
    team = Team("Support", HOURS, Quiet(HOURS.zone, time(10), time(12)))
    policy = replace(POLICY, ladders=(ELAPSED,), teams=(team,))
    usual, quiet = timeline(replace(POLICY, ladders=(ELAPSED,)), MONDAY, MISTAKE), timeline(policy, MONDAY, MISTAKE)
    assert told(usual) == told(quiet)
    assert next((one.ping_at, one.quiet) for one in quiet if one.notify is Notify.ON_CALL) == (at("12:00"), True)
    assert not any(one.quiet for one in timeline(policy, MONDAY, replace(MISTAKE, severity=3)))


def test_nobody_is_shown_as_pinged_again_within_the_pause() -> None:
    rungs = tuple(Rung(Delay(n * 5 * MINUTE), Notify.ON_CALL) for n in (1, 2, 3, 4))
    grouping = Grouping(30 * timedelta(seconds=1), 5 * MINUTE, 10 * MINUTE)
    policy = replace(POLICY, ladders=(Ladder("l", rungs),), grouping=grouping)
    pings = [(one.ping_at, one.is_said_without_ping) for one in timeline(policy, MONDAY, MISTAKE) if one.rung]
    half = timedelta(seconds=30)
    said = [MONDAY + minutes * MINUTE + half for minutes in (5, 15, 25)]
    assert pings == [(said[0], False), (said[1], False), (None, True), (said[2], False)]


def test_days_off_on_the_way_are_named_but_not_those_on_which_nobody_works_anyway() -> None:
    saturday = FRIDAY.date() + timedelta(days=1)
    hours = Hours(HOURS.zone, HOURS.week, frozenset({FRIDAY.date(), saturday, date(2030, 1, 1)}))
    policy = replace(POLICY, hours=hours)
    assert crossed(policy, POLICY.ladders[0], MONDAY, MONDAY + 7 * DAY) == (FRIDAY.date(),)
    assert crossed(policy, POLICY.ladders[0], FRIDAY, FRIDAY) == (FRIDAY.date(),)
    assert crossed(policy, POLICY.ladders[0], FRIDAY + DAY, FRIDAY + 7 * DAY) == ()


delays = st.builds(Delay, st.integers(1, 6000).map(lambda n: n * MINUTE), st.booleans())
rungs = st.builds(
    Rung, delays, st.sampled_from([Notify.CHANNEL, Notify.ON_CALL, Notify.LEAD, Notify.SCHEDULE]),
    st.sampled_from(["", "night"]), st.sampled_from(How),
)  # fmt: skip
ladders = st.builds(
    Ladder, st.just("any"), st.lists(rungs, min_size=1, max_size=5).map(tuple), repeat=st.integers(0, 3)
)


@given(
    climbed=ladders, minutes=st.integers(0, 20_000), shift=st.integers(0, 20_000), named=st.booleans(),
    severity=st.integers(1, 3),
)  # fmt: skip
def test_whatever_the_ladder_its_time_line_goes_forward_ends_and_has_each_rung_once_a_round(
    climbed: Ladder, minutes: int, shift: int, named: bool, severity: int
) -> None:
    night = Shift("night", "U0MARA", MONDAY + shift * MINUTE)
    policy = replace(
        POLICY, ladders=(climbed,), roster=Roster(ON_CALL if named else OnCall(), (night,)),
        grouping=Grouping(MINUTE, 5 * MINUTE, HOUR),
    )  # fmt: skip
    moments = timeline(policy, MONDAY + minutes * MINUTE, Traits("mistake", severity, 0.0, "mail"))
    assert [one.at for one in moments] == sorted(one.at for one in moments)
    size, rounds = len(climbed.rungs), 1 + climbed.repeat
    assert [(one.round, one.rung) for one in moments if one.rung] == [
        (round_, rung) for round_ in range(1, rounds + 1) for rung in range(1, size + 1)
    ]
    assert [one.kind for one in moments].count(Kind.EXHAUSTED) == 1
    assert [one.kind for one in moments].count(Kind.FIRST_RESPONSE_OVERDUE) == 1
    assert all(one.ping_at >= one.at for one in moments if one.ping_at)


reasons = st.sampled_from([reason.value for reason in Reason if reason.opens])
media = st.sampled_from(["mail", "customer_channel", "work_channel"])


@given(
    st.builds(
        Ladder, st.just("any"), st.just(ELAPSED.rungs), st.frozensets(reasons), severity=st.integers(0, 3),
        value=st.sampled_from([0.0, 10.0, 1e6]), media=st.frozensets(media),
    ),
    st.builds(Traits, reasons, st.integers(1, 3), st.sampled_from([0.0, 9.0, 10.0, 2e6]), media),
)  # fmt: skip
def test_there_is_a_reason_against_a_policy_exactly_where_it_does_not_suit(policy: Ladder, traits: Traits) -> None:
    assert (objections(policy, traits) == ()) == policy.suits(traits)
    assert (conditions(policy) == ()) == policy.is_general


def test_a_policy_in_words() -> None:
    first, then = (
        Rung(Delay(5 * MINUTE), Notify.ON_CALL, how=How.CHANNEL),
        Rung(Delay(HOUR), Notify.PERSON, "U1", How.DM),
    )
    urgent = Ladder(
        "urgent", (first, then), frozenset({"mistake", "staff_report"}), 2, 2, 10_000.0, frozenset({"mail"}),
    )  # fmt: skip
    assert purpose(urgent) == (
        "for cases of the kind mistake or staff report, of severity 2 or worse, "
        "of customers worth 10,000 or more, from mail"
    )
    assert steps(urgent) == ("after 5m, to the on-call, seen in the channel too", "after 1h, to U1, by direct message")
    assert repeats(urgent) == "then all over again, 2 times"
    assert objections(urgent, Traits("ignored", 1, 0.0, "customer_channel")) == (
        "it is for mistake or staff report, not for ignored",
        "it asks for severity 2 or worse, and this has 1",
        "it asks for a customer worth 10,000 or more, and this one is worth 0",
        "it is for what comes from mail, and this comes from customer channel",
    )
    assert purpose(ELAPSED) == "for every case that no other is for"

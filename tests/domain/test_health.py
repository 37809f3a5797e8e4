"""What is wrong, judged from what the database knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.health import Expected, Health, Pulse, Vitals, judge
from bot.domain.watching import Watched
from tests.fakes.clock import MONDAY as NOW

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
INBOX = ("support", "support/INBOX")
EXPECTED = Expected({INBOX: MINUTE / 2}, heartbeat=MINUTE, canary=True)


def folder(good: timedelta, error: str = "") -> Watched:
    return Watched(*INBOX, NOW - HOUR, NOW - good, error, is_told=False)


def flight(began: timedelta, arrived: timedelta | None = None) -> Pulse:
    return Pulse(NOW - began, NOW - arrived if arrived is not None else None)


FINE = Vitals(
    pulses={"tick": Pulse(NOW - HOUR, NOW - SECOND), "deliver": Pulse(NOW - HOUR, NOW - 5 * SECOND)},
    folders=(folder(10 * SECOND),), canary_due_at=NOW + HOUR,
)  # fmt: skip


def ids(found: Health) -> list[str]:
    return [one.id for one in found.findings]


def with_pulse(name: str, pulse: Pulse) -> Vitals:
    return replace(FINE, pulses={**FINE.pulses, name: pulse})


def test_an_amends_that_works_has_no_findings() -> None:
    found = judge(FINE, EXPECTED, NOW)
    assert (found.findings, found.is_healthy) == ((), True)


@pytest.mark.parametrize(("ticked", "is_well"), [(3 * SECOND, True), (3.1 * SECOND, False)])
def test_three_ticks_without_one_are_unhealthy(ticked: timedelta, is_well: bool) -> None:
    found = judge(with_pulse("tick", Pulse(NOW - HOUR, NOW - ticked)), EXPECTED, NOW)
    assert (found.is_healthy, ids(found)) == (is_well, [] if is_well else ["tick"])


def test_an_amends_that_never_ticked_is_unhealthy_and_says_what_to_start() -> None:
    (found,) = judge(Vitals(), Expected(), NOW).findings
    assert found.id == "tick"
    assert "start `amends run`" in found.said


def test_why_the_last_tick_failed_is_said_where_it_is_known() -> None:
    late = with_pulse("tick", Pulse(NOW - HOUR, NOW - 9 * SECOND))
    assert "for 9s. The disk is full." in judge(late, EXPECTED, NOW, "The disk is full.").findings[0].said
    assert judge(FINE, EXPECTED, NOW, "The disk is full.").is_healthy, "it ticks all the same"


@pytest.mark.parametrize(("since", "expected"), [(2 * SECOND, []), (2.5 * SECOND, ["deadlines"])])
def test_a_deadline_that_was_passed_over_for_two_ticks_is_unhealthy(since: timedelta, expected: list[str]) -> None:
    found = judge(replace(FINE, due=7, due_since=NOW - since), EXPECTED, NOW)
    assert ids(found) == expected
    assert found.is_healthy == (not expected)


def test_an_alert_that_waits_for_more_than_two_minutes_is_unhealthy() -> None:
    assert judge(replace(FINE, unsaid_since=NOW - 2 * MINUTE), EXPECTED, NOW).is_healthy
    found = judge(replace(FINE, unsaid_since=NOW - 3 * MINUTE), EXPECTED, NOW)
    assert (ids(found), found.is_healthy) == (["outbox"], False)


def test_a_way_out_that_is_not_walked_is_unhealthy_even_while_nothing_waits() -> None:
    assert ids(judge(with_pulse("deliver", Pulse(NOW - HOUR, NOW - 3 * MINUTE)), EXPECTED, NOW)) == ["deliver"]


@pytest.mark.parametrize(("good", "expected"), [(89 * SECOND, []), (90 * SECOND, ["mailbox.support/INBOX"])])
def test_a_folder_without_a_good_look_for_three_intervals_is_unhealthy(good: timedelta, expected: list[str]) -> None:
    found = judge(replace(FINE, folders=(folder(good, "It does not answer."),)), EXPECTED, NOW)
    assert ids(found) == expected
    assert all("It does not answer." in one.said for one in found.findings)


def test_a_folder_of_an_older_config_is_nobodys_business_and_one_never_looked_at_is_a_warning() -> None:
    elsewhere = Expected({("sales", "sales/INBOX"): MINUTE})
    found = judge(replace(FINE, folders=(folder(HOUR),)), elsewhere, NOW)
    assert (ids(found), found.is_healthy) == (["mailbox.sales/INBOX"], True)


@pytest.mark.parametrize(
    ("pulse", "is_well"),
    [
        (flight(4 * MINUTE), True),
        (flight(6 * MINUTE), False),
        (flight(6 * MINUTE, 5 * MINUTE), True),
        (flight(6 * MINUTE, 2 * HOUR), False),
    ],
    ids=["on its way", "lost", "arrived", "the one before arrived"],
)
def test_a_canary_that_does_not_arrive_within_five_minutes_is_unhealthy(pulse: Pulse, is_well: bool) -> None:
    found = judge(with_pulse("canary", pulse), EXPECTED, NOW)
    assert found.is_healthy == is_well
    assert judge(with_pulse("canary", pulse), Expected({INBOX: MINUTE}), NOW).is_healthy, "none is wanted"


def test_a_canary_that_does_not_even_start_is_unhealthy() -> None:
    found = judge(replace(FINE, canary_due_at=NOW - 6 * MINUTE), EXPECTED, NOW)
    assert (ids(found), found.is_healthy) == (["canary"], False)


def test_a_heartbeat_that_does_not_get_through_is_no_reason_to_end_it() -> None:
    pulse = Pulse(NOW - HOUR, NOW - 4 * MINUTE, "It did not answer in time.")
    found = judge(with_pulse("heartbeat", pulse), EXPECTED, NOW)
    assert (ids(found), found.is_healthy) == (["heartbeat"], True)
    assert judge(with_pulse("heartbeat", replace(pulse, good_at=NOW - MINUTE)), EXPECTED, NOW).findings == ()


@pytest.mark.parametrize(
    ("vitals", "expected"),
    [
        (replace(FINE, dead=2), "outbox.dead"),
        (replace(FINE, in_doubt=1), "outbox.doubt"),
        (replace(FINE, told_failed=1), "inbound.failed"),
        (replace(FINE, calendars={"support": "There is no such host."}), "calendar.support"),
        (replace(FINE, quarantined=1), "quarantine"),
        (replace(FINE, disk_free=50 << 20), "disk"),
        (replace(FINE, logged_at=NOW + HOUR), "clock"),
    ],
)
def test_what_somebody_should_look_at_is_a_warning(vitals: Vitals, expected: str) -> None:
    found = judge(vitals, EXPECTED, NOW)
    assert (ids(found), found.is_healthy) == ([expected], True)


@pytest.mark.parametrize(("vitals", "expected"), [
    (replace(FINE, disk_free=1 << 20), "disk"), (replace(FINE, told_since=NOW - 3 * MINUTE), "inbound"),
])  # fmt: skip
def test_what_keeps_amends_from_its_work_is_unhealthy(vitals: Vitals, expected: str) -> None:
    found = judge(vitals, EXPECTED, NOW)
    assert (ids(found), found.is_healthy) == ([expected], False)


def test_clocks_of_machines_that_share_a_database_may_differ_by_a_minute() -> None:
    assert judge(replace(FINE, logged_at=NOW + MINUTE), EXPECTED, NOW).findings == ()


@given(st.timedeltas(SECOND, timedelta(days=9000)))
def test_a_clock_that_goes_back_makes_nothing_unhealthy(back: timedelta) -> None:
    assert judge(replace(FINE, due_since=NOW, unsaid_since=NOW), EXPECTED, NOW - back).is_healthy


@given(st.lists(st.sampled_from(["dead", "in_doubt", "quarantined"])), st.booleans())
def test_the_worst_stands_first_and_each_finding_is_one_sentence_with_what_to_do(bad: list[str], late: bool) -> None:
    wrong: dict[str, Any] = dict.fromkeys(bad, 1)
    vitals = replace(FINE, **wrong, due=int(late), due_since=NOW - HOUR if late else None)
    found = judge(vitals, EXPECTED, NOW)
    assert [one.severity.value for one in found.findings] == ["unhealthy"] * late + ["warning"] * len(set(bad))
    assert all(one.said.endswith(".") for one in found.findings)

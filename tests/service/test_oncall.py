"""Calendars are read now and then, and gaps are told of before somebody falls into them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.domain.escalation import Ladder, Notify, Rung
from bot.domain.hours import Delay
from bot.domain.rota import Rota
from bot.domain.rotation import Rotation
from bot.domain.shifts import Shift, Shifts
from bot.errors import Refused, Retriable
from bot.service.oncall import read_calendars, schedules_used, tell_of_gaps
from bot.service.oncall_ports import Reading
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.fakes.build import HOUR
from tests.fakes.clock import MONDAY, SimulatedClock

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
UTC = ZoneInfo("UTC")
ANN = Shift("U0ANN", MONDAY - HOUR, MONDAY + 8 * HOUR)


@dataclass
class ScriptedCalendar:
    """Says what the script says, then the last of it for ever."""

    script: list[Reading | Exception]
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)

    def read(self, start: datetime, end: datetime) -> Reading:
        self.asked.append((start, end))
        told = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(told, Exception):
            raise told
        return told


@pytest.fixture
def store(tmp_path: Path, clock: SimulatedClock) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{tmp_path / 'amends.db'}", clock)
    yield opened
    opened.close()


def said(store: SqlStore) -> list[str]:
    """The titles and lines of all notices so far."""
    o = t.outbox.c
    rows = store.read(lambda c: c.execute(select(o.notice).where(o.notice.is_not(None)).order_by(o.id)).scalars().all())
    told = [json.loads(row) if isinstance(row, str) else row for row in rows]
    return [f"{one['title']} | {' / '.join(one['lines'])}" for one in told]


def known(store: SqlStore) -> Sequence[Shift]:
    return store.transact(lambda tx: tx.shifts()).get("support", [])


DOWN = Retriable("It did not answer in time.", where="calendar.acme.example")


# reading


def test_a_calendar_is_read_every_quarter_of_an_hour_from_a_day_ago_to_two_months_ahead(
    store: SqlStore, clock: SimulatedClock
) -> None:
    calendar = ScriptedCalendar([Reading((ANN,))])
    for _ in range(31):
        read_calendars(store, {"support": calendar})
        clock.advance(MINUTE)
    assert calendar.asked == [
        (begin - DAY, begin + 60 * DAY) for begin in (MONDAY, MONDAY + 15 * MINUTE, MONDAY + 30 * MINUTE)
    ]
    assert known(store) == [ANN]
    assert said(store) == []


def test_at_once_means_whenever_it_was_read_before(store: SqlStore) -> None:
    calendar = ScriptedCalendar([Reading((ANN,))])
    assert [read_calendars(store, {"support": calendar}, at_once=True) for _ in range(2)] == [1, 1]


def test_a_clock_that_is_put_back_stops_no_reading(store: SqlStore, clock: SimulatedClock) -> None:
    calendar = ScriptedCalendar([Reading((ANN,))])
    read_calendars(store, {"support": calendar})
    clock.advance(-30 * DAY)
    assert read_calendars(store, {"support": calendar}) == 1


@pytest.mark.parametrize("trouble", [DOWN, Refused("This is no calendar.")])
def test_a_failure_keeps_the_last_good_shifts_and_costs_no_other_calendar_its_turn(
    store: SqlStore, clock: SimulatedClock, trouble: Exception
) -> None:
    broken, fine = ScriptedCalendar([Reading((ANN,)), trouble]), ScriptedCalendar([Reading(())])
    read_calendars(store, {"support": broken, "nights": fine})
    clock.advance(HOUR)
    assert read_calendars(store, {"support": broken, "nights": fine}) == 1
    assert known(store) == [ANN]


def test_a_calendar_that_cannot_be_read_for_six_hours_is_told_once_and_so_is_that_it_can(
    store: SqlStore, clock: SimulatedClock
) -> None:
    calendar = ScriptedCalendar([Reading((ANN,)), *[DOWN] * 40, Reading((ANN,))])
    told = []
    for _ in range(60):
        read_calendars(store, {"support": calendar})
        told.append(len(said(store)))
        clock.advance(15 * MINUTE)
    assert told == [0] * 24 + [1] * 17 + [2] * 19
    assert said(store) == [
        f"An on-call calendar cannot be read | support: not read for 6h; what it held then holds on. {DOWN}",
        "An on-call calendar is read again | support: shifts read: 1.",
    ]


def test_a_calendar_that_was_never_read_is_told_at_once_since_nothing_of_it_holds(
    store: SqlStore, clock: SimulatedClock
) -> None:
    calendar = ScriptedCalendar([DOWN, DOWN, Reading(()), DOWN])
    for count in (1, 1, 2, 2):
        read_calendars(store, {"support": calendar})
        assert len(said(store)) == count
        clock.advance(HOUR)
    assert said(store)[0].startswith("An on-call calendar cannot be read | support: never read yet.")


def test_whom_a_calendar_names_and_nobody_knows_is_told_once_each(store: SqlStore, clock: SimulatedClock) -> None:
    zoe, cy = "“Zoe” names nobody.", "“Cy” names nobody."
    calendar = ScriptedCalendar([Reading((), (zoe,)), Reading((), (zoe,)), Reading((), (zoe, cy)), Reading((), (cy,))])
    for _ in range(6):
        read_calendars(store, {"support": calendar})
        clock.advance(HOUR)
    title = "Somebody in an on-call calendar is not known"
    assert said(store) == [f"{title} | support: {zoe}", f"{title} | support: {cy}"]


# gaps


def shifts(*spans: tuple[float, float]) -> Rota:
    """A calendar whose shifts begin and end so many days from Monday."""
    found = tuple(Shift("U0ANN", MONDAY + begins * DAY, MONDAY + ends * DAY) for begins, ends in spans)
    return Rota("support", "calendar", Shifts("support", found, MONDAY + 60 * DAY), UTC)


def titles(store: SqlStore, clock: SimulatedClock, rota: Rota, hours: int) -> list[tuple[int, str]]:
    """What is newly said in which hour."""
    told: list[tuple[int, str]] = []
    for hour in range(hours):
        before = len(said(store))
        tell_of_gaps(store, [rota], {"support"})
        told += [(hour, one) for one in said(store)[before:]]
        clock.advance(HOUR)
    return told


def test_a_gap_is_told_when_it_comes_into_sight_and_once_more_a_day_before(
    store: SqlStore, clock: SimulatedClock
) -> None:
    told = titles(store, clock, shifts((-1, 8), (8.5, 40)), 10 * 24)
    assert [hour for hour, _said in told] == [24 + 1, 7 * 24]
    begins = "Nobody is on call: support | From Tue 2026-03-10 09:00"
    assert told[1][1] == f"{begins} until Tue 2026-03-10 21:00 (UTC): calendar support has no shift."
    assert told[0][1].startswith(f"{begins} on (UTC)"), "its end lies beyond what is looked at"


def test_two_gaps_are_two_alerts(store: SqlStore) -> None:
    assert tell_of_gaps(store, [shifts((-1, 2), (3, 4), (5, 40))], {"support"}) == 2


def test_a_gap_that_is_filled_before_the_last_day_is_not_told_again(store: SqlStore, clock: SimulatedClock) -> None:
    assert len(titles(store, clock, shifts((-1, 3), (4, 40)), 24)) == 1
    assert titles(store, clock, shifts((-1, 40)), 72) == []


def test_a_gap_that_is_there_already_is_told_at_once_and_then_each_day(store: SqlStore, clock: SimulatedClock) -> None:
    told = titles(store, clock, shifts((-5, -2), (3, 40)), 72)
    assert [hour for hour, _said in told] == [0, 15, 39, 63], "at once, and at the beginning of each day"
    assert told[0][1].startswith("Nobody is on call: support | Now until Thu 2026-03-05 09:00")


def test_a_gap_that_was_told_is_not_told_again_as_it_begins(store: SqlStore, clock: SimulatedClock) -> None:
    told = titles(store, clock, shifts((-1, 0.5), (1, 40)), 24)
    assert [hour for hour, _said in told] == [0]


def test_a_rotation_that_has_not_begun_is_a_gap(store: SqlStore) -> None:
    rotation = Rotation("support", ("U0ANN",), (MONDAY + 3 * DAY).date(), MONDAY.time(), UTC, None)
    assert tell_of_gaps(store, [Rota("support", "rotation", rotation, UTC)], {"support"}) == 1
    assert "Now until Thu 2026-03-05 09:00 (UTC): daily rotation support has not begun." in said(store)[0]


def test_a_schedule_that_no_policy_uses_may_have_gaps(store: SqlStore) -> None:
    assert tell_of_gaps(store, [shifts()], {"on_call", "nights"}) == 0


def test_it_is_looked_once_an_hour_however_often_it_is_asked_for(store: SqlStore, clock: SimulatedClock) -> None:
    assert tell_of_gaps(store, [], {"support"}) == 0
    clock.advance(59 * MINUTE)
    assert tell_of_gaps(store, [shifts()], {"support"}) == 0
    clock.advance(MINUTE)
    assert tell_of_gaps(store, [shifts()], {"support"}) == 1


def test_a_clock_that_is_put_back_stops_no_look(store: SqlStore, clock: SimulatedClock) -> None:
    tell_of_gaps(store, [], {"support"})
    clock.advance(-30 * DAY)
    assert tell_of_gaps(store, [shifts()], {"support"}) == 1


def test_the_schedules_of_a_policy_are_all_that_a_rung_names() -> None:
    rungs = (
        Rung(Delay(HOUR), Notify.CHANNEL), Rung(Delay(2 * HOUR), Notify.SCHEDULE, "support"),
        Rung(Delay(3 * HOUR), Notify.ON_CALL),
    )  # fmt: skip
    assert {"support", "on_call"} <= schedules_used([Ladder("default", rungs)])
    assert "lead" not in schedules_used([Ladder("default", rungs)])

"""S12 to S14: deadlines are exact, whatever the clocks do, and outlive policies, upgrades and backups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, select, text

from bot.domain.escalation import Ladder, Notify, OnCall, Rung
from bot.domain.hours import Delay, Hours
from bot.domain.message import Person
from bot.domain.roster import Roster
from bot.service.tick import tick
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.escalation import invariants
from tests.escalation.processes import Life
from tests.fakes.build import DAY, HOUR, MINUTE, MISTAKE, POLICY, working
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.test_upgrading import A_CASE, a_message, a_thread, at_revision

# Thursdays and Fridays after which clocks jump by half an hour, skip a day, or go back for a month of fasting.
BEFORE_A_JUMP = {
    "Australia/Lord_Howe": datetime(2026, 4, 3, 0, 10, tzinfo=UTC),
    "Pacific/Apia": datetime(2011, 12, 29, 20, 5, tzinfo=UTC),
    "Africa/Casablanca": datetime(2026, 2, 13, 15, 50, tzinfo=UTC),
    "Europe/Berlin": datetime(2026, 3, 27, 15, 20, tzinfo=UTC),
    "America/New_York": datetime(2026, 10, 30, 20, 40, tzinfo=UTC),
}


def minutes_on(start: datetime, length: timedelta, zone: ZoneInfo) -> datetime:
    """So much working time later, each minute looked at on the clock on the wall."""
    left, moment = length // MINUTE, start
    while left:
        wall = moment.astimezone(zone)
        left -= wall.weekday() < 5 and 9 <= wall.hour < 17
        moment += MINUTE
    return moment


@pytest.mark.parametrize("name", BEFORE_A_JUMP)
def test_s12_elapsed_deadlines_are_exact_over_a_jump_and_those_of_work_are_the_minutes_counted(
    url: str, name: str
) -> None:
    zone, start = ZoneInfo(name), BEFORE_A_JUMP[name]
    ladder = Ladder("over the weekend", (Rung(Delay(3 * DAY), Notify.CHANNEL), Rung(working(20 * HOUR), Notify.LEAD)))
    hours = Hours(zone, tuple((day, time(9), time(17)) for day in range(5)))
    life = Life(url, replace(POLICY, ladders=(ladder,), hours=hours), start)
    life.customer("You charged me twice.", MISTAKE)
    assert life.case().step_due_at == start + 3 * DAY
    assert life.case().answer_due_at == minutes_on(start, 8 * HOUR, zone)
    life.passes(3 * DAY)
    assert life.case().step_due_at == max(minutes_on(start, 20 * HOUR, zone), start + 3 * DAY)
    life.store.close()


def complaints(life: Life, count: int) -> None:
    for number in range(count):
        life.customer(
            "You charged me twice.", MISTAKE, sender=Person(f"c{number}@customer.example"), rfc_id=f"<{number}@c>"
        )


def said(life: Life) -> list[str]:
    """Since the last time, without the number of the case."""
    posts = [post.alert.key.split(":", 1)[1] for post in life.channel.unheard()]
    life.channel.heard = len(life.channel.posts)
    return posts


def test_s13_a_clock_that_is_put_back_says_nothing_twice(life: Life) -> None:
    complaints(life, 3)
    life.passes(HOUR)
    assert len(said(life)) == 9
    for back in (HOUR, DAY):
        life.clock.advance(-back)
        for _ in range(4):
            life.clock.advance(15 * MINUTE)
            life.engine()
        assert said(life) == []
    life.passes(2 * DAY)
    assert sorted(said(life)) == sorted(["first_response_overdue:0:3:on_call", "still_unanswered:0:2:lead"] * 3)


def test_s13_a_clock_that_jumps_far_ahead_fires_one_rung_a_case_and_then_keeps_its_gaps(life: Life) -> None:
    complaints(life, 3)
    said(life)
    life.clock.advance(400 * DAY)
    life.engine()
    assert sorted(said(life)) == sorted(["still_unanswered:0:0:channel"] * 3)
    life.clock.advance(MINUTE)
    life.engine()
    assert sorted(said(life)) == sorted(["first_response_overdue:0:1:on_call"] * 3)
    life.passes(43 * MINUTE)
    assert said(life) == []
    life.passes(MINUTE)
    assert sorted(said(life)) == sorted(["still_unanswered:0:1:on_call"] * 3)


def test_s14_what_a_case_waits_for_is_named_after_no_function_of_ours(life: Life) -> None:
    complaints(life, 1)
    life.passes(2 * HOUR)
    rows = life.store.read(
        lambda c: [str(tuple(row)) for x in t.metadata.sorted_tables for row in c.execute(select(x))]
    )
    assert len(rows) > 5
    assert not [row for row in rows if "bot." in row or "on_due" in row]


@pytest.mark.parametrize("left", [POLICY.ladders, (Ladder("new", (Rung(Delay(HOUR), Notify.CHANNEL),)),)])
def test_s14_a_policy_that_is_renamed_and_a_schedule_that_is_gone_lose_no_deadline(
    life: Life, left: tuple[Ladder, ...]
) -> None:
    rungs = (Rung(Delay(15 * MINUTE), Notify.SCHEDULE, "night"), Rung(Delay(HOUR), Notify.ON_CALL))
    life.intake = replace(life.intake, policy=replace(POLICY, ladders=(Ladder("old", rungs),)))
    complaints(life, 2)
    said(life)
    life.policy = replace(POLICY, ladders=left, roster=Roster(OnCall(on_call="S0OTHER")))
    life.passes(15 * MINUTE)
    assert said(life) == ["still_unanswered:0:1:on_call"] * 2
    assert life.channel.posts[-1].alert.mention == "S0OTHER"
    life.passes(DAY)
    assert "exhausted:0:2:channel" in said(life)


def test_s14_cases_of_an_older_amends_are_due_when_they_were(url: str, clock: SimulatedClock) -> None:
    old_case = {key: value for key, value in A_CASE.items() if key != "ladder"} | {
        "ladder": {"name": "default", "reasons": [], "rungs": [
            {"seconds": 900.0, "working": False, "notify": "channel"},
            {"seconds": 3600.0, "working": False, "notify": "on_call"},
        ]},
    }  # fmt: skip
    numbers = range(1, 4)
    with at_revision(url, clock, "0004") as old:
        old.fill(
            (t.thread, [a_thread(number) for number in numbers]),
            (t.message, [a_message(number, "You charged me twice.", 0.9, "mistake") for number in numbers]),
            (t.case, [old_case | {"id": number, "thread_id": number, "message_id": number} for number in numbers]),
        )  # fmt: skip
        store = old.upgraded()
        assert tick(store, POLICY).due == 0
        clock.set(A_CASE["next_due_at"])  # type: ignore[arg-type]
        assert tick(store, POLICY).due == 3
        clock.advance(45 * MINUTE)
        assert tick(store, POLICY).due == 3
        keys = [key for (key,) in store.read(lambda c: c.execute(select(t.outbox.c.key).order_by(t.outbox.c.id)).all())]
    assert sorted(key.split(":", 1)[1] for key in keys) == sorted(
        ["still_unanswered:0:0:channel", "still_unanswered:0:1:on_call"] * 3
    )


def copied(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    tables = t.metadata.sorted_tables
    return {x.name: [dict(row) for row in connection.execute(select(x)).mappings()] for x in tables}


def restored(url: str, clock: SimulatedClock, backup: dict[str, list[dict[str, Any]]]) -> SqlStore:
    store = SqlStore(url, clock)
    with store.engine.begin() as connection:
        for table in t.metadata.sorted_tables:
            if backup[table.name]:
                connection.execute(insert(table), backup[table.name])
            if "id" in table.c and connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 99)"))
    return store


def test_s14_a_backup_that_is_restored_days_later_has_lost_no_deadline(fresh: Callable[[], str]) -> None:
    life = Life(fresh())
    complaints(life, 4)
    backup = life.store.read(copied)
    life.passes(20 * MINUTE)
    life.store.close()
    later = Life(fresh(), start=MONDAY)
    later.store.close()
    later.clock.set(MONDAY + 3 * DAY)
    later.store = restored(str(later.store._url.render_as_string(hide_password=False)), later.clock, backup)
    assert tick(later.store, POLICY).due == 4
    assert tick(later.store, POLICY).due == 4
    assert {key.split(":", 1)[1] for key, _ in later.outbox()[4:]} == {
        "still_unanswered:0:0:channel", "first_response_overdue:0:1:on_call",
    }  # fmt: skip
    assert tick(later.store, POLICY).due == 0
    invariants.hold(later.store)
    later.store.close()

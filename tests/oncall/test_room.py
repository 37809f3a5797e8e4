"""On-call as it runs: calendars beside the config, the database, and the roster that rungs ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.escalation import Notify
from bot.oncall import OnCallRoom, rotas_at
from bot.settings import Settings, load
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.edges.calendars import calendar, calendar_server, event
from tests.fakes.build import HOUR
from tests.fakes.clock import MONDAY, SimulatedClock

CONFIG = """
[slack]
alert_channel = "C0123456789"
on_call = "S0FIXED"
lead = "U0LEAD"
[[oncall]]
name = "on_call"
calendar = "{where}"
[oncall.people]
"Ann" = "U0ANN"
[[oncall.override]]
who = "U0MO"
from = 2026-03-03T12:00:00
until = 2026-03-03T13:00:00
[[oncall]]
name = "support"
rotation = "daily"
start = 2026-01-05
people = ["U0BEN"]
"""
DAYS = ("DTSTART:20260301T080000Z", "DURATION:PT10H", "RRULE:FREQ=DAILY", "SUMMARY:Ann")


@pytest.fixture
def store(tmp_path: Path, clock: SimulatedClock) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{tmp_path / 'amends.db'}", clock)
    yield opened
    opened.close()


def configured(folder: Path, where: str = "support.ics") -> Settings:
    file = folder / "config.toml"
    file.write_text(CONFIG.format(where=where), encoding="utf-8")
    return load(file, MONDAY)


def who(room: OnCallRoom, at: datetime, notify: Notify = Notify.ON_CALL, name: str = "") -> str:
    duty = room.roster.duty(notify, name, at)
    assert duty is not None
    return duty.who


def titles(store: SqlStore) -> list[str]:
    o = t.outbox.c
    return store.read(lambda c: [row["title"] for row in c.execute(select(o.notice).order_by(o.id)).scalars()])


def test_once_it_is_kept_the_roster_knows_the_calendar_and_its_overrides(
    tmp_path: Path, store: SqlStore, clock: SimulatedClock
) -> None:
    (tmp_path / "support.ics").write_bytes(calendar(event(*DAYS)))
    room = OnCallRoom(configured(tmp_path), store, clock)
    assert who(room, MONDAY) == "", "nothing was read yet"
    room.keep()
    assert [who(room, MONDAY + hours * HOUR) for hours in (0, 8, 9, 26, 27, 28)] == [
        "U0ANN", "U0ANN", "", "U0ANN", "U0MO", "U0ANN",
    ]  # fmt: skip
    assert who(room, MONDAY, Notify.LEAD) == "U0LEAD"
    assert who(room, MONDAY, Notify.SCHEDULE, "support") == "U0BEN"


def test_another_process_knows_it_from_the_database_without_reading(
    tmp_path: Path, store: SqlStore, clock: SimulatedClock
) -> None:
    (tmp_path / "support.ics").write_bytes(calendar(event(*DAYS)))
    OnCallRoom(configured(tmp_path), store, clock).keep()
    (tmp_path / "support.ics").unlink()
    assert who(OnCallRoom(configured(tmp_path), store, clock), MONDAY) == "U0ANN"


def test_gaps_of_schedules_that_ladders_speak_to_are_told(
    tmp_path: Path, store: SqlStore, clock: SimulatedClock
) -> None:
    (tmp_path / "support.ics").write_bytes(calendar(event(*DAYS[:2], "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:Ann")))
    OnCallRoom(configured(tmp_path), store, clock).keep()
    assert titles(store) == ["Nobody is on call: on_call"] * 2, "one in the night, one from the third day on"


def test_a_server_that_fails_raises_nothing_and_what_it_said_before_holds(
    tmp_path: Path, store: SqlStore, clock: SimulatedClock
) -> None:
    with calendar_server() as server:
        room = OnCallRoom(configured(tmp_path, server.says("/a.ics", calendar(event(*DAYS)))), store, clock)
        room.keep()
        server.says("/a.ics", status=500)
        clock.advance(timedelta(minutes=20))
        room.keep()
        clock.advance(timedelta(minutes=20))
        server.says("/a.ics", b"this is no calendar")
        room.keep()
        assert len(server.asked) == 3
    assert who(room, MONDAY) == "U0ANN"


def test_what_is_asked_about_a_moment_that_the_database_does_not_know_is_read_for_once(
    tmp_path: Path, store: SqlStore, clock: SimulatedClock
) -> None:
    (tmp_path / "support.ics").write_bytes(calendar(event(*DAYS), event("DTSTART:garbage", "SUMMARY:Zoe")))
    settings = configured(tmp_path)
    far = datetime(2029, 7, 1, 12, tzinfo=UTC)
    (on_call, _support), problems = rotas_at(settings, store, far)
    assert on_call.duty(far).who == "U0ANN"
    assert problems == ["on_call: “Zoe” is written in a way that cannot be read."]
    assert store.transact(lambda tx: tx.calendars()) == [], "looking changes nothing"


def test_what_the_database_knows_is_not_read_again(tmp_path: Path, store: SqlStore, clock: SimulatedClock) -> None:
    (tmp_path / "support.ics").write_bytes(calendar(event(*DAYS)))
    settings = configured(tmp_path)
    OnCallRoom(settings, store, clock).keep()
    (tmp_path / "support.ics").unlink()
    (on_call, _support), problems = rotas_at(settings, store, MONDAY + HOUR)
    assert (on_call.duty(MONDAY + HOUR).who, problems) == ("U0ANN", [])


def test_a_calendar_that_cannot_be_read_is_a_problem_to_be_told(tmp_path: Path, store: SqlStore) -> None:
    (on_call, _support), problems = rotas_at(configured(tmp_path), store, MONDAY)
    assert on_call.duty(MONDAY).why == "nobody: calendar on_call was never read, until Tue 2026-03-03 12:00"
    (problem,) = problems
    assert "No such file" in problem

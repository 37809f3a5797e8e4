"""Calendars into shifts: whose, from when to when, and what is not understood is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.shifts import Shift
from bot.edges.calendar import MOST, CalendarAt, Wanted, shifts_in
from bot.edges.calendar_request import LARGEST, fetch
from bot.errors import Refused, Retriable
from bot.service.oncall_ports import Reading
from tests.edges.calendars import HEAD, calendar, calendar_server, event

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 27, tzinfo=UTC)
END = START + timedelta(days=4)
PEOPLE = {"ann@example.com": "U0ANN", "ann": "U0ANN", "ben lee": "U0BEN", "ben": "U0OTHER", "the crew": "S0CREW"}
WANTED = Wanted(START, END, BERLIN, PEOPLE)
MORNING = ("DTSTART:20260328T080000Z", "DTEND:20260328T160000Z")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def read(*events: str) -> Reading:
    return shifts_in(calendar(*events), WANTED)


def whose(*lines: str) -> str:
    """Who is on call by an event of these lines, or what is said of it."""
    found = read(event(*MORNING, *lines))
    return found.shifts[0].who if found.shifts else found.problems[0]


def test_a_shift_that_repeats_is_one_shift_a_day_at_the_same_wall_time() -> None:
    daily = event(
        "DTSTART;TZID=Europe/Berlin:20260105T090000", "DTEND;TZID=Europe/Berlin:20260105T170000", "RRULE:FREQ=DAILY",
        "SUMMARY:Ann",
    )  # fmt: skip
    assert read(daily).shifts == (
        Shift("U0ANN", at(27, 8), at(27, 16)), Shift("U0ANN", at(28, 8), at(28, 16)),
        Shift("U0ANN", at(29, 7), at(29, 15)), Shift("U0ANN", at(30, 7), at(30, 15)),
    )  # fmt: skip


def test_a_whole_day_is_one_of_the_schedules_zone_and_may_have_23_hours() -> None:
    day = event("DTSTART;VALUE=DATE:20260329", "SUMMARY:Ann")
    assert read(day).shifts == (Shift("U0ANN", at(28, 23), at(29, 22)),)


def test_a_moment_without_a_zone_is_one_of_the_schedules_zone() -> None:
    floating = event("DTSTART:20260330T003000", "DURATION:PT1H", "SUMMARY:Ann")
    assert read(floating).shifts == (Shift("U0ANN", at(29, 22, 30), at(29, 23, 30)),)


def test_a_shift_that_goes_on_at_the_edge_of_the_span_is_whole_and_one_beyond_it_is_not_there() -> None:
    long = event("DTSTART:20260301T000000Z", "DTEND:20260327T000001Z", "SUMMARY:Ann", uid="long")
    over = event("DTSTART:20260301T000000Z", "DTEND:20260327T000000Z", "SUMMARY:Ann", uid="over")
    assert read(long, over).shifts == (Shift("U0ANN", at(1, 0), START + timedelta(seconds=1)),)


def test_one_day_of_a_series_that_was_moved_is_where_it_was_moved_to() -> None:
    series = event("DTSTART:20260328T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", "SUMMARY:Ann", uid="1")
    moved = event(
        "RECURRENCE-ID:20260329T080000Z", "DTSTART:20260329T120000Z", "DURATION:PT1H", "SUMMARY:Ben Lee", uid="1"
    )
    assert read(series, moved).shifts == (Shift("U0ANN", at(28, 8), at(28, 9)), Shift("U0BEN", at(29, 12), at(29, 13)))


@pytest.mark.parametrize(("lines", "who"), [
    (("SUMMARY:On call", "ATTENDEE;CN=A:mailto:Ann@Example.com"), "U0ANN"),
    (("SUMMARY:On call", "ATTENDEE;CN=Ben Lee:mailto:b@example.org"), "U0BEN"),
    (("SUMMARY:Ben Lee", "ATTENDEE:mailto:nobody@example.org", "ATTENDEE:mailto:ann@example.com"), "U0ANN"),
    (("SUMMARY:Ben Lee", "ATTENDEE;PARTSTAT=DECLINED:mailto:ann@example.com"), "U0BEN"),
    (("SUMMARY:BEN LEE",), "U0BEN"),
    (("SUMMARY:On call: Ben Lee (support)",), "U0BEN"),
    (("SUMMARY:Night: the crew",), "S0CREW"),
    (("SUMMARY:U0123456789",), "U0123456789"),
    (("SUMMARY:S0123456789",), "S0123456789"),
    (("SUMMARY:on call <@U0123456789>",), "U0123456789"),
])  # fmt: skip
def test_whose_shift_it_is_is_told_by_address_name_or_id(lines: tuple[str, ...], who: str) -> None:
    assert whose(*lines) == who


@pytest.mark.parametrize("summary", [
    "Ann and Ben Lee", "Annabel", "Cy", "UNIVERSE", "on call SCHICHT2026", "U0123456789 or W0123456789",
])  # fmt: skip
def test_whom_nobody_knows_is_told_and_not_guessed(summary: str) -> None:
    assert whose(f"SUMMARY:{summary}") == f"“{summary}” names nobody of [oncall.people], or several."


def test_what_is_told_of_an_event_is_short_and_on_one_line() -> None:
    said = whose("SUMMARY:" + "x\\n\u202e\x07" * 500)
    assert len(said) < 140
    assert said.isprintable()


def test_a_shift_that_was_called_off_is_none() -> None:
    assert read(event(*MORNING, "SUMMARY:Ann", "STATUS:CANCELLED")) == Reading(())


def test_a_zone_that_nobody_knows_is_told() -> None:
    found = read(event("DTSTART;TZID=Mars/Base:20260328T080000", "DURATION:PT1H", "SUMMARY:Ann"))
    assert found.shifts == (Shift("U0ANN", at(28, 7), at(28, 8)),)
    assert found.problems == ("“Ann” is in a time zone that nobody knows, and is read as in Europe/Berlin.",)
    assert not read(event("DTSTART;VALUE=DATE;TZID=Mars/Base:20260328", "SUMMARY:Ann")).problems, "a day needs none"


@pytest.mark.parametrize("broken", [
    ("DTSTART:garbage",), (), ("DTSTART:20260328T080000Z", "RRULE:FREQ=SOMETIMES"),
    ("DTSTART:20260328T080000Z", "RRULE:FREQ=DAILY;UNTIL=soon"),
], ids=["start", "no-start", "rule", "until"])  # fmt: skip
def test_an_event_that_is_broken_costs_no_other_its_place(broken: tuple[str, ...]) -> None:
    found = read(event(*MORNING, "SUMMARY:Ann", uid="1"), event(*broken, "SUMMARY:Ben Lee", uid="2"))
    assert Shift("U0ANN", at(28, 8), at(28, 16)) in found.shifts
    assert found.problems or len(found.shifts) == 2


@pytest.mark.parametrize("frequency", ["SECONDLY", "MINUTELY", "secondly"])
def test_a_rule_for_each_second_is_refused_before_it_is_followed(frequency: str) -> None:
    with pytest.raises(Refused, match="which no shift does"):
        read(event(*MORNING, f"RRULE:FREQ={frequency};COUNT=999999999", "SUMMARY:Ann"))


def test_more_shifts_than_people_work_are_refused() -> None:
    wanted = Wanted(START, START + timedelta(days=100), BERLIN, PEOPLE)
    hourly = event("DTSTART:20260328T080000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY", "SUMMARY:Ann")
    with pytest.raises(Refused, match=f"more than {MOST:,} shifts"):
        shifts_in(calendar(hourly), wanted)


def test_a_huge_count_is_followed_no_further_than_the_span() -> None:
    found = read(event(*MORNING, "RRULE:FREQ=DAILY;COUNT=999999999", "SUMMARY:Ann"))
    assert len(found.shifts) == 3


def apart(folder: Path, octets: bytes, seconds: float = 30.0) -> Reading:
    """What is read in a process of its own."""
    (folder / "support.ics").write_bytes(octets)
    return CalendarAt(str(folder / "support.ics"), False, BERLIN, PEOPLE, seconds).read(START, END)


def test_rules_that_are_never_met_are_given_up_in_their_own_process(tmp_path: Path) -> None:
    never = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    bomb = calendar(*(event("DTSTART:00010101T000000Z", never, "SUMMARY:Ann", uid=str(i)) for i in range(300)))
    with pytest.raises(Refused, match="take too long to follow"):
        apart(tmp_path, bomb, seconds=1.0)


def test_in_a_process_of_its_own_the_same_is_read(tmp_path: Path) -> None:
    found = read(event(*MORNING, "SUMMARY:Ann"), event(*MORNING, "SUMMARY:Zoe"))
    assert len(found.shifts) == len(found.problems) == 1
    assert apart(tmp_path, calendar(event(*MORNING, "SUMMARY:Ann"), event(*MORNING, "SUMMARY:Zoe"))) == found


@pytest.mark.parametrize("octets", [b"", b"hello", b"<html>", b"\xff\x00" * 99, b"BEGIN:VCALENDAR\r\n" * 9])
def test_what_is_no_calendar_is_said_to_be_none(tmp_path: Path, octets: bytes) -> None:
    with pytest.raises(Refused, match=r"no calendar .*The last shifts that were read hold on"):
        apart(tmp_path, octets)


def test_a_shift_that_is_meant_for_good_has_an_end_that_every_clock_can_tell() -> None:
    (found,) = read(event("DTSTART:20000101T000000Z", "DTEND:30000101T000000Z", "SUMMARY:Ann")).shifts
    assert (found.starts_at.year, found.ends_at.year) == (2016, 2036)
    over = read(event("DTSTART:20260101T000000Z", "DTEND:99991231T235959Z", "SUMMARY:Ann"))
    assert over == Reading((), ("“Ann” is written in a way that cannot be read.",))


_LINES = st.sampled_from([
    "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "BEGIN:STANDARD", "TZID:X", "UID:1", "UID:2",
    "DTSTART:20260328T080000Z", "DTSTART;VALUE=DATE:20260328", "DTSTART;TZID=X:20260328T080000",
    "DTEND:20260327T080000Z", "DURATION:-PT1H", "DURATION:P9999999D", "RRULE:FREQ=WEEKLY;BYDAY=MO",
    "RRULE:FREQ=YEARLY;UNTIL=1", "RDATE:garbage", "EXDATE:20260328T080000Z", "RECURRENCE-ID:20260328T080000Z",
    "SUMMARY:Ann", "SUMMARY:\ud83d", "ATTENDEE:mailto:", "SEQUENCE:x", " folded", "DTSTART:99991231T235959Z",
    "DTSTART:00010101T000000",
])  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(_LINES | st.text(max_size=20), max_size=25))
def test_whatever_stands_in_a_calendar_only_shifts_of_the_span_come_out(lines: list[str]) -> None:
    octets = f"{HEAD}{chr(10).join(lines)}\nEND:VCALENDAR\n".encode("utf-8", "surrogatepass")
    try:
        found = shifts_in(octets, WANTED)
    except Exception:  # the process around it says what it is: no calendar that can be read
        return
    for shift in found.shifts:
        assert shift.starts_at < shift.ends_at
        assert shift.starts_at < END
        assert shift.ends_at > START
        assert shift.starts_at.tzinfo is UTC


# where it comes from


def source(where: str, *, is_address: bool = True) -> CalendarAt:
    return CalendarAt(where, is_address, BERLIN, PEOPLE)


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "support.ics"
    file.write_bytes(calendar(event(*MORNING, "SUMMARY:Ann")))
    found = source(str(file), is_address=False).read(START, END)
    assert found.shifts == (Shift("U0ANN", at(28, 8), at(28, 16)),)


def test_a_file_that_is_missing_is_tried_again(tmp_path: Path) -> None:
    with pytest.raises(Retriable, match=r"support\.ics: The calendar cannot be read: No such file"):
        source(str(tmp_path / "support.ics"), is_address=False).read(START, END)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "support.ics"
    file.write_bytes(b"x" * (LARGEST + 1))
    with pytest.raises(Refused, match="larger than 1 MB"):
        source(str(file), is_address=False).read(START, END)


def test_a_server_is_asked_and_followed_to_where_it_points() -> None:
    with calendar_server() as server:
        there = server.says("/there", calendar(event(*MORNING, "SUMMARY:Ann")))
        here = server.says("/secret", status=302, Location=there)
        assert source(here).read(START, END).shifts == (Shift("U0ANN", at(28, 8), at(28, 16)),)
        assert server.asked == ["/secret", "/there"]


@pytest.mark.parametrize(("status", "said"), [
    (401, "lets nobody read"), (404, "There is no calendar"), (410, "There is no calendar"), (500, "has trouble"),
    (429, "has trouble"),
])  # fmt: skip
def test_a_servers_no_is_told_without_the_address(status: int, said: str) -> None:
    with calendar_server() as server, pytest.raises(Retriable, match=said) as caught:
        source(server.says("/secret", status=status)).read(START, END)
    assert "secret" not in str(caught.value)
    assert caught.value.where == "127.0.0.1"


@pytest.mark.parametrize(
    "elsewhere", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "//", "http://["]
)
def test_a_server_that_points_to_another_kind_of_place_is_not_followed(elsewhere: str) -> None:
    with calendar_server() as server, pytest.raises(Retriable):
        source(server.says("/a", status=302, Location=elsewhere)).read(START, END)


def test_a_circle_is_left() -> None:
    with calendar_server() as server:
        with pytest.raises(Retriable, match="in a circle"):
            source(server.says("/a", status=302, Location="/a")).read(START, END)
        assert len(server.asked) < 8


def test_an_answer_without_an_end_is_not_read_to_it() -> None:
    with calendar_server() as server, pytest.raises(Refused, match="larger than 1 MB"):
        source(server.says("/a", b" " * (LARGEST + 5))).read(START, END)


def test_an_answer_that_drips_is_left() -> None:
    with calendar_server() as server:
        server.drips = True
        with pytest.raises(Retriable, match="did not answer in time"):
            fetch(server.says("/a"), timeout=0.2)


def test_where_nobody_listens_that_is_said() -> None:
    with calendar_server() as server:
        gone = server.url("/a")
    with pytest.raises(Retriable, match="cannot be reached"):
        source(gone).read(START, END)

"""A calendar (RFC 5545) into shifts. The only file that imports icalendar and recurring_ical_events.

Anybody who may write into a calendar may write a rule into it that takes years to follow. So it is read in a process of
its own, which is ended when it takes too long or too much memory.
"""

from __future__ import annotations

import re
import resource
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from bot.domain.shifts import Shift
from bot.domain.wall_clock import first_shown
from bot.edges.calendar_request import fetch, read_file
from bot.errors import AmendsError, Refused
from bot.service.oncall_ports import Reading
from bot.workers import end_with_parent

MOST = 2_000
"""Shifts, in the two months that are read."""
_SECONDS = 60.0
_MEMORY = 1 << 30
_MOST_PROBLEMS = 20
# Somebody may be entered for good; so far before and after the span that is as long as people look.
_LONGEST = timedelta(days=3660)
_LONGEST_LABEL = 80
_ONE_DAY = timedelta(days=1)
_TOO_OFTEN = ("SECONDLY", "MINUTELY")
# A word that is a member's id, and a summary that is nothing but a member's or a user group's.
_MEMBER = re.compile(r"\b(?=[A-Z]*[0-9])[UW][A-Z0-9]{7,}\b")
_ID = re.compile(r"(?=[A-Z]*[0-9])[SUW][A-Z0-9]{7,}")
_ADVICE = "The last shifts that were read hold on."


@dataclass(frozen=True, slots=True)
class CalendarAt:
    """A calendar at an https address or in a file. `people`: ids by name or address, lower case.

    `zone`: of shifts that name none. `seconds`: so long all of reading it may take.
    """

    where: str
    is_address: bool
    zone: ZoneInfo
    people: Mapping[str, str]
    seconds: float = _SECONDS

    def read(self, start: datetime, end: datetime) -> Reading:
        """Its shifts that touch a span of time (UTC), found in a process of its own. Raises Retriable or Refused."""
        context = get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(sender, self, start, end), name="calendar", daemon=True)
        worker.start()
        sender.close()
        try:
            if not receiver.poll(self.seconds):
                raise Refused("It takes too long to come, or holds rules that take too long to follow.", advice=_ADVICE)
            told = receiver.recv()
        except (EOFError, OSError):
            raise Refused("It cannot be read: it ended the process that tried.", advice=_ADVICE) from None
        finally:
            worker.kill()
            worker.join()
            receiver.close()
        if isinstance(told, AmendsError):
            raise told
        assert isinstance(told, Reading)
        return told

    def read_here(self, start: datetime, end: datetime) -> Reading:
        """The same in this process, however long it takes. Raises whatever the parser raises besides."""
        octets = fetch(self.where) if self.is_address else read_file(Path(self.where))
        return shifts_in(octets, Wanted(start, end, self.zone, self.people))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which shifts: those that touch a span of time (UTC). What names no zone is in `zone`."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    people: Mapping[str, str]


def _work(sender: Connection, calendar: CalendarAt, start: datetime, end: datetime) -> None:
    """The whole life of that process."""
    end_with_parent()
    warnings.simplefilter("ignore")
    with suppress(ValueError, OSError):  # where a machine knows no such limit, there is still the one of time
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        sender.send(calendar.read_here(start, end))
    except AmendsError as problem:
        sender.send(problem)
    except Exception as problem:  # whatever a hostile calendar does to its parser
        sender.send(Refused(f"This is no calendar that can be read ({type(problem).__name__}).", advice=_ADVICE))


def shifts_in(octets: bytes, wanted: Wanted) -> Reading:
    """The shifts in a calendar's bytes. Raises Refused, or whatever the parser raises."""
    calendar = icalendar.Calendar.from_ical(octets)
    if calendar.name != "VCALENDAR":
        raise Refused("This is no calendar.")
    if any(frequency in _TOO_OFTEN for event in calendar.walk("VEVENT") for frequency in _frequencies(event)):
        raise Refused("The calendar holds an event that repeats each minute or more often, which no shift does.")
    problems: dict[str, None] = {}
    shifts: dict[Shift, None] = {}
    nowhere = _nowhere(calendar)
    for event in _occurrences(calendar, wanted, problems):
        found = _shift(event, wanted, nowhere, problems)
        if found is not None:
            shifts[found] = None
        if len(shifts) > MOST:
            raise Refused(f"The calendar holds more than {MOST:,} shifts of two months.")
    ordered = sorted(shifts, key=lambda one: (one.starts_at, one.ends_at, one.who))
    return Reading(tuple(ordered), tuple(problems)[:_MOST_PROBLEMS])


def _frequencies(event: Any) -> Iterator[str]:
    for name in ("RRULE", "EXRULE"):
        told = event.get(name, [])
        for rule in told if isinstance(told, list) else [told]:
            if isinstance(rule, Mapping):
                yield from (str(one).upper() for one in rule.get("FREQ", []))


def _occurrences(calendar: Any, wanted: Wanted, problems: dict[str, None]) -> Iterator[Any]:
    """Each event as often as it happens. Where one of them is broken, the others are read without it."""
    # what names no zone is compared as if it were UTC: so a day more on both sides, and another look afterwards
    span = wanted.start - _ONE_DAY, wanted.end + _ONE_DAY
    try:
        yield from recurring_ical_events.of(calendar).between(*span)
        return
    except Exception:  # noqa: S110, which of them it was is found out below
        pass
    for part in _parts(calendar):
        try:
            yield from recurring_ical_events.of(part).between(*span)
        except Exception:
            label = next(_label(event) for event in part.walk("VEVENT"))
            problems[f"{label} is written in a way that cannot be read."] = None


def _parts(calendar: Any) -> Iterator[Any]:
    """A calendar for each event, with all that belongs to it."""
    series: dict[str, list[Any]] = defaultdict(list)
    for index, event in enumerate(calendar.walk("VEVENT")):
        series[str(event.get("UID", index))].append(event)
    for events in series.values():
        part = icalendar.Calendar()
        if "X-WR-TIMEZONE" in calendar:
            part["X-WR-TIMEZONE"] = calendar["X-WR-TIMEZONE"]
        for event in events:
            part.add_component(event)
        yield part


def _nowhere(calendar: Any) -> set[str]:
    """The UIDs of events in a zone that nobody knows; what repeats tells nothing of it any more."""
    found = ((event, event.get("DTSTART")) for event in calendar.walk("VEVENT"))
    return {
        str(event.get("UID", ""))
        for event, told in found
        if isinstance(told, icalendar.vDDDTypes) and "TZID" in told.params
        if isinstance(told.dt, datetime) and told.dt.tzinfo is None
    }


def _shift(event: Any, wanted: Wanted, nowhere: set[str], problems: dict[str, None]) -> Shift | None:
    """What happens then, if it is a shift of somebody in the span."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    starts, ends = _moment(event.start, wanted.zone), _moment(event.end, wanted.zone)
    starts, ends = max(starts, wanted.start - _LONGEST), min(ends, wanted.end + _LONGEST)
    if not (starts < ends and starts < wanted.end and ends > wanted.start):
        return None
    if str(event.get("UID", "")) in nowhere:
        problems[f"{_label(event)} is in a time zone that nobody knows, and is read as in {wanted.zone.key}."] = None
    who = _who(event, wanted.people)
    if not who:
        problems[f"{_label(event)} names nobody of [oncall.people], or several."] = None
        return None
    return Shift(who, starts, ends)


def _moment(told: date, zone: ZoneInfo) -> datetime:
    """UTC; a day is its first moment."""
    if not isinstance(told, datetime):
        return first_shown(told, wall_time(), zone)
    return told.astimezone(UTC) if told.tzinfo else first_shown(told.date(), told.time(), zone)


def _who(event: Any, people: Mapping[str, str]) -> str:
    """By the address of somebody who is invited, by their name, by the summary, or by an id in it; "" for nobody."""
    for attendee in _attendees(event):
        for name in (_address(attendee), str(attendee.params.get("CN", ""))):
            if who := people.get(name.strip().lower()):
                return who
    summary = _clean(event.get("SUMMARY", ""))
    if who := people.get(summary.lower()):
        return who
    ids = {summary} if _ID.fullmatch(summary) else set(_MEMBER.findall(summary))
    found = {people[name] for name in _names_in(summary.lower(), people)} or ids
    return found.pop() if len(found) == 1 else ""


def _names_in(summary: str, people: Mapping[str, str]) -> list[str]:
    """Those names that stand in it as words, but for those that are only a part of a longer one."""
    found = [name for name in people if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", summary)]
    return [name for name in found if not any(name != other and name in other for other in found)]


def _attendees(event: Any) -> Iterable[Any]:
    told = event.get("ATTENDEE", [])
    found = told if isinstance(told, list) else [told]
    return [one for one in found if str(getattr(one, "params", {}).get("PARTSTAT")).upper() != "DECLINED"]


def _address(attendee: Any) -> str:
    return re.sub(r"(?i)^mailto:", "", str(attendee))


def _label(event: Any) -> str:
    """What to call an event: its summary, or else who is invited."""
    invited = (_address(one) for one in _attendees(event))
    said = _clean(event.get("SUMMARY", "")) or _clean(", ".join(invited))
    return f"“{said[:_LONGEST_LABEL]}”" if said else "An event without a summary"


def _clean(told: Any) -> str:
    """On one line, without what cannot be seen or stored."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(told)).split())

"""What is wrong with [[oncall]], of tables in which anything may stand: a wrong type is told elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.wall_clock import first_shown
from bot.settings.locate import Path

Table = dict[str, Any]
Problems = Iterator[tuple[Path, str]]
_ID = re.compile(r"[SUW][A-Z0-9]+")
_A_NAME = re.compile(r"[A-Za-z][\w .-]*")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HANDOVER = re.compile(r"(?:([A-Za-z]{3})\s+)?(\d{1,2}):(\d{2})")
_FIRST, _LAST = date(1970, 1, 1), date(2200, 1, 1)
_ADDRESS = "expected an https address (plain http only on loopback), or the name of a file that ends in .ics"
_WHO = 'expected a Slack id such as "U0123456789", or "S0123456789" of a user group, not a name'
# One that has just ended must not keep amends from being restarted in the night.
GRACE = timedelta(days=30)
OVER = "expected an override that is still to end; take this one out"


def oncall_problems(raw: Table, now: datetime) -> Problems:
    """All that is wrong with the schedules of a whole config at `now` (UTC), each with its path."""
    team = raw.get("team")
    home = _zone(team.get("timezone")) if isinstance(team, dict) else None
    names: list[Any] = []
    for path, table in _tables(raw.get("oncall"), ("oncall",)):
        yield from _name(path, table, names)
        if "timezone" in table and table["timezone"] != "" and _zone(table["timezone"]) is None:
            yield (*path, "timezone"), 'expected a time zone of the tz database, such as "Europe/Berlin"'
        yield from _kind(path, table)
        zone = _zone(table.get("timezone")) or home or ZoneInfo("UTC")
        yield from _overrides(list(_tables(table.get("override"), (*path, "override"))), zone, now)


def parse_handover(text: str, *, weekly: bool) -> tuple[int | None, time]:
    """ "Mon 09:00" of a weekly rotation, "09:00" of a daily one. Raises ValueError with what was expected."""
    expected = 'expected a day and a time such as "Mon 09:00"' if weekly else 'expected a time such as "09:00"'
    match = _HANDOVER.fullmatch(text.strip())
    day = match[1].lower() if match and match[1] else ""
    if match is None or bool(day) != weekly or (day and day not in _DAYS):
        raise ValueError(expected)
    hour, minute = int(match[2]), int(match[3])
    if hour > 23 or minute > 59:
        raise ValueError(f"{match[2]}:{match[3]} is not a time of day")
    return (_DAYS.index(day) if day else None), time(hour, minute)


def moment(told: datetime, zone: ZoneInfo) -> datetime:
    """What is meant (UTC) by a moment of the file: as clocks in `zone` first show it, where it names no offset."""
    return told.astimezone(UTC) if told.tzinfo else first_shown(told.date(), told.time(), zone)


def _name(path: Path, table: Table, names: list[Any]) -> Problems:
    name = table.get("name")
    if not isinstance(name, str) or not name:
        return
    if name == "channel":
        yield (*path, "name"), 'expected another name: "channel" is the channel itself'
    elif _ID.fullmatch(name) and len(name) > 6:
        yield (*path, "name"), "expected a name that cannot be taken for a Slack id"
    elif not _A_NAME.fullmatch(name):
        yield (*path, "name"), "expected a name of letters, digits, spaces, dots, - and _"
    if name in names:
        yield (*path, "name"), f'two schedules are called "{name}"'
    names.append(name)


def _kind(path: Path, table: Table) -> Problems:
    if table.get("rotation") and table.get("calendar"):
        yield (*path, "calendar"), "expected one of rotation and calendar"
    elif table.get("calendar"):
        yield from _calendar(path, table)
    elif table.get("rotation"):
        yield from _rotation(path, table)
    else:
        yield path, 'expected rotation = "weekly" or "daily", or a calendar'


def _rotation(path: Path, table: Table) -> Problems:
    people, start = table.get("people", []), table.get("start")
    if not people:
        yield (*path, "people"), 'expected at least one person, such as people = ["U0123456789"]'
    elif isinstance(people, dict):
        yield (*path, "people"), 'expected a list of Slack ids in the order of their turns, such as ["U0123456789"]'
    elif isinstance(people, list):
        yield from (((*path, "people", index), _WHO) for index, one in enumerate(people) if _is_no_id(one))
    if start is None:
        yield (*path, "start"), "expected start = 2026-01-05, say: the day on which the first of them begins"
    elif type(start) is date and not _FIRST <= start < _LAST:
        yield (*path, "start"), f"expected a day from {_FIRST} on and before {_LAST}"
    handover = table.get("handover", "")
    if handover and isinstance(handover, str) and table.get("rotation") in ("daily", "weekly"):
        try:
            parse_handover(handover, weekly=table["rotation"] == "weekly")
        except ValueError as problem:
            yield (*path, "handover"), str(problem)


def _calendar(path: Path, table: Table) -> Problems:
    for key in ("handover", "start"):
        if table.get(key):
            yield (*path, key), "expected none beside calendar, which says when shifts begin"
    people = table.get("people", {})
    if isinstance(people, list) and people:
        yield (*path, "people"), 'expected a table [oncall.people] such as "ann@example.com" = "U0123456789"'
    elif isinstance(people, dict):
        yield from (((*path, "people", name), _WHO) for name, one in people.items() if _is_no_id(one))
    where = table["calendar"]
    if isinstance(where, str) and not (_may_be_asked(where) if "://" in where else where.lower().endswith(".ics")):
        yield (*path, "calendar"), _ADDRESS


def _overrides(tables: list[tuple[Path, Table]], zone: ZoneInfo, now: datetime) -> Problems:
    spans: list[tuple[datetime, datetime]] = []
    for path, table in tables:
        if _is_no_id(table.get("who", "U0")):
            yield (*path, "who"), _WHO
        begins, ends = table.get("from"), table.get("until")
        if not isinstance(begins, datetime) or not isinstance(ends, datetime):
            continue
        problem, span = _span(begins, ends, zone)
        if span is None:
            yield (*path, "until"), problem
            continue
        if span[1] <= now - GRACE:
            yield (*path, "until"), OVER
        if any(span[0] < other[1] and other[0] < span[1] for other in spans):
            yield (*path, "from"), "two overrides of this schedule overlap: expected one after the other"
        spans.append(span)


def _span(begins: datetime, ends: datetime, zone: ZoneInfo) -> tuple[str, tuple[datetime, datetime] | None]:
    """From when to when (UTC), or what is wrong with it."""
    if not all(_FIRST < told.date() < _LAST for told in (begins, ends)):
        return f"expected days from {_FIRST} on and before {_LAST}", None
    found = moment(begins, zone), moment(ends, zone)
    return ("", found) if found[0] < found[1] else ("expected a moment after that in `from`", None)


def _may_be_asked(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and port != 0 and (parts.scheme == "https" or (parts.scheme == "http" and is_here))


def _is_no_id(told: Any) -> bool:
    return isinstance(told, str) and _ID.fullmatch(told) is None


def _zone(name: Any) -> ZoneInfo | None:
    return ZoneInfo(name) if isinstance(name, str) and name in available_timezones() else None


def _tables(found: Any, path: Path) -> Iterator[tuple[Path, Table]]:
    for index, table in enumerate(found if isinstance(found, list) else []):
        if isinstance(table, dict):
            yield (*path, index), table

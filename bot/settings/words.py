"""How people write working hours and quiet hours in the config."""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain.hours import Hours, Quiet, spell_closing

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT = time(0)
_PART = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?(?:\s+(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2}))?", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")
_EXAMPLE = 'expected working hours such as "Mon-Fri 09:00-17:00, Sat 10:00-14:00" or "Mon,Wed 09:00-12:00"'


def parse_hours(text: str, zone: ZoneInfo) -> Hours:
    """ "Mon-Fri 09:00-17:00", several joined by commas; days that come without a time have that of the next.

    24:00 closes at the end of the day. Raises ValueError with what was expected.
    """
    week: list[tuple[int, time, time]] = []
    days: list[int] = []
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise ValueError(_EXAMPLE)
        days += _days(match[1].lower(), (match[2] or match[1]).lower())
        if match[3]:
            opens, closes = _open(match[3], match[4])
            week += [(day, opens, closes) for day in days]
            days = []
    if days:
        raise ValueError(f"expected a time of day after the last of the days, such as {_EXAMPLE.partition('as ')[2]}")
    return Hours(zone, _without_overlaps(week))


def parse_quiet(text: str, zone: ZoneInfo) -> Quiet:
    """ "22:00-07:00", over midnight or not. Raises ValueError with what was expected."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError('expected quiet hours such as "22:00-07:00", every day the same')
    begins, ends = _wall(match[1]), _wall(match[2])
    if begins == ends:
        raise ValueError('expected quiet hours that leave a part of the day, such as "22:00-07:00"')
    return Quiet(zone, begins, ends)


def _days(first: str, last: str) -> range:
    if first not in _DAYS or last not in _DAYS:
        raise ValueError(_EXAMPLE)
    if _DAYS.index(first) > _DAYS.index(last):
        raise ValueError(
            f"expected days and times in order, Monday first; for {first.title()}-{last.title()} write "
            f'"{_in_two(first, last)} 09:00-17:00"'
        )
    return range(_DAYS.index(first), _DAYS.index(last) + 1)


def _in_two(first: str, last: str) -> str:
    """Days over the end of a week as two rows: Sat-Mon is Mon, Sat-Sun."""
    rows = (("mon", last), (first, "sun"))
    return ",".join(one.title() if one == other else f"{one.title()}-{other.title()}" for one, other in rows)


def _open(begin: str, end: str) -> tuple[time, time]:
    opens, closes = _wall(begin), _wall(end)
    if begin.startswith("24") or end in ("0:00", "00:00"):
        raise ValueError("expected 00:00 for the beginning of a day and 24:00 for its end")
    if closes != _MIDNIGHT and opens >= closes:
        raise ValueError(
            "expected days and times in order, such as Mon-Fri 09:00-17:00; a night shift is two: "
            '"Mon 22:00-24:00, Tue 00:00-06:00"'
        )
    return opens, closes


def _wall(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    if (hour, minute) == (24, 0):
        return _MIDNIGHT
    if hour > 23 or minute > 59:
        raise ValueError(f"{text} is not a time of day: expected 00:00 to 24:00")
    return time(hour, minute)


def _without_overlaps(week: list[tuple[int, time, time]]) -> tuple[tuple[int, time, time], ...]:
    """Sorted. Raises ValueError where two spans of one day overlap."""
    week = sorted(week)
    for (day, opens, closes), (other, begins, ends) in pairwise(week):
        if day == other and (begins < closes or closes == _MIDNIGHT):
            name = _DAYS[day].title()
            raise ValueError(
                f"working hours of one day overlap: {name} {opens:%H:%M}-{spell_closing(closes)} and "
                f"{begins:%H:%M}-{spell_closing(ends)}; expected one span for both"
            )
    return tuple(week)

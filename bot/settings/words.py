"""How people write working hours in the config."""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain.hours import Hours

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_hours(text: str, zone: ZoneInfo) -> Hours:
    """ "Mon-Fri 09:00-17:00", several joined by commas. Raises ValueError with what was expected."""
    week: list[tuple[int, time, time]] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}:\d{2})-(\d{1,2}:\d{2})\s*", part, re.IGNORECASE)
        if match is None or match[1].lower() not in _DAYS or (match[2] or match[1]).lower() not in _DAYS:
            raise ValueError('expected working hours such as "Mon-Fri 09:00-17:00, Sat 10:00-14:00"')
        first, last = _DAYS.index(match[1].lower()), _DAYS.index((match[2] or match[1]).lower())
        opens, closes = _wall(match[3]), _wall(match[4])
        if first > last or opens >= closes:
            raise ValueError("expected days and times in order, such as Mon-Fri 09:00-17:00")
        week += [(day, opens, closes) for day in range(first, last + 1)]
    week.sort()
    if any(a[0] == b[0] and b[1] < a[2] for a, b in pairwise(week)):
        raise ValueError("working hours of one day overlap")
    return Hours(zone, tuple(week))


def _wall(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    if hour > 23 or minute > 59:
        raise ValueError(f"{text} is not a time of day")
    return time(hour, minute)

"""Working hours and delays. Everything in and out is UTC-aware; the team's zone decides what a working hour is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

_HORIZON_DAYS = 3660

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=366)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Delay:
    """A length of time, elapsed ("4h") or counted in working hours only ("4h working")."""

    length: timedelta
    working: bool = False

    def __str__(self) -> str:
        """As people write it in the config."""
        return f"{spell(self.length)}{' working' if self.working else ''}"


@dataclass(frozen=True, slots=True)
class Hours:
    """When the team works: `week` holds (weekday 0 = Monday, opens, closes) in `zone`, local time, sorted."""

    zone: ZoneInfo
    week: tuple[tuple[int, time, time], ...]

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working spans (UTC) from `start` on, oldest first; a change of clocks shortens or lengthens them."""
        first = start.astimezone(self.zone).date() - timedelta(days=1)
        for offset in range(_HORIZON_DAYS):
            day = first + timedelta(days=offset)
            for weekday, opens, closes in self.week:
                if weekday == day.weekday():
                    begin, end = self._utc(day, opens), self._utc(day, closes)
                    if end > start and end > begin:
                        yield max(begin, start), end

    def _utc(self, day: date, wall: time) -> datetime:
        """When clocks first show `wall`; where they skip it, when they jump (fold 1 lies before the jump then)."""
        local = datetime.combine(day, wall, self.zone)
        moment, before = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
        while moment - before > timedelta(seconds=1):
            middle = before + (moment - before) // 2
            if middle.astimezone(self.zone).replace(tzinfo=None) < local.replace(tzinfo=None):
                before = middle
            else:
                moment = middle
        return moment.replace(microsecond=0)

    def add(self, start: datetime, delay: Delay) -> datetime:
        """The moment `delay` after `start`. A working delay of zero means the next working moment."""
        if not delay.working:
            return start + delay.length
        left = delay.length
        for begin, end in self.spans(start):
            if end - begin >= left:
                return begin + left
            left -= end - begin
        raise OverflowError(f"no {delay} within ten years of {start:%Y-%m-%d}")

    def next_morning(self, moment: datetime) -> datetime:
        """When the team begins to work on a later day than `moment`'s."""
        today = moment.astimezone(self.zone).date()
        for begin, _end in self.spans(moment):
            if begin.astimezone(self.zone).date() > today:
                return begin
        raise OverflowError(f"nobody works within ten years of {moment:%Y-%m-%d}")

    def tomorrow(self, moment: datetime) -> datetime:
        """Nine in the morning of the next day, working day or not."""
        return self._utc(moment.astimezone(self.zone).date() + timedelta(days=1), time(9))

    def at_work(self, moment: datetime) -> bool:
        """Whether the team works at that moment."""
        return any(begin <= moment < end for begin, end in islice(self.spans(moment), 1))

    def __str__(self) -> str:
        """ "Mon-Fri 09:00-17:00 (Europe/Berlin)"."""
        days: dict[str, list[int]] = {}
        for day, begin, end in self.week:
            days.setdefault(f"{begin:%H:%M}-{end:%H:%M}", []).append(day)
        told = (f"{_in_words(found)} {times}" for times, found in days.items())
        return f"{', '.join(told)} ({self.zone.key})"

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments."""
        total = timedelta()
        for begin, close in self.spans(start):
            if begin >= end:
                break
            total += min(close, end) - begin
        return total


def _in_words(days: list[int]) -> str:
    """Mon-Fri, or Sat, or Mon, Wed."""
    is_row = len(days) > 1 and days == list(range(days[0], days[-1] + 1))
    names = [_DAYS[days[0]], _DAYS[days[-1]]] if is_row else [_DAYS[day] for day in days]
    return ("-" if is_row else ", ").join(names)


def spell(length: timedelta) -> str:
    """A length in the two largest units that matter: "15m", "1h 30m", "2d 4h"."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds}s"
    minutes, days = seconds // 60, seconds // 86400
    hours = seconds // 3600 % 24
    if days:
        return f"{days}d {hours}h" if hours else f"{days}d"
    return (f"{hours}h {minutes % 60}m" if minutes % 60 else f"{hours}h") if hours else f"{minutes}m"


def parse_delay(text: str) -> Delay:
    """ "15m", "1h 30m", "2d", "4h working". Raises ValueError with what was expected."""
    words = text.lower().split()
    working = bool(words) and words[-1] == "working"
    parts = words[:-1] if working else words
    length = timedelta()
    for part in parts:
        match = re.fullmatch(r"(\d{1,6})([smhdw])", part)
        if match is None:
            raise ValueError('expected a length of time such as "15m", "1h 30m" or "4h working"')
        length = min(length + timedelta(**{_UNITS[match[2]]: int(match[1])}), _LONGEST * 2)  # or it would overflow
    if not timedelta() < length <= _LONGEST:
        raise ValueError('expected a length of time between "1s" and "366d"')
    return Delay(length, working)

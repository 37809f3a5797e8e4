"""Working hours and delays. Everything in and out is UTC-aware; the team's zone decides what a working hour is."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain.wall_clock import first_shown

_HORIZON_DAYS = 3660
_ONE_DAY = timedelta(days=1)
_MIDNIGHT = time(0)

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
    """When the team works: `week` holds (weekday 0 = Monday, opens, closes) in `zone`, local time, sorted.

    Closing at 00:00 means midnight at the end of the day. On `days_off` (local dates) nobody works. Which day and time
    it is, is the latest that the wall clock has shown so far: times that it skips are over at once, times that it shows
    again, when it is put back, count for nothing new: a span that is open stays open through them, one that has closed
    stays closed.
    """

    zone: ZoneInfo
    week: tuple[tuple[int, time, time], ...]
    days_off: Container[date] = field(default=frozenset(), hash=False)

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working spans (UTC) from `start` on, oldest first; a change of clocks shortens or lengthens them."""
        day = start.astimezone(self.zone).date()
        for _ in range(_HORIZON_DAYS):
            if day not in self.days_off:
                for begin, end in _worked(self.zone, self.week, day):
                    if end > start:
                        yield max(begin, start), end
            day += _ONE_DAY

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
        return first_shown(moment.astimezone(self.zone).date() + _ONE_DAY, time(9), self.zone)

    def at_work(self, moment: datetime) -> bool:
        """Whether the team works at that moment."""
        return next((begin <= moment for begin, _end in self.spans(moment)), False)

    def __str__(self) -> str:
        """ "Mon-Fri 09:00-17:00 (Europe/Berlin)", or "… but for days off (Europe/Berlin)"."""
        days: dict[str, list[int]] = {}
        for day, begin, end in self.week:
            days.setdefault(f"{begin:%H:%M}-{spell_closing(end)}", []).append(day)
        told = (f"{_in_words(found)} {times}" for times, found in days.items())
        return f"{', '.join(told)}{' but for days off' if self.days_off else ''} ({self.zone.key})"

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments."""
        total = timedelta()
        for begin, close in self.spans(start):
            if begin >= end:
                break
            total += min(close, end) - begin
        return total


@dataclass(frozen=True, slots=True)
class Quiet:
    """When nobody is to be pinged, local time in `zone`; `ends` before `begins` lies on the next day.

    The two are never equal. What clocks show when they are put forward or back is read as in Hours.
    """

    zone: ZoneInfo
    begins: time
    ends: time

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet that there is at `moment` ends (UTC); None: it is not quiet."""
        today = moment.astimezone(self.zone).date()
        ends: datetime | None = None
        for day in (today - _ONE_DAY, today, today + _ONE_DAY):
            begin, end = self._span(day)
            if begin <= (ends or moment) < end:  # where a whole day is skipped, one night goes over into the next
                ends = end
        return ends

    def __str__(self) -> str:
        """ "22:00-07:00 (Europe/Berlin)"."""
        return f"{self.begins:%H:%M}-{spell_closing(self.ends)} ({self.zone.key})"

    def _span(self, day: date) -> tuple[datetime, datetime]:
        """The quiet (UTC) that begins on a local day."""
        last = day if self.begins <= self.ends else day + _ONE_DAY
        return first_shown(day, self.begins, self.zone), first_shown(last, self.ends, self.zone)


@dataclass(frozen=True, slots=True)
class Team:
    """Whose hours count: when they work, when they want quiet, and from which severity (1 to 3) there is none.

    `loud_from` 4: quiet is quiet, whatever happens.
    """

    name: str
    hours: Hours
    quiet: Quiet | None = None
    loud_from: int = 3

    def quiet_until(self, moment: datetime, severity: int) -> datetime | None:
        """Until when (UTC) a ping about a case of this severity has to wait; None: it may be sent at `moment`."""
        if self.quiet is None or severity >= self.loud_from:
            return None
        return self.quiet.until(moment)


@lru_cache(maxsize=4096)
def _worked(
    zone: ZoneInfo, week: tuple[tuple[int, time, time], ...], day: date
) -> tuple[tuple[datetime, datetime], ...]:
    """The working spans (UTC) of a local day; kept, because every case that falls due asks for the same few days."""
    found = []
    for weekday, opens, closes in week:
        if weekday == day.weekday():
            last = day if closes > _MIDNIGHT else day + _ONE_DAY
            found.append((first_shown(day, opens, zone), first_shown(last, closes, zone)))
    return tuple((begin, end) for begin, end in found if end > begin)


def spell_closing(wall: time) -> str:
    """When a span of a day ends: "17:00", and "24:00" for midnight."""
    return f"{wall:%H:%M}" if wall > _MIDNIGHT else "24:00"


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

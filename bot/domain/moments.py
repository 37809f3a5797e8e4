"""Moments as people write and read them: in the team's zone, by its wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.domain.wall_clock import first_shown
from bot.errors import UsageError

# Outside of these, time zones are guesswork, and a ladder could climb out of the calendar.
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_EXAMPLE = 'Write it like "2026-12-24 17:30", or with an offset: "2026-12-24T17:30+01:00".'


@dataclass(frozen=True, slots=True)
class Given:
    """A moment that somebody wrote (UTC), and which one was taken where their words mean none or two."""

    at: datetime
    note: str = ""


def parse_moment(text: str, zone: ZoneInfo) -> Given:
    """ISO 8601, with an offset or as clocks in `zone` show it. Raises UsageError with what was expected."""
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"“{text[:40]}” is not a moment.", advice=_EXAMPLE) from None
    if not _FIRST_YEAR <= told.year <= _LAST_YEAR:
        raise UsageError(f"Moments lie between {_FIRST_YEAR} and {_LAST_YEAR} here, not in the year {told.year}.")
    if told.tzinfo is not None:
        return Given(told.astimezone(UTC))
    return _on_the_wall(told.replace(fold=0), zone)


def _on_the_wall(told: datetime, zone: ZoneInfo) -> Given:
    """Clocks that are put forward skip some times, and clocks that are put back show some twice: as in the config."""
    first = told.replace(tzinfo=zone).astimezone(UTC)
    second = told.replace(tzinfo=zone, fold=1).astimezone(UTC)
    wall = f"{told:%H:%M}"
    if first < second:
        this, other = (f"{wall}{one.astimezone(zone).isoformat()[-6:]}" for one in (first, second))
        note = f"Clocks show {wall} twice on that day ({zone.key}); this is the first, {this}; the second is {other}."
        return Given(first, note)
    if first > second:
        jump = first_shown(told.date(), told.time(), zone)
        return Given(jump, f"Clocks skip {wall} on that day ({zone.key}); this is {shown(jump, zone)}.")
    return Given(first)


def shown(moment: datetime, zone: ZoneInfo) -> str:
    """ "Thu 24 Dec 17:30"."""
    return moment.astimezone(zone).strftime("%a %d %b %H:%M")


def shown_day(moment: datetime, zone: ZoneInfo) -> str:
    """ "Thu 24 Dec 2026"."""
    return moment.astimezone(zone).strftime("%a %d %b %Y")

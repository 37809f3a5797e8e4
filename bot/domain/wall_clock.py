"""Moments that people name by what the clock on the wall shows, on days on which it jumps too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_FIRST, _LAST = date(1970, 1, 1), date(2200, 1, 1)


def first_shown(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When (UTC, whole seconds) clocks in `zone` first show `wall` on `day`; where they skip it, when they jump."""
    local = datetime.combine(day, wall.replace(microsecond=0, tzinfo=None), zone)
    late, early = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    while late - early > _SECOND:  # only where it is skipped: the jump lies after `early`, and not after `late`
        middle = (early + (late - early) // 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) < local.replace(tzinfo=None):
            early = middle
        else:
            late = middle
    return late


def is_shown_twice(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` show this local time (naive) a second time, having been put back."""
    return _offset(wall, zone, 0) > _offset(wall, zone, 1)


def is_skipped(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` never show this local time (naive), having been put forward."""
    return _offset(wall, zone, 0) < _offset(wall, zone, 1)


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """ "2026-12-24 17:30" as clocks in `zone` first show it, or with an offset ("…+01:00", "…Z"); UTC.

    Raises ValueError with what was expected.
    """
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError('expected a moment such as "2026-12-24 17:30"') from None
    if not _FIRST < told.date() < _LAST:
        raise ValueError(f"expected a moment after {_FIRST} and before {_LAST}")
    if told.tzinfo is not None:
        return told.astimezone(UTC)
    if is_skipped(told, zone):
        raise ValueError(f"clocks in {zone.key} never show {told:%H:%M} on {told:%Y-%m-%d}: they are put forward then")
    return first_shown(told.date(), told.time(), zone)


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    return wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()

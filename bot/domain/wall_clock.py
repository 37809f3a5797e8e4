"""Moments that people name by what the clock on the wall shows, on days on which it jumps too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=4096)
def first_shown(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When (UTC, whole seconds) clocks in `zone` first show `wall` on `day`; where they skip it, when they jump.

    Kept, because every case that falls due asks for the same few days.
    """
    # times that differ in `fold` only are equal, so they would share what is kept
    local = datetime.combine(day, wall.replace(microsecond=0, tzinfo=None, fold=0), zone)
    late, early = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    while late - early > _SECOND:  # only where it is skipped: the jump lies after `early`, and not after `late`
        middle = (early + (late - early) // 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) < local.replace(tzinfo=None):
            early = middle
        else:
            late = middle
    return late

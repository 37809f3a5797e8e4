"""Pings to one address are bundled: a wait for others, an interval between bundles, a pause before a repetition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.escalation import LATE_AFTER


@dataclass(frozen=True, slots=True)
class Grouping:
    """As in Prometheus Alertmanager: group wait, group interval, repeat interval. Without any, nothing is put off."""

    wait: timedelta = timedelta()
    interval: timedelta = timedelta()
    repeat: timedelta = timedelta()


def next_ping(planned: datetime | None, now: datetime, grouping: Grouping) -> datetime:
    """When a ping that is asked for now is said; `planned`: when the address's latest one was planned for, if ever.

    One that is still to come takes this one along. A moment too far ahead comes from a clock that was set back.
    """
    if planned is None:
        return now + grouping.wait
    if now < planned <= now + max(grouping.wait, grouping.interval):
        return planned
    after_last = planned + grouping.interval if planned <= now else now
    return max(now + grouping.wait, after_last)


def ping_at(planned: datetime | None, last: datetime | None, wanted: datetime, grouping: Grouping) -> datetime | None:
    """When a case pings an address from `wanted` on; None: it did so lately, and says it without a ping.

    `last`: when this case pinged it last, or will. What is a little too early is put off instead: two ticks are never
    exactly as far apart as two rungs. One that lies further ahead waits for daylight, or comes from a clock that was
    set back, and holds nothing up.
    """
    at = next_ping(planned, wanted, grouping)
    near = max(grouping.wait, grouping.interval, LATE_AFTER)
    if last is None or last > at + near:
        return at
    free = last + grouping.repeat
    return None if free - at > near else max(at, free)

"""Keeps an eye on who is on call: reads calendars, and tells of gaps before they begin."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.escalation import Ladder, Notify
from bot.domain.hours import spell
from bot.domain.roster import Gap, gaps
from bot.domain.rota import Rota
from bot.errors import Refused, Retriable
from bot.service.oncall_ports import Calendar, CalendarState, Reading
from bot.service.ports import Store, Transaction

log = logging.getLogger(__name__)
BACK, AHEAD = timedelta(days=1), timedelta(days=60)
"""Which part of a calendar is read: from so long ago until so far ahead."""
LOOKED_AHEAD = timedelta(days=7)
"""So long before it begins a gap is told of."""
_READ_EVERY = timedelta(minutes=15)
_LOOKED_EVERY = timedelta(hours=1)
_TOLD_AFTER = timedelta(hours=6)
_SOON = timedelta(days=1)
# What calendars hold of the past is known for a day at least, but for what was read a moment ago.
_CERTAIN = BACK - _LOOKED_EVERY
_CHORE = "oncall-gaps"
_LOOK = "Look: amends oncall, and the calendar that [[oncall]] names."
_FILL = "Add a shift to the calendar, or an override to the config. Look: amends oncall."


def read_calendars(store: Store, calendars: Mapping[str, Calendar], *, at_once: bool = False) -> int:
    """Read the calendars, by name of their schedule, that are due, or all `at_once`; how many were read.

    What was read before holds on where that fails.
    """
    due, now = store.transact(lambda tx: (_due(tx, calendars, at_once=at_once), tx.now))
    return sum(_read(store, schedule, calendars[schedule], now) for schedule in due)


def _due(tx: Transaction, calendars: Collection[str], *, at_once: bool) -> list[str]:
    tried = {one.schedule: one.tried_at for one in tx.calendars() if one.tried_at is not None}
    return [
        name for name in calendars if at_once or name not in tried or not tx.now - _READ_EVERY < tried[name] <= tx.now
    ]


def _read(store: Store, schedule: str, calendar: Calendar, now: datetime) -> bool:
    try:
        reading = calendar.read(now - BACK, now + AHEAD)
    except (Retriable, Refused) as problem:
        said = str(problem)
        log.warning("the calendar of %s is not read: %s", schedule, said)
        store.transact(lambda tx: _failed(tx, schedule, said))
        return False
    store.transact(lambda tx: _came(tx, schedule, reading))
    return True


def _state(tx: Transaction, schedule: str) -> CalendarState | None:
    return next((one for one in tx.calendars() if one.schedule == schedule), None)


def _failed(tx: Transaction, schedule: str, error: str) -> None:
    """Told once: at once where nothing of it is known, else when what is known grows old."""
    tx.calendar_failed(schedule, error)
    state = _state(tx, schedule)
    read_at = state.read_at if state else None
    if (state and state.told_at) or (read_at is not None and tx.now - read_at < _TOLD_AFTER):
        return
    since = f"not read for {spell(tx.now - read_at)}; what it held then holds on" if read_at else "never read yet"
    key = AlertKey(f"oncall-calendar:{schedule}:{tx.now.isoformat()}")
    lines = (f"{schedule}: {since}. {error}",)
    tx.announce(Notice(key, Topic.ON_CALL, "An on-call calendar cannot be read", lines, _LOOK))
    tx.told_of_calendar(schedule, tx.now)


def _came(tx: Transaction, schedule: str, reading: Reading) -> None:
    before = _state(tx, schedule)
    tx.replace_shifts(schedule, reading.shifts, "\n".join(reading.problems))
    if before and before.told_at:
        key = AlertKey(f"oncall-calendar-again:{schedule}:{tx.now.isoformat()}")
        lines = (f"{schedule}: shifts read: {len(reading.shifts)}.",)
        tx.announce(Notice(key, Topic.ON_CALL, "An on-call calendar is read again", lines, ""))
        tx.told_of_calendar(schedule, None)
    known = before.error.split("\n") if before else []
    _tell_of_problems(tx, schedule, [one for one in reading.problems if one not in known])


def _tell_of_problems(tx: Transaction, schedule: str, new: Sequence[str]) -> None:
    """Whoever is not known is not on call, and nobody would notice."""
    if not new:
        return
    named = hashlib.sha256("\n".join(sorted(new)).encode("utf-8", "replace")).hexdigest()[:16]
    key, lines = AlertKey(f"oncall-people:{schedule}:{named}"), tuple(f"{schedule}: {one}" for one in new)
    advice = "Add them to [oncall.people], by address or name."
    tx.announce(Notice(key, Topic.ON_CALL, "Somebody in an on-call calendar is not known", lines, advice))


def schedules_used(ladders: Iterable[Ladder]) -> set[str]:
    """The names that some rung speaks to, whether or not there is a schedule of that name.

    And on_call, who hears of each first answer that is overdue.
    """
    rungs = [rung for ladder in ladders for rung in ladder.rungs]
    return {Notify.ON_CALL.value} | {
        rung.who if rung.notify is Notify.SCHEDULE else rung.notify.value for rung in rungs
    }


def tell_of_gaps(store: Store, schedules: Iterable[Rota], used: Collection[str]) -> int:
    """Once an hour: tell of moments of the next days in which nobody is on call by a schedule that a policy uses.

    Each gap is told of when it comes into sight and again a day before it begins; one that has lasted for a day
    already, each day. How many notices were announced.
    """
    looked_at = [one for one in schedules if one.name in used]

    def work(tx: Transaction) -> int:
        planned = tx.chore_due(_CHORE)
        if planned is not None and tx.now < planned <= tx.now + _LOOKED_EVERY:
            return 0
        tx.plan_chore(_CHORE, tx.now + _LOOKED_EVERY)
        return sum(_tell_of(tx, one, gap) for one in looked_at for gap in _gaps(one, tx.now))

    return store.transact(work)


def _gaps(schedule: Rota, now: datetime) -> list[Gap]:
    """Those that are not over; a past as far as it is known is looked at too, for when they began."""
    found = gaps(schedule, now - _CERTAIN, now + LOOKED_AHEAD)
    return [gap for gap in found if gap[1] > now]


def _tell_of(tx: Transaction, schedule: Rota, gap: Gap) -> bool:
    begins, _ends = gap
    if begins <= tx.now - _CERTAIN:
        named = f"{tx.now.date()}:on"
    else:
        named = f"{begins.isoformat()}{':soon' if begins - tx.now <= _SOON else ''}"
    title = f"Nobody is on call: {schedule.name}"
    lines = (told_gap(schedule, gap, tx.now),)
    return tx.announce(Notice(AlertKey(f"oncall-gap:{schedule.name}:{named}"), Topic.ON_CALL, title, lines, _FILL))


def told_gap(schedule: Rota, gap: Gap, now: datetime) -> str:
    """ "From Fri 2026-01-09 09:00 until Mon 2026-01-12 09:00 (Europe/Berlin): calendar support has no shift."."""
    begins, ends = gap
    why = schedule.duty(max(begins, now)).why.removeprefix("nobody: ").partition(", until ")[0]
    since = "Now" if begins < now else f"From {_told(begins, schedule.zone)}"
    until = f" until {_told(ends, schedule.zone)}" if ends < now + LOOKED_AHEAD else " on"
    return f"{since}{until} ({schedule.zone.key}): {why}."


def _told(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M}"

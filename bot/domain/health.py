"""Whether amends does what it is there for, judged from what the database knows. Pure: the moment is an argument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from bot.domain.hours import spell
from bot.domain.watching import INTERVALS, Watched

TICK, DELIVER, HEARTBEAT, CANARY = "tick", "deliver", "heartbeat", "canary"
"""The working parts that have a pulse."""

A_TICK = timedelta(seconds=1)
# So many ticks without one, and nobody looks after deadlines; so many, and one that is due was passed over.
_TICKS_MISSED, _TICKS_LATE = 3, 2
# Alerts go out within seconds; longer than this is neither a busy channel nor a short outage.
UNSAID = timedelta(minutes=2)
# A canary that takes longer than this from its due time to its end shows a way that is blocked.
CANARY_FLIGHT = timedelta(minutes=5)
# So many heartbeats missed in a row are told of; the one who waits for them has noticed by then.
_BEATS_MISSED = 3
RECENT = timedelta(days=1)
"""What was given up is told of for so long."""
# Machines that share a database do not agree to the second.
_CLOCKS_DIFFER = timedelta(minutes=1)
# A database that cannot grow loses nothing, but takes nothing in (bytes).
_DISK_FULL, _DISK_LOW = 4 << 20, 100 << 20


class Severity(Enum):
    """Whether a finding means that amends does not do its work, or only that somebody should look."""

    UNHEALTHY = "unhealthy"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: an id that never changes, how bad it is, and one sentence with what to do."""

    id: str
    severity: Severity
    said: str


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that an audit found, the worst first."""

    findings: tuple[Finding, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Whether amends does its work; there may be warnings."""
        return all(one.severity is Severity.WARNING for one in self.findings)


@dataclass(frozen=True, slots=True)
class Pulse:
    """When a part of amends began what it does, when that went well last (UTC), and what is wrong."""

    begun_at: datetime
    good_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the database knows of how amends does; counts are of rows.

    `due`, `due_since`: deadlines that came and were not looked after. `unsent`: rows of the outbox that have not ended,
    by state; `unsaid_since`: since when the oldest that may be said waits; `in_doubt`: of which nobody found out for
    long whether they were said; `dead`: given up of late. `told_since`: since when the oldest word from Slack waits to
    be worked off; `told_failed`: words given up of late. `calendars`: what is wrong, by schedule. `canary_due_at`: when
    the next canary starts. `logged_at`: the latest moment that the last entries of the log name. `disk_free`: bytes,
    where that is known.
    """

    pulses: Mapping[str, Pulse] = field(default_factory=dict)
    due: int = 0
    due_since: datetime | None = None
    unsent: Mapping[str, int] = field(default_factory=dict)
    unsaid_since: datetime | None = None
    dead: int = 0
    in_doubt: int = 0
    folders: tuple[Watched, ...] = ()
    told_since: datetime | None = None
    told_failed: int = 0
    calendars: Mapping[str, str] = field(default_factory=dict)
    quarantined: int = 0
    canary_due_at: datetime | None = None
    logged_at: datetime | None = None
    disk_free: int | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the config asks for: folders as (account, name) with how often each is looked at, a heartbeat, a canary."""

    folders: Mapping[tuple[str, str], timedelta] = field(default_factory=dict)
    heartbeat: timedelta | None = None
    canary: bool = False


def judge(vitals: Vitals, expected: Expected, now: datetime, trouble: str = "") -> Health:
    """What is wrong. `trouble`: why the last tick failed, where whoever asks knows it."""
    found = [
        *_ticking(vitals, now, trouble), *_disk(vitals), *_deadlines(vitals, now), *_delivery(vitals, now),
        *_folders(vitals, expected, now), *_canary(vitals, expected, now), *_slack(vitals, now),
        *_calendars(vitals), *_heartbeat(vitals, expected, now), *_quarantine(vitals), *_clock(vitals, now),
    ]  # fmt: skip
    return Health(tuple(sorted(found, key=lambda one: one.severity is Severity.WARNING)))


def _bad(name: str, said: str) -> Finding:
    return Finding(name, Severity.UNHEALTHY, said)


def _warning(name: str, said: str) -> Finding:
    return Finding(name, Severity.WARNING, said)


def _ticking(vitals: Vitals, now: datetime, trouble: str) -> Iterator[Finding]:
    pulse = vitals.pulses.get(TICK)
    good = pulse.good_at if pulse else None
    if good is None:
        yield _bad(TICK, "Deadlines were never looked after: start `amends run`.")
    elif now - good > _TICKS_MISSED * A_TICK:
        why = f" {trouble}" if trouble else " Is `amends run` running? Its log tells more."
        yield _bad(TICK, f"No deadline was looked after for {spell(now - good)}.{why}")


def _disk(vitals: Vitals) -> Iterator[Finding]:
    free = vitals.disk_free
    if free is not None and free < _DISK_LOW:
        said = f"The disk of the database has {free >> 20} MB left: make room, or amends can write nothing down."
        yield _bad("disk", said) if free < _DISK_FULL else _warning("disk", said)


def _deadlines(vitals: Vitals, now: datetime) -> Iterator[Finding]:
    if vitals.due_since is not None and now - vitals.due_since > _TICKS_LATE * A_TICK:
        late = spell(now - vitals.due_since)
        yield _bad("deadlines", f"{vitals.due} deadlines have passed, the first {late} ago: see `amends cases`.")


def _delivery(vitals: Vitals, now: datetime) -> Iterator[Finding]:
    if vitals.unsaid_since is not None and now - vitals.unsaid_since > UNSAID:
        waits = spell(now - vitals.unsaid_since)
        yield _bad("outbox", f"An alert has waited for {waits} to be said: `amends doctor` checks the channel.")
    pulse = vitals.pulses.get(DELIVER)
    if pulse is not None and pulse.good_at is not None and now - pulse.good_at > UNSAID:
        silent = spell(now - pulse.good_at)
        yield _bad(DELIVER, f"What is to be said was not looked at for {silent}: the log of `amends run` tells why.")
    if vitals.in_doubt:
        yield _warning("outbox.doubt", f"Nobody knows whether {vitals.in_doubt} alerts were said: look in the channel.")
    if vitals.dead:
        yield _warning("outbox.dead", f"{vitals.dead} alerts were given up since yesterday: see `amends cases`.")


def _folders(vitals: Vitals, expected: Expected, now: datetime) -> Iterator[Finding]:
    known = {(one.account, one.folder): one for one in vitals.folders}
    for (account, name), interval in expected.folders.items():
        one = known.get((account, name))
        if one is None:
            yield _warning(f"mailbox.{name}", f"{name} was never looked at: start `amends run` with this config.")
        elif now - one.last_known_good >= INTERVALS * interval:
            said = f"{name} was not read for {spell(now - one.last_known_good)}. {one.error}".rstrip()
            yield _bad(f"mailbox.{name}", f"{said} `amends mail check` looks why.")


def _canary(vitals: Vitals, expected: Expected, now: datetime) -> Iterator[Finding]:
    if not expected.canary:
        return
    flight = vitals.pulses.get(CANARY)
    is_flying = flight is not None and (flight.good_at is None or flight.good_at < flight.begun_at)
    began = flight.begun_at if flight is not None and is_flying else vitals.canary_due_at
    if began is not None and now - began > CANARY_FLIGHT:
        late = spell(now - began)
        yield _bad(CANARY, f"The canary of {late} ago has not arrived: look whether alerts reach its channel.")


def _slack(vitals: Vitals, now: datetime) -> Iterator[Finding]:
    if vitals.told_since is not None and now - vitals.told_since > UNSAID:
        waits = spell(now - vitals.told_since)
        yield _bad("inbound", f"What was said in Slack {waits} ago is not worked off: see the log of `amends run`.")
    if vitals.told_failed:
        said = f"{vitals.told_failed} messages or presses of Slack could not be worked off since yesterday"
        yield _warning("inbound.failed", f"{said}: see the log of `amends run`.")


def _calendars(vitals: Vitals) -> Iterator[Finding]:
    for schedule, error in sorted(vitals.calendars.items()):
        yield _warning(f"calendar.{schedule}", f"The calendar of {schedule}: {error.replace(chr(10), ' ')}")


def _heartbeat(vitals: Vitals, expected: Expected, now: datetime) -> Iterator[Finding]:
    """Never unhealthy: it is not called while amends is, so that one missed call would end all others."""
    pulse = vitals.pulses.get(HEARTBEAT)
    if expected.heartbeat is None or pulse is None:
        return
    last = pulse.good_at or pulse.begun_at
    if pulse.error and now - last > _BEATS_MISSED * expected.heartbeat:
        yield _warning(HEARTBEAT, f"The heartbeat did not get through for {spell(now - last)}: {pulse.error}")


def _quarantine(vitals: Vitals) -> Iterator[Finding]:
    if vitals.quarantined:
        yield _warning("quarantine", f"{vitals.quarantined} mails could not be read: see `amends quarantine list`.")


def _clock(vitals: Vitals, now: datetime) -> Iterator[Finding]:
    """Deadlines that were set by a clock that was ahead stay where they are when it is put right."""
    if vitals.logged_at is not None and vitals.logged_at - now > _CLOCKS_DIFFER:
        ahead = spell(vitals.logged_at - now)
        said = f"The log has entries of a time that is {ahead} ahead of the clock"
        yield _warning("clock", f"{said}: set the clock, and see in `amends cases` what is due too late.")

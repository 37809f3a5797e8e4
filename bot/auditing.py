"""What this installation's audit looks at: the config's folders, heartbeat and canary, the database, and its disk."""

from __future__ import annotations

import math
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.domain.health import CANARY, DELIVER, TICK, Expected, Health, Vitals, judge
from bot.domain.roster import Roster
from bot.edges.health_http import Answers, healthz
from bot.edges.listening import Reply
from bot.errors import AmendsError
from bot.oncall import rotas
from bot.service.audit import Audit, Auditor
from bot.service.ports import Clock
from bot.settings import MailboxSettings, Settings
from bot.store import vitals as rows
from bot.watching import A_TURN, folder_names

if TYPE_CHECKING:
    from bot.store.store import SqlStore


# Times as long as counting took.
_BELIEVED = 20.0


def auditor(settings: Settings, store: SqlStore, clock: Clock) -> Auditor:
    """For a process that runs."""
    return Auditor(look(settings, store), expected(settings), clock)


def answers(auditor: Auditor, store: SqlStore) -> Answers:
    """What is answered at /healthz and /metrics."""
    return {"/healthz": lambda: healthz(auditor.health), "/metrics": _Scrape(auditor, store)}


class _Scrape:
    """Put together once for each audit, however many ask; a million open cases are counted now and then."""

    def __init__(self, auditor: Auditor, store: SqlStore, seconds: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: a clock that never goes back."""
        self._auditor, self._store, self._seconds = auditor, store, seconds
        self._counted_until, self._counts = -math.inf, dict[str, int]()
        self._one_at_a_time = threading.Lock()
        self._told: tuple[datetime, Reply] | None = None

    def __call__(self) -> Reply:
        with self._one_at_a_time:
            audit = self._auditor.audit()
            if self._told is None or self._told[0] != audit.at:
                self._told = audit.at, self._reply(audit)
            return self._told[1]

    def _reply(self, audit: Audit) -> Reply:
        from bot.edges.metrics import CONTENT_TYPE, Numbers, exposition

        late = 0.0
        with suppress(AmendsError):  # the audit has found it too
            self._count()
            late = self._store.read(rows.lateness)
        numbers = Numbers(audit.at, audit.health, audit.vitals, self._counts, late)
        return Reply(200, exposition(numbers), CONTENT_TYPE)

    def _count(self) -> None:
        """Believed for so much longer than it took that next to no time goes into counting."""
        began = self._seconds()
        if began >= self._counted_until:
            self._counts = self._store.read(rows.open_by_state)
            ended = self._seconds()
            self._counted_until = ended + _BELIEVED * (ended - began)


def look(settings: Settings, store: SqlStore) -> Callable[[datetime], Vitals]:
    """Reads what an audit judges; raises what the database raises. Rows of an older config are nobody's business."""
    wanted, schedules = expected(settings).folders, {one.name for one in settings.schedules}

    def seen(now: datetime) -> Vitals:
        found = store.read(lambda connection: rows.vitals(connection, now))
        folders = tuple(one for one in found.folders if (one.account, one.folder) in wanted)
        calendars = {name: error for name, error in found.calendars.items() if name in schedules}
        return replace(found, folders=folders, calendars=calendars, disk_free=disk_free(settings))

    return seen


def disk_free(settings: Settings) -> int | None:
    """Bytes that are left where a SQLite file grows; None where that is a server's business."""
    file = settings.store_url.removeprefix("sqlite:///")
    if file == settings.store_url:
        return None
    try:
        return shutil.disk_usage(Path(file).parent).free
    except OSError:
        return None


def expected(settings: Settings) -> Expected:
    """What the config asks for. A folder that has to share a connection may take its turn later than its `poll`."""
    servers: dict[tuple[str, int], list[MailboxSettings]] = defaultdict(list)
    for box in settings.mailboxes:
        servers[box.host.lower(), box.port].append(box)
    folders: dict[tuple[str, str], timedelta] = {}
    for boxes in servers.values():
        named = [(box, name) for box in boxes for name in folder_names(box)]
        most = min(box.max_connections for box in boxes)
        turn = A_TURN * (len(named) - most + 1) if len(named) > most else 0.0
        folders |= {(box.name, name): timedelta(seconds=max(box.poll_seconds, turn)) for box, name in named}
    health = settings.health
    beat = health.heartbeat_every if health.heartbeat.named else None
    return Expected(folders, beat, bool(health.canary_channel))


def status(settings: Settings, store: SqlStore, now: datetime) -> tuple[Health, dict[str, Any]]:
    """All that `amends status` says, as plain JSON, with what was found. Raises what the database raises."""
    seen = look(settings, store)(now)
    found = judge(seen, expected(settings), now)
    counts, due = store.read(rows.open_by_state), store.read(rows.next_due)
    exhausted = counts.pop("exhausted", 0)
    return found, {
        "healthy": found.is_healthy,
        "findings": [{"id": one.id, "severity": one.severity.value, "said": one.said} for one in found.findings],
        "last_tick_at": _good_at(seen, TICK), "last_delivery_at": _good_at(seen, DELIVER),
        "folders": _folders(seen),
        "outbox": {"waiting": dict(seen.unsent), "since": _iso(seen.unsaid_since)},
        "cases": {"open": sum(counts.values()), "by_state": counts, "exhausted": exhausted, "due": seen.due},
        "on_call": on_call(settings, store, now), "next_due_at": _iso(due), "quarantine": seen.quarantined,
        "canary": _canary(seen) if settings.health.canary_channel else None,
    }  # fmt: skip


def on_call(settings: Settings, store: SqlStore, now: datetime) -> list[dict[str, str]]:
    """Who is on call at that moment, by schedule, and why; "" is nobody."""
    roster = Roster(settings.on_call, rotas(settings, store)[0])
    return [{"schedule": name, "who": duty.who if duty else "", "why": duty.why if duty else "nobody is named"}
            for name, duty in roster.duties(now).items()]  # fmt: skip


def _folders(seen: Vitals) -> list[dict[str, Any]]:
    return [{"folder": one.folder, "last_read_at": _iso(one.good_at), "error": one.error} for one in seen.folders]


def _canary(seen: Vitals) -> dict[str, Any]:
    return {"last_arrived_at": _good_at(seen, CANARY), "next_at": _iso(seen.canary_due_at)}


def _good_at(seen: Vitals, name: str) -> str | None:
    pulse = seen.pulses.get(name)
    return _iso(pulse.good_at) if pulse else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None

"""The schedules of a config, ready to be asked; what calendars hold comes later, from the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.rota import Rota
from bot.domain.rotation import Rotation
from bot.domain.shifts import Shift, Shifts
from bot.settings.oncall_rules import moment, parse_handover
from bot.settings.schema_oncall import OnCallTable

_NINE, _MONDAY = time(9), 0


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """Where a calendar is, an address or an absolute path, and who its names and addresses (lower case) are: ids."""

    where: str
    people: Mapping[str, str]

    @property
    def is_address(self) -> bool:
        """Whether a server is asked for it; else it is a file."""
        return "://" in self.where

    @property
    def names(self) -> dict[str, str]:
        """What to call people, by id: the first name that the config has for each."""
        return {who: name for name, who in reversed(tuple(self.people.items()))}


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """One [[oncall]]: a rotation, or a calendar, and the overrides above it."""

    name: str
    zone: ZoneInfo
    rotation: Rotation | None
    calendar: CalendarSettings | None
    overrides: tuple[Shift, ...] = ()

    def schedule(self, shifts: Sequence[Shift] = (), known_until: datetime | None = None) -> Rota:
        """It with what is known of its calendar: shifts until a moment; None: it was never read."""
        if self.rotation is not None:
            return Rota(self.name, "rotation", self.rotation, self.zone, self.overrides)
        names = self.calendar.names if self.calendar else {}
        found = Shifts(self.name, tuple(shifts), known_until, names)
        return Rota(self.name, "calendar", found, self.zone, self.overrides)


def schedules(tables: Iterable[OnCallTable], home: ZoneInfo, base: Path) -> tuple[ScheduleSettings, ...]:
    """Those of checked tables. `home`: the team's zone; `base`: the folder to which files are relative."""
    return tuple(_schedule(table, ZoneInfo(table.timezone) if table.timezone else home, base) for table in tables)


def _schedule(table: OnCallTable, zone: ZoneInfo, base: Path) -> ScheduleSettings:
    overrides = tuple(Shift(one.who, moment(one.starts, zone), moment(one.until, zone)) for one in table.override)
    return ScheduleSettings(table.name, zone, _rotation(table, zone), _calendar(table, base), overrides)


def _rotation(table: OnCallTable, zone: ZoneInfo) -> Rotation | None:
    if table.rotation is None or table.start is None:
        return None
    weekly = table.rotation == "weekly"
    weekday, wall = (_MONDAY if weekly else None), _NINE
    if table.handover:
        weekday, wall = parse_handover(table.handover, weekly=weekly)
    return Rotation(table.name, tuple(table.people), table.start, wall, zone, weekday)


def _calendar(table: OnCallTable, base: Path) -> CalendarSettings | None:
    if not table.calendar:
        return None
    where = table.calendar if "://" in table.calendar else str(base / table.calendar)
    people = table.people if isinstance(table.people, dict) else {}
    return CalendarSettings(where, {name.strip().lower(): who for name, who in people.items()})

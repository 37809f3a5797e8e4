"""On-call as something that is kept up: calendars read now and then, gaps told of, and the roster as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.domain.roster import Roster
from bot.domain.rota import Rota
from bot.domain.shifts import Shift
from bot.edges.calendar import CalendarAt
from bot.errors import Refused, Retriable
from bot.service.oncall import AHEAD, BACK, read_calendars, schedules_used, tell_of_gaps
from bot.service.oncall_ports import CalendarState
from bot.service.ports import Clock
from bot.settings import Settings
from bot.settings.oncall import ScheduleSettings
from bot.store.shifts import calendar_states, shifts_known
from bot.store.store import SqlStore


class OnCallRoom:
    """Everything in this process that knows who is on call."""

    def __init__(self, settings: Settings, store: SqlStore, _clock: Clock) -> None:
        """With what the database knows of calendars; none is read yet."""
        self._settings, self._store = settings, store
        self._calendars = {one.name: found for one in settings.schedules if (found := calendar_of(one)) is not None}
        self._used = schedules_used(settings.policy.ladders)
        self._has_begun = False
        self._rotas = self._known()

    @property
    def roster(self) -> Roster:
        """Who is on call by which name, as of the last look into the database."""
        return Roster(self._settings.on_call, self._rotas)

    def keep(self) -> None:
        """To be called once a minute; does what is due, and raises nothing that calendars' servers do.

        It may take a minute for each calendar. The first time all are read: the config may name others than before.
        """
        if self._calendars:
            read_calendars(self._store, self._calendars, at_once=not self._has_begun)
            self._rotas = self._known()
        self._has_begun = True
        tell_of_gaps(self._store, self._rotas, self._used)

    def _known(self) -> tuple[Rota, ...]:
        return rotas(self._settings, self._store)[0]


def calendar_of(schedule: ScheduleSettings) -> CalendarAt | None:
    """The calendar of a schedule that has one."""
    told = schedule.calendar
    return CalendarAt(told.where, told.is_address, schedule.zone, told.people) if told else None


def rotas(settings: Settings, store: SqlStore | None) -> tuple[tuple[Rota, ...], list[str]]:
    """All schedules as the database knows them, and what is wrong with their calendars."""
    shifts: Mapping[str, list[Shift]] = store.read(shifts_known) if store else {}
    states: Mapping[str, CalendarState] = {one.schedule: one for one in store.read(calendar_states)} if store else {}
    found, problems = [], []
    for one in settings.schedules:
        state = states.get(one.name) if one.calendar else None
        if state is not None and state.error:
            problems += [f"{one.name}: {line}" for line in state.error.split("\n")]
        read_at = state.read_at if state else None
        found.append(one.schedule(shifts.get(one.name, ()), read_at + AHEAD if read_at else None))
    return tuple(found), problems


def rotas_at(settings: Settings, store: SqlStore | None, at: datetime) -> tuple[tuple[Rota, ...], list[str]]:
    """The same, but that calendars of which the database knows nothing about that moment are read anew, for once."""
    states = {one.schedule: one for one in store.read(calendar_states)} if store else {}
    known, problems = rotas(settings, store)
    found = []
    for one, rota in zip(settings.schedules, known, strict=True):
        calendar = None if _covers(states.get(one.name), at) else calendar_of(one)
        if calendar is None:
            found.append(rota)
            continue
        try:
            reading = calendar.read(at - BACK, at + AHEAD)
        except (Retriable, Refused) as problem:
            problems.append(f"{one.name}: {problem}")
            found.append(rota)
        else:
            problems += [f"{one.name}: {line}" for line in reading.problems]
            found.append(one.schedule(reading.shifts, at + AHEAD))
    return tuple(found), list(dict.fromkeys(problems))


def _covers(state: CalendarState | None, at: datetime) -> bool:
    return state is not None and state.read_at is not None and state.read_at - BACK <= at < state.read_at + AHEAD - BACK

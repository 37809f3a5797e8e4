"""Looks at who is on call as amends would: whether calendars can be read, who it is now, and gaps that are near."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.checked import Checked, failed
from bot.domain.moments import shown
from bot.domain.roster import gaps
from bot.domain.rota import Rota
from bot.edges import heartbeat
from bot.edges.calendar import CalendarAt
from bot.errors import AmendsError
from bot.oncall import calendar_of
from bot.service.oncall import AHEAD, BACK, LOOKED_AHEAD, schedules_used
from bot.settings import HealthSettings, Settings
from bot.settings.oncall import ScheduleSettings

_FILL = "Add a shift to the calendar, or an override to the config. Look: amends oncall."
_PEOPLE = "Add them to [oncall.people], by address or name."


def check_oncall(settings: Settings, now: datetime) -> Iterator[Checked]:
    """Each [[oncall]], as of `now`; calendars are read anew, and nothing is written down."""
    used = schedules_used(settings.policy.ladders)
    for one in settings.schedules:
        rota: Rota | None = one.schedule()
        if (calendar := calendar_of(one)) is not None:
            found, rota = _calendar(one, calendar, now)
            yield found
        if rota is not None:
            yield _duty(one, rota, now, is_used=one.name in used)


def check_heartbeat(health: HealthSettings) -> Iterator[Checked]:
    """The URL is looked at and not called: whoever waits for it would take a dead amends for one that works."""
    if not health.heartbeat.named:
        return
    try:
        heartbeat.check(health.heartbeat.reveal())
    except AmendsError as problem:
        yield failed("heartbeat", problem)
    else:
        yield Checked("heartbeat", True, "the heartbeat has a URL; only `amends run` calls it")


def _calendar(one: ScheduleSettings, calendar: CalendarAt, now: datetime) -> tuple[Checked, Rota | None]:
    """What came of reading it, and the schedule with its shifts, if it can be read."""
    check_id = f"calendar.{one.name}"
    try:
        reading = calendar.read(now - BACK, now + AHEAD)
    except AmendsError as problem:
        return failed(check_id, problem), None
    rota = one.schedule(reading.shifts, now + AHEAD)
    if reading.problems:
        more = f" (and {len(reading.problems) - 1} more)" if len(reading.problems) > 1 else ""
        return Checked(check_id, False, f"{one.name}: {reading.problems[0]}{more}", _PEOPLE), rota
    return Checked(check_id, True, f"the calendar of {one.name} is read; shifts: {len(reading.shifts)}"), rota


def _duty(one: ScheduleSettings, rota: Rota, now: datetime, *, is_used: bool) -> Checked:
    check_id, duty = f"oncall.{one.name}", rota.duty(now)
    missing = gaps(rota, now, now + LOOKED_AHEAD) if is_used else ()
    if missing:
        begins, ends = missing[0]
        until = f"until {shown(ends, one.zone)}" if ends < now + LOOKED_AHEAD else "on"
        said = f"nobody is on call by {one.name} from {shown(begins, one.zone)} {until}"
        return Checked(check_id, False, said, _FILL)
    said = f"{one.name}: {duty.who} is on call, {duty.why}" if duty.who else f"{one.name}: {duty.why}"
    return Checked(check_id, True, said if is_used else f"{said} (no policy uses it)")

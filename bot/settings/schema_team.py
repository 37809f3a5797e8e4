"""[team] and [[escalation.team]]: who works when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.domain.hours import Team
from bot.settings.holidays import days_off, parse_holidays
from bot.settings.schema_base import Address, Table, Text
from bot.settings.words import parse_hours, parse_quiet

# Longer than any leave: who has no working hour in it has none that anybody could wait for.
_LOOK_AHEAD = timedelta(days=366)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError('expected a time zone of the tz database, such as "Europe/Berlin"')
    return name


def _hours(text: str) -> str:
    parse_hours(text, ZoneInfo("UTC"))
    return text


def _quiet(text: str) -> str:
    if text:
        parse_quiet(text, ZoneInfo("UTC"))
    return text


def _holidays(text: str) -> str:
    if text:
        parse_holidays(text)
    return text


def _day(told: Any) -> Any:
    """A date, as TOML has them; a time on that day would promise more than a day off can keep."""
    if isinstance(told, date) and not isinstance(told, datetime):
        return told
    raise ValueError("expected dates without quotes and without a time, such as [2026-12-24]")


Zone = Annotated[str, AfterValidator(_zone)]
HoursText = Annotated[Text, AfterValidator(_hours)]


class _WorkTable(Table):
    """Who works when, and when nobody is to be pinged."""

    name: Text
    timezone: Zone
    hours: HoursText
    holidays: Annotated[str, AfterValidator(_holidays)] = ""
    days_off: list[Annotated[date, BeforeValidator(_day)]] = []
    quiet: Annotated[str, AfterValidator(_quiet)] = ""
    loud_from: Annotated[int, Field(ge=1, le=4)] = 3

    @model_validator(mode="after")
    def _somebody_works(self) -> Self:
        now = datetime.now(UTC)
        worked = next(self.as_team().hours.spans(now), None)
        if worked is None or worked[0] > now + _LOOK_AHEAD:
            raise ValueError("expected fewer days_off: for a year from today nobody would work at all")
        return self

    def as_team(self) -> Team:
        """The same as the domain has it."""
        zone = ZoneInfo(self.timezone)
        hours = replace(parse_hours(self.hours, zone), days_off=days_off(self.days_off, self.holidays))
        return Team(self.name, hours, parse_quiet(self.quiet, zone) if self.quiet else None, self.loud_from)


class TeamTable(_WorkTable):
    """[team]"""

    name: Text = "Support"
    addresses: list[Address] = []
    forms: list[Address] = []
    footers: list[Text] = []
    timezone: Zone = "UTC"
    hours: HoursText = "Mon-Fri 09:00-17:00"


class FurtherTeamTable(_WorkTable):
    """[[escalation.team]]: nothing is taken over from [team], or a team abroad would work by the hours of this one."""

"""The shape of [[oncall]]. What goes together, and what its words mean, is checked by `oncall_rules`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from bot.settings.schema_base import Table, Text


def _day(told: Any) -> Any:
    if isinstance(told, datetime) or not isinstance(told, date):
        raise ValueError("expected a day without quotes, such as 2026-01-05")  # noqa: TRY004, pydantic tells these only
    return told


def _moment(told: Any) -> Any:
    if not isinstance(told, datetime):
        raise ValueError("expected a day and time without quotes, such as 2026-12-24T09:00:00")  # noqa: TRY004
    return told


def _people(told: Any) -> Any:
    ids = told if isinstance(told, list) else told.values() if isinstance(told, dict) else [None]
    if not all(isinstance(one, str) for one in ids):
        raise ValueError("expected a list of Slack ids, or for a calendar a table of them by name or address")
    return told


Moment = Annotated[datetime, BeforeValidator(_moment)]


class OverrideTable(Table):
    """[[oncall.override]]"""

    who: Text
    starts: Moment = Field(alias="from")
    until: Moment


class OnCallTable(Table):
    """[[oncall]]

    `people`: Slack ids in the order of their turns, or for a calendar a table of them by name or address.
    """

    name: Text
    rotation: Literal["daily", "weekly"] | None = None
    handover: str = ""
    timezone: str = ""
    start: Annotated[date, BeforeValidator(_day)] | None = None
    calendar: str = ""
    people: Annotated[list[str] | dict[str, str], PlainValidator(_people)] = []
    override: list[OverrideTable] = []

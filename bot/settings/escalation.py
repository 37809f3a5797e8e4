"""The escalation tables of the config as the domain's ladders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.domain.customers import CustomerValue
from bot.domain.escalation import How, Ladder, Notify, Rung
from bot.domain.grouping import Grouping
from bot.domain.hours import Delay, parse_delay
from bot.settings.schema_base import is_slack_id
from bot.settings.schema_escalation import CustomerTable, GroupingTable, PolicyTable, RungTable

_FIXED = {one.value: one for one in (Notify.CHANNEL, Notify.ON_CALL, Notify.LEAD)}


def ladder(table: PolicyTable, schedules: frozenset[str]) -> Ladder:
    """A policy; rungs that repeat are as many rungs, one after the other. `schedules`: names of [[oncall]]."""
    rungs = tuple(one for rung in table.rungs for one in _rungs(rung, schedules))
    return Ladder(
        table.name, rungs, frozenset(table.reasons), table.repeat, table.severity, table.value,
        frozenset(table.channels), table.team,
    )  # fmt: skip


def _rungs(table: RungTable, schedules: frozenset[str]) -> Iterator[Rung]:
    notify, who = _whom(table.notify, schedules)
    first, how = parse_delay(table.after), _how(table, notify)
    yield Rung(first, notify, who, how)
    if table.repeat is not None:
        gap = parse_delay(table.repeat).length
        for again in range(1, table.times + 1):
            yield Rung(Delay(first.length + again * gap, first.working), notify, who, how)


def _how(table: RungTable, notify: Notify) -> How:
    """Who is pinged, is pinged where all see it, unless the config says otherwise."""
    if table.how is not None:
        return How(table.how)
    return How.THREAD if notify is Notify.CHANNEL else How.CHANNEL


def _whom(name: str, schedules: frozenset[str]) -> tuple[Notify, str]:
    """A schedule may be called on_call or lead: then it takes the place of the fixed address."""
    if name in _FIXED:
        return _FIXED[name], ""
    if name not in schedules and is_slack_id(name, "UWS"):
        return Notify.PERSON, name
    return Notify.SCHEDULE, name


def grouping(table: GroupingTable) -> Grouping:
    """How pings are bundled."""
    return Grouping(_elapsed(table.wait), _elapsed(table.interval), _elapsed(table.repeat))


def _elapsed(text: str) -> timedelta:
    return parse_delay(text).length if text else timedelta()


def customers(tables: Sequence[CustomerTable]) -> tuple[CustomerValue, ...]:
    """What customers are worth."""
    return tuple(CustomerValue(table.name, tuple(table.match), table.value) for table in tables)

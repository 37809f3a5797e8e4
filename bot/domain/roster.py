"""Who is on call, and why. Pure: the moment is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.escalation import Notify, OnCall

# So many hand-overs ahead somebody else is looked for: more than a year of days.
_LOOKED_AHEAD = 400


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on call: an id in the channel ("": nobody), why in a few words, and until when (UTC; None: for good).

    `until` lies after the moment that was asked about.
    """

    who: str
    why: str
    until: datetime | None = None


class Schedule(Protocol):
    """Something that says who is on call when."""

    @property
    def name(self) -> str:
        """What rungs call it."""

    def duty(self, at: datetime) -> Duty:
        """Who is on call at that moment."""


@dataclass(frozen=True, slots=True)
class Roster:
    """All schedules by name, and the fixed addresses where no schedule has their name."""

    fixed: OnCall = field(default_factory=OnCall)
    schedules: tuple[Schedule, ...] = ()

    def duty(self, notify: Notify, who: str, at: datetime) -> Duty | None:
        """Whom a rung speaks to at that moment; None: to the channel itself, since nobody was ever named."""
        if notify is Notify.PERSON:
            return Duty(who, "named by the policy")
        name = who if notify is Notify.SCHEDULE else notify.value
        for schedule in self.schedules:
            if schedule.name == name:
                return schedule.duty(at)
        if notify is Notify.SCHEDULE:
            return Duty("", f"there is no schedule {name} any more")
        address = self.fixed.address(notify) if notify in (Notify.ON_CALL, Notify.LEAD) else ""
        return Duty(address, f"named as {notify.value}") if address else None

    def duties(self, at: datetime) -> dict[str, Duty | None]:
        """Who is on call at that moment by each name that a rung can have: on_call, lead, then the other schedules.

        None: nobody was ever named, and the channel is told.
        """
        roles = {notify.value: self.duty(notify, "", at) for notify in (Notify.ON_CALL, Notify.LEAD)}
        return roles | {one.name: one.duty(at) for one in self.schedules}


Gap = tuple[datetime, datetime]
"""From when to when (UTC) nobody is on call."""


def gaps(schedule: Schedule, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """When nobody is on call between two moments (UTC), in order, each as long as it lasts within them."""
    found: list[Gap] = []
    at = start
    while at < end:
        duty = schedule.duty(at)
        until = end if duty.until is None else min(duty.until, end)
        if not duty.who:
            begins = found.pop()[0] if found and found[-1][1] == at else at
            found.append((begins, until))
        at = until
    return tuple(found)


def following(schedule: Schedule, at: datetime) -> tuple[datetime, Duty] | None:
    """When somebody else takes over from whoever is on call at that moment, and who; None: nobody in sight."""
    now = duty = schedule.duty(at)
    for _ in range(_LOOKED_AHEAD):
        if (moment := duty.until) is None:
            return None
        duty = schedule.duty(moment)
        if duty.who not in ("", now.who):
            return moment, duty
    return None

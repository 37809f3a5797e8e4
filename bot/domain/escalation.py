"""Ladders: after how long, whom. Pure arithmetic on moments; who is on call is looked up when a rung fires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.domain.hours import Delay, Hours

# Two ticks of one second: a rung that fires later than this is called late.
LATE_AFTER = timedelta(seconds=2)


class Notify(Enum):
    """Whom a rung speaks to."""

    CHANNEL = "channel"
    ON_CALL = "on_call"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Rung:
    """`after` the clock started, `notify` somebody."""

    after: Delay
    notify: Notify


@dataclass(frozen=True, slots=True)
class Ladder:
    """A named escalation policy; a case keeps the rungs it opened with. `reasons` empty: for every reason."""

    name: str
    rungs: tuple[Rung, ...]
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OnCall:
    """Whom the names in a ladder mean today: Slack user groups or members; empty where nobody is named."""

    on_call: str = ""
    lead: str = ""

    def address(self, notify: Notify) -> str:
        """The id to mention, or an empty string: then the channel itself is told."""
        return {Notify.CHANNEL: "", Notify.ON_CALL: self.on_call, Notify.LEAD: self.lead}[notify]


@dataclass(frozen=True, slots=True)
class Climb:
    """What firing a rung leads to: the moved clock (UTC), the next deadline (None: ladder at its end), lateness."""

    clock_start: datetime
    next_due_at: datetime | None
    late_by: timedelta | None


def rung_due(ladder: Ladder, index: int, clock_start: datetime, hours: Hours) -> datetime | None:
    """When rung `index` (0 = first) is due, or None past the last one."""
    if index >= len(ladder.rungs):
        return None
    return hours.add(clock_start, ladder.rungs[index].after)


def climb(ladder: Ladder, index: int, clock_start: datetime, now: datetime, hours: Hours) -> Climb:
    """Fire rung `index` at `now`. A ladder that fell behind fires this one and then keeps its gaps from now."""
    due = rung_due(ladder, index, clock_start, hours)
    start, late_by = clock_start, None
    if due is not None and now - due > LATE_AFTER:
        start, late_by = hours.add(clock_start, _missed(ladder, index, due, now, hours)), now - due
    following = rung_due(ladder, index + 1, start, hours)
    if following is not None:
        following = max(following, now)
    return Climb(start, following, late_by)


def _missed(ladder: Ladder, index: int, due: datetime, now: datetime, hours: Hours) -> Delay:
    """How far the clock moves: in working time where the gap to the next rung is one of working time."""
    if all(rung.after.working for rung in ladder.rungs[index : index + 2]):
        return Delay(hours.working_between(due, now), working=True)
    return Delay(now - due)


def choose(ladders: tuple[Ladder, ...], reason: str) -> Ladder:
    """The first ladder that names this reason, else the first that names none (settings see to it that one exists)."""
    named = (ladder for ladder in ladders if reason in ladder.reasons)
    general = (ladder for ladder in ladders if not ladder.reasons)
    found = next(named, None) or next(general, None)
    assert found is not None, "settings guarantee a general ladder"
    return found

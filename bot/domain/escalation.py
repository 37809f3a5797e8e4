"""Ladders: after how long, whom. Pure arithmetic on moments; who is on call is looked up when a rung fires."""

from __future__ import annotations

from collections.abc import Sequence
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
    SCHEDULE = "schedule"
    PERSON = "person"


class How(Enum):
    """In what way a rung speaks: a reply below the card, one that the channel sees too, or a direct message."""

    THREAD = "thread"
    CHANNEL = "channel"
    DM = "dm"


@dataclass(frozen=True, slots=True)
class Rung:
    """`after` the clock started, `notify` somebody, in what way. `who`: which schedule, or whose id in the channel."""

    after: Delay
    notify: Notify
    who: str = ""
    how: How = How.THREAD


@dataclass(frozen=True, slots=True)
class Ladder:
    """A named escalation policy; a case keeps the rungs it opened with.

    It is for cases of these `reasons` and `media` (empty: all), of this `severity` and customer `value` or more.
    `repeat`: how often it is climbed again before it is exhausted. `team`: whose hours count; empty: the one team's.
    """

    name: str
    rungs: tuple[Rung, ...]
    reasons: frozenset[str] = frozenset()
    repeat: int = 0
    severity: int = 0
    value: float = 0.0
    media: frozenset[str] = frozenset()
    team: str = ""

    def rung_at(self, index: int) -> Rung | None:
        """The rung that fires as the `index`-th (0 = first), over all repeats; None past the last."""
        size = len(self.rungs)
        return self.rungs[index % size] if index < size * (1 + self.repeat) else None

    def begins_round(self, index: int) -> bool:
        """Whether the ladder is climbed anew with this rung."""
        return index % len(self.rungs) == 0

    @property
    def is_general(self) -> bool:
        """Whether it is for every case."""
        return not (self.reasons or self.media or self.severity > 1 or self.value > 0)

    def suits(self, traits: Traits) -> bool:
        """Whether a case of these traits is one of those that it is for."""
        return (
            (not self.reasons or traits.reason in self.reasons)
            and (not self.media or traits.medium in self.media)
            and traits.severity >= self.severity
            and traits.value >= self.value
        )


@dataclass(frozen=True, slots=True)
class OnCall:
    """Whom the names in a ladder mean today: Slack user groups or members; empty where nobody is named."""

    on_call: str = ""
    lead: str = ""

    def address(self, notify: Notify) -> str:
        """The id to mention, or an empty string: then the channel itself is told."""
        return {Notify.ON_CALL: self.on_call, Notify.LEAD: self.lead}.get(notify, "")


@dataclass(frozen=True, slots=True)
class Traits:
    """By what a case finds its ladder: why it was opened, how bad it is (1 to 3), the customer's value, the medium."""

    reason: str
    severity: int = 1
    value: float = 0.0
    medium: str = ""


@dataclass(frozen=True, slots=True)
class Climb:
    """What firing a rung leads to: the moved clock (UTC), the next deadline (None: ladder at its end), lateness."""

    clock_start: datetime
    next_due_at: datetime | None
    late_by: timedelta | None


def rung_due(ladder: Ladder, index: int, clock_start: datetime, hours: Hours) -> datetime | None:
    """When rung `index` (0 = first) is due in a round that began at `clock_start`, or None past the last one."""
    rung = ladder.rung_at(index)
    return hours.add(clock_start, rung.after) if rung is not None else None


def climb(
    ladder: Ladder, index: int, clock_start: datetime, now: datetime, hours: Hours, *, fired: int | None = None
) -> Climb:
    """Fire what rung `index` was due for at `now`; `fired` is a later one if those before it were skipped.

    A ladder that fell behind fires one rung and then keeps its gaps from now; a new round counts from now.
    """
    due, following = rung_due(ladder, index, clock_start, hours), (index if fired is None else fired) + 1
    start, late_by = clock_start, None
    if due is not None and now - due > LATE_AFTER:
        start, late_by = hours.add(clock_start, _missed(ladder, index, due, now, hours)), now - due
    if ladder.begins_round(following) and ladder.rung_at(following) is not None:
        start = now
    next_due = rung_due(ladder, following, start, hours)
    return Climb(start, max(next_due, now) if next_due is not None else None, late_by)


def _missed(ladder: Ladder, index: int, due: datetime, now: datetime, hours: Hours) -> Delay:
    """How far the clock moves: in working time where the gap to the next rung is one of working time."""
    here, following = ladder.rung_at(index), ladder.rung_at(index + 1)
    if all(rung.after.working for rung in (here, following) if rung is not None):
        return Delay(hours.working_between(due, now), working=True)
    return Delay(now - due)


def in_order(ladders: Sequence[Ladder]) -> tuple[Ladder, ...]:
    """The ladders as they are tried: those with conditions as they stand, then the general ones."""
    return tuple(sorted(ladders, key=lambda ladder: ladder.is_general))


def choose(ladders: Sequence[Ladder], traits: Traits) -> Ladder:
    """The first that suits (settings see to it that a general one exists)."""
    found = next((ladder for ladder in in_order(ladders) if ladder.suits(traits)), None)
    assert found is not None, "settings guarantee a general ladder"
    return found

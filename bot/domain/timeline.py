"""A ladder on a time line, before anything has happened: the engine's own decisions, one deadline after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from bot.domain.actions import ChangeCase
from bot.domain.alert import Reason, Say
from bot.domain.case import Case
from bot.domain.customers import CustomerValue
from bot.domain.due import on_due
from bot.domain.escalation import How, Ladder, Notify, Traits
from bot.domain.grouping import ping_at
from bot.domain.ladder_words import whom
from bot.domain.message import Medium, Person, ThreadId
from bot.domain.opening import opened
from bot.domain.policy import Policy
from bot.domain.roster import Duty
from bot.domain.verdict import Label

SOMEBODY = Person("somebody@example.com")
_DAYS = 800


class Kind(Enum):
    """What happens at a moment."""

    OPENED = "opened"
    RUNG = "rung"
    SKIPPED = "skipped"
    NOBODY_TO_TELL = "nobody_to_tell"
    FIRST_RESPONSE_OVERDUE = "first_response_overdue"
    EXHAUSTED = "exhausted"


_KINDS = {
    Reason.STILL_UNANSWERED: Kind.RUNG, Reason.NOBODY_TO_TELL: Kind.NOBODY_TO_TELL,
    Reason.FIRST_RESPONSE_OVERDUE: Kind.FIRST_RESPONSE_OVERDUE, Reason.EXHAUSTED: Kind.EXHAUSTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happens if nobody acts. Moments are UTC.

    `rung` and `round` count from 1 (0: no rung). `duty`: who is meant; None: the channel. `ping_at`: when they are
    pinged (None: they are not, or not again so soon), `quiet`: whether quiet hours put that off.
    """

    at: datetime
    kind: Kind
    rung: int = 0
    round: int = 0
    notify: Notify = Notify.CHANNEL
    how: How = How.THREAD
    duty: Duty | None = None
    ping_at: datetime | None = None
    quiet: bool = False

    @property
    def is_said_without_ping(self) -> bool:
        """Whether somebody is meant who was pinged about this too lately."""
        return self.kind is Kind.RUNG and self.duty is not None and bool(self.duty.who) and self.ping_at is None

    def as_json(self, start: datetime) -> dict[str, Any]:
        """As plain JSON; elapsed since `start` in seconds."""
        return {
            "at": self.at.isoformat(), "elapsed_seconds": round((self.at - start).total_seconds()),
            "kind": self.kind.value, "rung": self.rung, "round": self.round, "notify": self.notify.value,
            "how": self.how.value, "who": self.duty.who if self.duty else "", "whom": whom(self.duty, self.notify),
            "ping_at": self.ping_at.isoformat() if self.ping_at else None, "quiet_hours": self.quiet,
        }  # fmt: skip


def timeline(policy: Policy, start: datetime, traits: Traits, customer: Person = SOMEBODY) -> list[Moment]:
    """What happens to a case of these traits that opens at `start` and that nobody touches, up to the first nag."""
    case = case_at(policy, start, traits, customer)
    return [Moment(start, Kind.OPENED, how=How.CHANNEL), *upcoming(case, policy)]


def case_at(policy: Policy, start: datetime, traits: Traits, customer: Person = SOMEBODY) -> Case:
    """A case of these traits as the engine would open it."""
    reason, worth = Reason(traits.reason), CustomerValue("", (customer.address.lower(),), traits.value)
    is_ours = reason in (Reason.STAFF_REPORT, Reason.UNANSWERED)  # whose first answer is not owed, or was told already
    return opened(
        reason, frozenset({Label.MISTAKE}), replace(policy, customers=(worth,)), start, thread=ThreadId(0),
        customer=customer, waiting_since=start, medium=Medium(traits.medium), severity=traits.severity,
        clock=None if is_ours else start,
    )  # fmt: skip


def upcoming(case: Case, policy: Policy) -> Iterator[Moment]:
    """What happens to a case that waits on its ladder if nobody acts, up to the first nag and the first answer."""
    pings = _Pings(policy)
    while not case.exhausted and case.next_due_at is not None:
        after, say, now = passed(case, policy, case.next_due_at)
        yield from _skipped(case, after, say, policy, now)
        yield _moment(case, say, policy, now, pings)
        case = after
    if case.answer_due_at is not None:
        _after, say, now = passed(case.due(None, case.answer_due_at), policy, case.answer_due_at)
        yield _moment(case, say, policy, now, pings)


def passed(case: Case, policy: Policy, now: datetime) -> tuple[Case, Say, datetime]:
    """A case after the deadline that has come by `now`, and what is said about it then."""
    (change,) = on_due(case, policy, now)
    assert isinstance(change, ChangeCase), "time changes cases, and nothing else"
    (say,) = change.say
    return change.case, say, now


def _skipped(case: Case, after: Case, say: Say, policy: Policy, now: datetime) -> Iterator[Moment]:
    """The rungs that are passed over because they would reach nobody."""
    reached = {Reason.STILL_UNANSWERED: say.rung, Reason.NOBODY_TO_TELL: after.rung}.get(say.reason, case.rung)
    for index in range(case.rung, reached):
        rung, round_ = case.ladder.rung_at(index), _place(case.ladder, index)
        if rung is not None:
            duty = policy.roster.duty(rung.notify, rung.who, now)
            yield Moment(now, Kind.SKIPPED, *round_, rung.notify, rung.how, duty)


def _place(ladder: Ladder, index: int) -> tuple[int, int]:
    """Which rung, in which round, each from 1."""
    return index % len(ladder.rungs) + 1, index // len(ladder.rungs) + 1


def _moment(case: Case, say: Say, policy: Policy, now: datetime, pings: _Pings) -> Moment:
    kind = _KINDS[say.reason]
    named = policy.roster.duty(say.notify, say.who, now) if say.notify is not Notify.CHANNEL else None
    duty = named if say.mention or (named is not None and not named.who) else None
    place = _place(case.ladder, say.rung) if kind is Kind.RUNG else (0, 0)
    ping_at = pings.take(say, now)
    return Moment(now, kind, *place, say.notify, say.how, duty, ping_at, quiet=say.deferred_until is not None)


@dataclass(slots=True)
class _Pings:
    """When this case pings whom, were it the only one: as the tick bundles them."""

    policy: Policy
    planned: dict[str, datetime] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)

    def take(self, say: Say, now: datetime) -> datetime | None:
        """When the ping of what is said at `now` goes out; None: there is none, or it came too lately."""
        if not say.mention:
            return None
        if say.reason is Reason.FIRST_RESPONSE_OVERDUE:  # the customer's own deadline: its ping waits for nothing
            self.last[say.mention] = now
            return now
        last, wanted = self.last.get(say.mention), max(say.deferred_until or now, now)
        at = ping_at(self.planned.get(say.mention), last, wanted, self.policy.grouping)
        if at is None:
            return None
        self.planned[say.mention] = self.last[say.mention] = at
        return at


def crossed(policy: Policy, ladder: Ladder, start: datetime, end: datetime) -> tuple[date, ...]:
    """The days off, on which the ladder's team would else work, between two moments; of a very long time, the first."""
    hours = policy.team_of(ladder).hours
    worked = {weekday for weekday, _opens, _closes in hours.week}
    first, last = start.astimezone(hours.zone).date(), end.astimezone(hours.zone).date()
    days = (first + timedelta(days=n) for n in range(min((last - first).days, _DAYS) + 1))
    return tuple(day for day in days if day.weekday() in worked and day in hours.days_off)

"""Things that tests are about, each valid as it comes; a test names only what matters to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.alert import CaseId, Reason
from bot.domain.case import Case, State
from bot.domain.escalation import Ladder, Notify, OnCall, Rung
from bot.domain.hours import Delay, Hours
from bot.domain.message import Direction, Message, Person, ThreadId
from bot.domain.roster import Roster
from bot.domain.silence import Patience
from bot.domain.triage import Policy
from bot.domain.verdict import Clue, Label, Verdict
from tests.fakes.clock import MONDAY

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CUSTOMER = Person("mo@customer.example", "Mo")
COLLEAGUE = Person("ana@acme.example", "Ana")


def working(length: timedelta) -> Delay:
    return Delay(length, working=True)


def ladder(*rungs: tuple[Delay, Notify], name: str = "default", reasons: frozenset[str] = frozenset()) -> Ladder:
    return Ladder(name, tuple(Rung(after, notify) for after, notify in rungs), reasons)


# What amends ships with: 15 minutes, an hour, four working hours.
LADDER = ladder(
    (Delay(15 * MINUTE), Notify.CHANNEL), (Delay(HOUR), Notify.ON_CALL), (working(4 * HOUR), Notify.LEAD)
)  # fmt: skip
HOURS = Hours(ZoneInfo("UTC"), tuple((day, time(9), time(17)) for day in range(5)))
ON_CALL = OnCall(on_call="S0ONCALL", lead="U0LEAD")
POLICY = Policy((LADDER,), Patience(), HOURS, roster=Roster(ON_CALL))


def message(text: str = "Where is my order?", **other: Any) -> Message:
    """A customer's mail; `other` names fields of Message."""
    fields: dict[str, Any] = {
        "sender": CUSTOMER, "direction": Direction.FROM_CUSTOMER, "subject": "Order 17", "received_at": MONDAY,
    }  # fmt: skip
    return Message(new_text=text, **(fields | other))


def verdict(*labels: Label, severity: int = 2, unsure: bool = False) -> Verdict:
    """What a judge says who is sure of exactly these labels."""
    likely = {label: 0.9 if label in labels else 0.1 for label in Label}
    clues = tuple(Clue(label, f"sounds like {label.value}", 1.5) for label in sorted(labels, key=lambda one: one.value))
    return Verdict(
        likely[Label.MISTAKE], likely[Label.IGNORED], frozenset(labels), severity if labels else 0, unsure, clues, "m1"
    )  # fmt: skip


MISTAKE, IGNORED, NOTHING = verdict(Label.MISTAKE), verdict(Label.IGNORED), verdict()


def case(state: State = State.SUSPECTED, **other: Any) -> Case:
    """A case that opened on Monday at nine; `other` names fields of Case."""
    fresh = Case(
        id=CaseId(7), thread=ThreadId(3), state=state, reason=Reason.MISTAKE, labels=frozenset({Label.MISTAKE}),
        severity=2, confidence=0.9, customer=CUSTOMER, opened_at=MONDAY, waiting_since=MONDAY, clock_start=MONDAY,
        ladder=LADDER, next_due_at=None if state.resolved else MONDAY + 15 * MINUTE,
    )  # fmt: skip
    return replace(fresh, **other)


def at(clock: str, day: datetime = MONDAY) -> datetime:
    """That day, at "14:30" UTC."""
    hour, minute = map(int, clock.split(":"))
    return day.replace(hour=hour, minute=minute)

"""The policies that the machine plays with, as the engine has them and as the model does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.escalation import Ladder, Notify, OnCall, Rung
from bot.domain.grouping import Grouping
from bot.domain.hours import Delay, Quiet, Team
from bot.domain.roster import Duty, Roster
from bot.domain.silence import Patience
from bot.domain.triage import Policy
from tests.escalation import model
from tests.escalation.model import DAY, HOUR
from tests.fakes.build import HOURS

EPOCH = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday

# minutes, whether of work, whom
LADDERS: tuple[tuple[int, tuple[tuple[int, bool, str, str], ...]], ...] = (
    (0, ((15, False, "channel", ""), (HOUR, False, "on_call", ""), (4 * HOUR, True, "lead", ""))),
    (1, ((10, False, "schedule", "night"), (30, False, "on_call", ""), (2 * HOUR, True, "person", "U0BOSS"))),
    (0, ((20, False, "schedule", "night"), (50, False, "schedule", "nobody"))),
    (1, ((HOUR, True, "schedule", "night"), (3 * HOUR, True, "on_call", ""))),
    (2, ((5, False, "on_call", ""),)),
)


def is_on_duty(minute: int) -> bool:
    """There is a gap after noon."""
    return not 12 * HOUR <= minute % DAY < 15 * HOUR


def reach(rung: model.Rung, minute: int) -> str | None:
    if rung.notify == "schedule":
        return "U0NIGHT" if rung.who == "night" and is_on_duty(minute) else None
    return rung.who or {"on_call": "S0ONCALL"}.get(rung.notify, "")


@dataclass(frozen=True)
class Gappy:
    """The same rota, as the engine sees it."""

    name: str = "night"

    def duty(self, at: datetime) -> Duty:
        minute = round((at - EPOCH).total_seconds() / 60)
        return Duty("U0NIGHT" if is_on_duty(minute) else "", "rotation night")


def policy_of(number: int) -> Policy:
    repeat, rungs = LADDERS[number]
    made = tuple(Rung(Delay(timedelta(minutes=m), work), Notify(to), who) for m, work, to, who in rungs)
    quiet = Quiet(ZoneInfo("UTC"), time(22), time(7))
    return Policy(
        (Ladder(f"l{number}", made, repeat=repeat),), Patience(), HOURS, (Team("", HOURS, quiet),),
        Roster(OnCall("S0ONCALL"), (Gappy(),)),
        Grouping(timedelta(minutes=model.WAIT), timedelta(minutes=model.INTERVAL), timedelta(minutes=model.REPEAT)),
    )  # fmt: skip


def ladder_of(number: int) -> model.Ladder:
    repeat, rungs = LADDERS[number]
    return model.Ladder([model.Rung(*rung) for rung in rungs], repeat)


def moment(minute: int | None) -> datetime | None:
    return EPOCH + timedelta(minutes=minute) if minute is not None else None

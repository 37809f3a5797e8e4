"""[escalation], its policies and groups, and what customers are worth."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.settings.schema_base import DelayText, PerhapsElapsedText, Table, Text
from bot.settings.schema_team import FurtherTeamTable

Reasons = Literal["mistake", "ignored", "staff_report", "unanswered"]
Media = Literal["mail", "customer_channel", "work_channel"]


def _match(text: str) -> str:
    local, at, domain = text.partition("@")
    if not (at and domain) or any(c.isspace() or c in '<>,;"@' for c in local + domain):
        raise ValueError('expected an address such as "ann@example.com", or a whole domain such as "@example.com"')
    return text.lower()


class RungTable(Table):
    """One rung of a ladder."""

    after: DelayText
    notify: Text
    how: Literal["thread", "channel", "dm"] | None = None
    repeat: DelayText | None = None
    times: Annotated[int, Field(ge=1, le=20)] = 1


class PolicyTable(Table):
    """[[escalation.policy]]"""

    name: Text
    rungs: Annotated[list[RungTable], Field(min_length=1, max_length=20)]
    reasons: list[Reasons] = []
    severity: Annotated[int, Field(ge=1, le=3)] = 1
    value: Annotated[float, Field(ge=0, strict=False)] = 0.0
    channels: list[Media] = []
    team: str = ""
    repeat: Annotated[int, Field(ge=0, le=10)] = 0


class GroupingTable(Table):
    """[escalation.grouping]"""

    wait: PerhapsElapsedText = "30s"
    interval: PerhapsElapsedText = "5m"
    repeat: PerhapsElapsedText = "10m"


class CustomerTable(Table):
    """[[customer]]"""

    name: Text
    match: Annotated[list[Annotated[str, AfterValidator(_match)]], Field(min_length=1)]
    value: Annotated[float, Field(ge=0, strict=False)]


_DEFAULT_RUNGS = [
    RungTable(after="15m", notify="channel"),
    RungTable(after="1h", notify="on_call", how="channel"),
    RungTable(after="4h working", notify="lead", how="channel"),
]


class EscalationTable(Table):
    """[escalation]"""

    policy: list[PolicyTable] = [
        PolicyTable(name="default", rungs=_DEFAULT_RUNGS),
        PolicyTable(name="questions", reasons=["unanswered"], rungs=[RungTable(after="4h working", notify="channel")]),
    ]
    grouping: GroupingTable = GroupingTable()
    team: list[FurtherTeamTable] = []

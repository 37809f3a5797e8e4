"""What would happen to a case that somebody imagines: its traits from a few words, its ladder, and why that one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.alert import Reason
from bot.domain.customers import value_of
from bot.domain.escalation import Ladder, Notify, Traits, choose, in_order
from bot.domain.hours import spell
from bot.domain.ladder_words import objections, purpose, repeats, steps
from bot.domain.message import Medium, Person
from bot.domain.moments import parse_moment, shown_day
from bot.domain.policy import Policy
from bot.domain.timeline import SOMEBODY, Moment, crossed, timeline
from bot.errors import UsageError

_REASONS = tuple(reason.value for reason in Reason if reason.opens)
_MEDIA = tuple(medium.value for medium in Medium)
_USUAL_SEVERITY = 2
_DAYS_NAMED = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """The case that somebody imagines; what is empty or None is as usual."""

    severity: int | None = None
    reason: str = ""
    value: float | None = None
    channel: str = ""
    customer: str = ""


def forecast(policy: Policy, moment: str, asked: Asked) -> tuple[dict[str, Any], list[Moment]]:
    """What happens if nobody acts, with all that explains it as plain JSON. Raises UsageError."""
    given = parse_moment(moment, policy.hours.zone)
    traits, customer = _traits(policy, asked), Person(asked.customer) if asked.customer else SOMEBODY
    try:
        moments = timeline(policy, given.at, traits, customer)
    except OverflowError as problem:
        raise UsageError(f"Nobody would ever be told: {problem}.") from None
    ladder = choose(policy.ladders, traits)
    told = {
        "at": given.at.isoformat(), "shown": _shown(policy, given.at), "taken": [given.note] if given.note else [],
        "reason": traits.reason, "severity": traits.severity, "value": traits.value, "channel": traits.medium,
        "customer": asked.customer, "policy": ladder.name, "why": purpose(ladder),
        "others": list(_others(policy.ladders, ladder, traits)),
        "moments": [one.as_json(given.at) for one in moments],
        "notes": list(_notes(policy, ladder, traits, moments)),
    }  # fmt: skip
    return told, moments


def _shown(policy: Policy, at: datetime) -> str:
    zone = policy.hours.zone
    return f"{shown_day(at, zone)} {at.astimezone(zone):%H:%M} ({zone.key})"


def _traits(policy: Policy, asked: Asked) -> Traits:
    """As the engine would find them. Raises UsageError for a case that cannot be."""
    reason = _one_of(asked.reason, _REASONS, "kind of case")
    medium = _one_of(asked.channel, _MEDIA, "channel")
    if not reason:
        reason = Reason.STAFF_REPORT.value if medium == Medium.WORK_CHANNEL.value else Reason.MISTAKE.value
    is_report = reason == Reason.STAFF_REPORT.value
    medium = medium or (Medium.WORK_CHANNEL if is_report else Medium.MAIL).value
    if is_report is not (medium == Medium.WORK_CHANNEL.value):
        raise UsageError("What comes from a work_channel is a staff_report, and nothing else is one.")
    severity = asked.severity or (1 if reason == Reason.UNANSWERED.value else _USUAL_SEVERITY)
    if reason == Reason.UNANSWERED.value and severity > 1:
        raise UsageError("Nothing was seen in a question that is only unanswered: its severity is 1.")
    value = value_of(asked.customer, policy.customers) if asked.value is None else asked.value
    return Traits(reason, severity, value, medium)


def _one_of(word: str, words: Sequence[str], what: str) -> str:
    if word and word not in words:
        raise UsageError(f"{word} is not a {what}.", advice=f"There are: {', '.join(words)}.")
    return word


def _others(ladders: Sequence[Ladder], chosen: Ladder, traits: Traits) -> Iterator[dict[str, str]]:
    """Why each other policy does not hold: it is not for this case, or one that is stands before it."""
    for ladder in in_order(ladders):
        if ladder is not chosen:
            because = "; ".join(objections(ladder, traits)) or f"“{chosen.name}” comes before it"
            yield {"policy": ladder.name, "because": because}


def _notes(policy: Policy, ladder: Ladder, traits: Traits, moments: Sequence[Moment]) -> Iterator[str]:
    team = policy.team_of(ladder)
    yield f"Working hours{f' of {team.name}' if team.name else ''}: {team.hours}."
    days = crossed(policy, ladder, moments[0].at, moments[-1].at)
    if days:
        more = f" and {len(days) - _DAYS_NAMED} more" if len(days) > _DAYS_NAMED else ""
        named = ", ".join(f"{day:%a %d %b}" for day in days[:_DAYS_NAMED])
        yield f"Days off on the way, on which nobody works: {named}{more}."
    if team.quiet is not None:
        loud = traits.severity >= team.loud_from
        said = "do not count for this severity" if loud else "put off pings, never a deadline"
        yield f"Quiet hours {team.quiet} {said}."
    if policy.grouping.wait and any(rung.notify is not Notify.CHANNEL for rung in ladder.rungs):
        yield f"A ping waits {spell(policy.grouping.wait)} for others to the same person."
    yield f"Once everybody was told, the channel is reminded again after each {policy.patience.nag}."


def listed(policy: Policy) -> list[dict[str, Any]]:
    """The ladders in the order in which they are tried, as plain JSON."""
    found = []
    for ladder in in_order(policy.ladders):
        team = policy.team_of(ladder)
        whose = f"hours of {team.name}: {team.hours}" if ladder.team else ""
        found.append({"policy": ladder.name, "for": purpose(ladder), "rungs": list(steps(ladder)),
                      "repeats": repeats(ladder), "hours": whose})  # fmt: skip
    return found

"""Rules of ladders that need more than one setting. The file may hold anything: a wrong type is told elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from bot.domain.hours import Delay, parse_delay
from bot.settings.schema_base import Path, is_slack_id

Problem = tuple[Path, str]
Policies = Sequence[tuple[Path, dict[str, Any]]]
_FIXED = ("channel", "on_call", "lead")
_ALL_REASONS = ("mistake", "ignored", "staff_report", "unanswered")
_ALL_MEDIA = ("mail", "customer_channel", "work_channel")


def escalation_problems(
    policies: Policies, schedules: frozenset[str], teams: frozenset[str], repeat: Any = "10m"
) -> Iterator[Problem]:
    """What is wrong with the policies of a file, given the names of its [[oncall]] and [[escalation.team]].

    `repeat`: that of [escalation.grouping].
    """
    general = [path for path, policy in policies if not _conditions(policy)]
    if not general:
        yield ("escalation", "policy"), "expected one policy without conditions (reasons, …), for everything else"
    for path in general[1:]:
        yield path, "two policies are for everything: only the first would ever be used; give this one conditions"
    yield from _never_reached(policies)
    for path, policy in policies:
        team = policy.get("team")
        if team and team not in teams:
            yield (*path, "team"), f'there is no [[escalation.team]] called "{team}"'
        yield from _rungs(path, policy.get("rungs"), schedules, _delay(repeat))


def _conditions(policy: dict[str, Any]) -> bool:
    severity, value = policy.get("severity", 1), policy.get("value", 0)
    return bool(policy.get("reasons") or policy.get("channels") or severity != 1 or value)


def _never_reached(policies: Policies) -> Iterator[Problem]:
    """A policy whose cases all belong to one that is tried before it."""
    special = [(path, policy) for path, policy in policies if _conditions(policy)]
    for place, (path, policy) in enumerate(special):
        for _path, earlier in special[:place]:
            if _covers(earlier, policy):
                name = earlier.get("name")
                yield path, f'overlaps: all its cases belong to "{name}", which stands before it; put this one first'
                break


def _covers(earlier: dict[str, Any], later: dict[str, Any]) -> bool:
    try:
        return (
            _among(earlier.get("reasons"), _ALL_REASONS) >= _among(later.get("reasons"), _ALL_REASONS)
            and _among(earlier.get("channels"), _ALL_MEDIA) >= _among(later.get("channels"), _ALL_MEDIA)
            and earlier.get("severity", 1) <= later.get("severity", 1)
            and earlier.get("value", 0) <= later.get("value", 0)
        )
    except TypeError:
        return False


def _among(named: Any, every: tuple[str, ...]) -> frozenset[Any]:
    return frozenset(named) if named else frozenset(every)


def _rungs(path: Path, rungs: Any, schedules: frozenset[str], pause: Delay | None) -> Iterator[Problem]:
    told = [(at, rung) for at, rung in enumerate(rungs if isinstance(rungs, list) else []) if isinstance(rung, dict)]
    for at, rung in told:
        yield from _whom((*path, "rungs", at), rung, schedules)
        yield from _repeats((*path, "rungs", at), rung, pause)
    moments = [(at, _last(rung), _delay(rung.get("after"))) for at, rung in told]
    for (_at, before, _), (at, _, after) in pairwise(moments):
        if before and after and before.working == after.working and after.length <= before.length:
            yield (*path, "rungs", at, "after"), f"expected more than {before}: the rung before it fires then"


def _whom(path: Path, rung: dict[str, Any], schedules: frozenset[str]) -> Iterator[Problem]:
    notify = rung.get("notify")
    if not isinstance(notify, str) or notify in _FIXED or notify in schedules:
        is_known = True
    else:
        is_known = is_slack_id(notify, "UWS")
    if not is_known:
        names = ", ".join((*_FIXED, *sorted(schedules)))
        yield (*path, "notify"), f'expected one of {names}, or a Slack id such as "U0123456789"'
    if rung.get("how") == "dm" and (notify == "channel" or str(notify).startswith("S")):
        yield (*path, "how"), 'expected "thread" or "channel": only people can be sent a direct message'


def _repeats(path: Path, rung: dict[str, Any], pause: Delay | None) -> Iterator[Problem]:
    times, after, gap = rung.get("times", 1), _delay(rung.get("after")), _delay(rung.get("repeat"))
    if times != 1 and "repeat" not in rung:
        yield (*path, "times"), 'expected repeat = "15m", for example: how long after each other'
    if after and gap and after.working != gap.working:
        kind = "counted in working hours" if after.working else "elapsed time"
        yield (*path, "repeat"), f"expected it {kind}, as after is"
    if gap and pause and gap.length < pause.length and rung.get("notify") != "channel":
        said = f"expected {pause} or more: nobody is pinged about one case sooner ([escalation.grouping] repeat)"
        yield (*path, "repeat"), said


def _last(rung: dict[str, Any]) -> Delay | None:
    """When a rung fires for the last time."""
    after, gap, times = _delay(rung.get("after")), _delay(rung.get("repeat")), rung.get("times", 1)
    if after is None or gap is None or not isinstance(times, int):
        return after
    return Delay(after.length + gap.length * min(max(times, 1), 20), after.working)


def _delay(text: Any) -> Delay | None:
    try:
        return parse_delay(text) if isinstance(text, str) else None
    except ValueError:
        return None

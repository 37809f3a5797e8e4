"""The story of a case in plain words: what was read, what was thought of it, who was told, who did what, what is next.

Pure: rows go in as facts, lines come out, oldest first. Customers' words are handed on as they are; the edge caps and
escapes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.alert import Reason
from bot.domain.case import Case, Entry, Step
from bot.domain.ladder_words import purpose, repeats, steps
from bot.domain.message import Direction, Medium
from bot.domain.moments import shown
from bot.domain.story_facts import Facts, Line, Read, Told
from bot.domain.story_words import deed, outcome
from bot.domain.verdict import Label, Verdict

# What was read within this time of its arrival was read at once, as far as people care.
_AT_ONCE = timedelta(minutes=1)
_CLUES = 3
Clues = Callable[[Verdict], list[str]]
"""Which clues of a verdict mean something to people, loudest first."""
_SEVERITY = ("none", "1 (a nuisance)", "2 (real harm)", "3 (urgent)")


def story(facts: Facts, zone: ZoneInfo, clues: Clues) -> list[Line]:
    """Everything that has happened, oldest first; of one moment, what was read before what came of it."""
    lines = [line for one in facts.read for line in _read(one, facts.case, zone, clues)]
    said = list(facts.told)
    for entry, due in facts.log:
        lines += _happened(entry, due, facts.case, _said_by(entry, said), zone)
    lines += [_unmatched(one, zone) for one in said]
    return sorted(lines, key=lambda line: line.at)


def _read(one: Read, case: Case, zone: ZoneInfo, clues: Clues) -> Iterator[Line]:
    late = one.seen_at - one.received_at > _AT_ONCE
    came = f", which came on {shown(one.received_at, zone)}," if late else ""
    before = " It lay there before amends first looked." if one.is_history else ""
    about = f" “{one.subject}”" if one.subject else ""
    yield Line(one.seen_at, "read", f"{_whose(one)}{about}{came} was read.{before}", one.words)
    if one.retracted_at is not None:
        yield Line(one.retracted_at, "retracted", f"{one.sender} took those words back; they are gone here too.")
    elif one.is_held:
        yield Line(one.seen_at, "held", "Nothing is decided about it until all folders of its mailbox have caught up.")
    elif one.verdict is not None:
        yield Line(one.seen_at, "judged", _judged(one, one.verdict, case, clues(one.verdict)))


def _whose(one: Read) -> str:
    if one.direction is Direction.FROM_US:
        return f"Our answer by {one.sender}"
    if one.direction is Direction.AUTOMATIC:
        return f"An automatic message from {one.sender}"
    place = {Medium.MAIL: "mail", Medium.CUSTOMER_CHANNEL: "message", Medium.WORK_CHANNEL: "report"}[one.medium]
    return f"A {place} from {one.sender}"


def _judged(one: Read, verdict: Verdict, case: Case, clues: list[str]) -> str:
    found = " and ".join(label.value for label in Label if label in verdict.labels)
    severity = f", severity {_SEVERITY[min(max(verdict.severity, 0), 3)]}" if found else ""
    chances = f"mistake {verdict.mistake:.0%}, ignored {verdict.ignored:.0%}"
    model = f" (model {verdict.model})" if verdict.model else ""
    because = f"; because of {', '.join(clues[:_CLUES])}" if clues and found else ""
    thought = f"The classifier{model} found {found or 'no complaint'}{severity}: {chances}{because}."
    return f"{thought}{_so(one, verdict, is_first=one.seen_at <= case.opened_at)}"


def _so(one: Read, verdict: Verdict, *, is_first: bool) -> str:
    """What came of it, or why nothing did."""
    if one.opened:
        return " That opened this case." if verdict.labels else " It is what this case is about, all the same."
    if verdict.labels or not is_first:
        return ""
    if verdict.unsure:
        return " It was not sure enough to alert anybody, and left it to the review list."
    return " That alerts nobody."


def _said_by(entry: Entry, said: list[Told]) -> Told | None:
    """What an entry of the log had to be said: both were written at the same moment. It is taken out of `said`."""
    for place, one in enumerate(said):
        if one.queued_at == entry.at and _belongs(one.reason, entry.what):
            return said.pop(place)
    return None


def _belongs(reason: Reason, what: str) -> bool:
    if reason.opens:
        return what in ("opened", Step.REOPENED.value)
    return what == reason.value or (what == "wrote" and reason is Reason.WROTE_AGAIN)


def _happened(entry: Entry, due: datetime | None, case: Case, said: Told | None, zone: ZoneInfo) -> list[Line]:
    told = f" {outcome(said, zone)}" if said is not None else ""
    lines = [Line(entry.at, entry.what, f"{deed(entry, case, due, zone)}{told}")]
    if entry.what == "opened":
        lines.append(Line(entry.at, "policy", _policy(case)))
    return lines


def _policy(case: Case) -> str:
    ladder = case.ladder
    again = f"; {repeats(ladder)}" if ladder.repeat else ""
    whose = f" Its hours are those of {ladder.team}." if ladder.team else ""
    return f"Policy “{ladder.name}” holds, which is {purpose(ladder)}: {'; '.join(steps(ladder))}{again}.{whose}"


def _unmatched(one: Told, zone: ZoneInfo) -> Line:
    return Line(one.queued_at, "said", f"{one.reason.sentence} {outcome(one, zone)}")

"""The terminal's two explanations: the story of a case, and a ladder on a time line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.domain.escalation import How
from bot.domain.hours import spell
from bot.domain.ladder_words import whom
from bot.domain.moments import shown, shown_day
from bot.domain.story_facts import Line
from bot.domain.story_next import Due
from bot.domain.timeline import Kind, Moment
from bot.edges.console import show
from bot.text.mrkdwn import one_line

_SENTENCE, _WORDS, _WHOM = 500, 160, 160
_BAR = 10
_EIGHTHS = "▏▎▍▌▋▊▉█"
_STYLES = {
    "opened": "bold", "still_unanswered": "yellow", "exhausted": "bold red", "nobody_to_tell": "bold red",
    "first_response_overdue": "red", "claim_lapsed": "yellow", "read": "dim", "judged": "cyan", "policy": "dim",
}  # fmt: skip
_AMENDS_KINDS = {Kind.EXHAUSTED: "bold red", Kind.FIRST_RESPONSE_OVERDUE: "red", Kind.NOBODY_TO_TELL: "bold red",
                 Kind.SKIPPED: "dim", Kind.RUNG: "yellow", Kind.OPENED: "bold"}  # fmt: skip


def story(heading: str, lines: Sequence[Line], due: Sequence[Due], zone: ZoneInfo) -> None:
    """A case from its first message to what is due next: a heading a day, a line an event."""
    show(Group(Text(one_line(heading, _SENTENCE), style="bold"), *_days(lines, zone), *_next(due)))


def _days(lines: Sequence[Line], zone: ZoneInfo) -> Iterator[RenderableType]:
    for day, of_it in groupby(lines, lambda line: shown_day(line.at, zone)):
        yield Text(f"\n{day}", style="bold underline")
        table = _grid()
        for line in of_it:
            table.add_row(line.at.astimezone(zone).strftime("%H:%M"), _line(line))
        yield table


def _line(line: Line) -> Text:
    told = Text(one_line(line.sentence, _SENTENCE), style=_STYLES.get(line.kind, "green"))
    if line.words:
        told.append(f" “{one_line(line.words, _WORDS)}”", style="not dim italic")
    return told


def _next(due: Sequence[Due]) -> Iterator[RenderableType]:
    yield Text("\nWhat is next", style="bold underline")
    for one in due:
        yield Text(one_line(f"next: {one.sentence}" if one is due[0] else one.sentence, _SENTENCE))
    if not due:
        yield Text("nothing: the case is at its end.")


def _grid() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    return table


def ladder(told: dict[str, Any], moments: Sequence[Moment], zone: ZoneInfo) -> None:
    """Which policy holds and why, and what would happen when; `told` as `amends policy test --json` has it."""
    others = [f"  not “{one_line(one['policy'], 60)}”: {one['because']}." for one in told["others"]]
    head = [
        Text(_case(told), style="bold"), *(Text(note, style="yellow") for note in told["taken"]),
        Text(f"Policy “{one_line(told['policy'], 60)}” holds: it is {told['why']}."),
        *(Text(line, style="dim") for line in others),
    ]  # fmt: skip
    notes = [Text(f"· {one_line(note, _SENTENCE)}", style="dim") for note in told["notes"]]
    show(Group(*head, Text(), _course(moments, zone), Text(), *notes))


def _case(told: dict[str, Any]) -> str:
    worth = f", worth {told['value']:,g}" if told["value"] else ""
    named = f" {one_line(told['customer'], 60)}" if told["customer"] else ""
    who = f", customer{named}{worth}" if named else f", customer{worth[1:]}" if worth else ""
    what, place = told["reason"].replace("_", " "), told["channel"].replace("_", " ")
    return f"{told['shown']}: {what} of severity {told['severity']}, by {place}{who}"


def _course(moments: Sequence[Moment], zone: ZoneInfo) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("when", no_wrap=True)
    table.add_column("after", no_wrap=True, justify="right")
    table.add_column("", no_wrap=True, width=_BAR)
    table.add_column("what, and to whom", overflow="fold")
    start, end = moments[0].at, moments[-1].at
    for one in moments:
        share = (one.at - start) / (end - start) if end > start else 0.0
        style = _AMENDS_KINDS[one.kind]
        table.add_row(shown(one.at, zone), spell(one.at - start), bar(share), Text(_said(one, zone), style=style))
    return table


def bar(share: float) -> str:
    """A bar of so much (0 to 1) of its whole length; something is always seen."""
    eighths = max(1, round(share * _BAR * len(_EIGHTHS)))
    full, rest = divmod(eighths, len(_EIGHTHS))
    return "█" * full + (_EIGHTHS[rest - 1] if rest else "")


def _said(one: Moment, zone: ZoneInfo) -> str:
    return f"{_what(one)}{_ping(one, zone)}"


def _what(one: Moment) -> str:
    who = one_line(whom(one.duty, one.notify), _WHOM)
    again = f" (round {one.round})" if one.round > 1 else ""
    return {
        Kind.OPENED: "the case opens: a card in the channel",
        Kind.RUNG: f"rung {one.rung}{again}: {who}",
        Kind.SKIPPED: f"rung {one.rung}{again} is skipped: {who}",
        Kind.NOBODY_TO_TELL: "nobody can be told: the channel hears of that",
        Kind.FIRST_RESPONSE_OVERDUE: f"first answer overdue: {_or_channel(one, who)}",
        Kind.EXHAUSTED: "everybody was told: the channel is reminded",
    }[one.kind]


def _or_channel(one: Moment, who: str) -> str:
    """That a first answer is overdue is told to the channel where nobody is on call."""
    return who if one.duty is None or one.duty.who else f"the channel, since {who}"


def _ping(one: Moment, zone: ZoneInfo) -> str:
    if one.kind is not Kind.RUNG or one.duty is None:
        return ""
    how = {How.CHANNEL: ", seen in the channel too", How.DM: ", by direct message"}.get(one.how, "")
    if one.quiet and one.ping_at is not None:
        return f"{how}; quiet hours, so the ping waits until {shown(one.ping_at, zone)}"
    return f"{how}; no ping, there was one lately" if one.is_said_without_ping else how


def policies(told: Sequence[dict[str, Any]]) -> None:
    """The ladders as they are tried."""
    for place, one in enumerate(told, 1):
        show(Text(f"{place}. {one_line(one['policy'], 60)}, {one['for']}", style="bold"))
        for rung in one["rungs"]:
            show(Text(f"   {one_line(rung, _SENTENCE)}"))
        for line in (one["repeats"], one["hours"]):
            if line:
                show(Text(f"   {one_line(line, _SENTENCE)}", style="dim"))


def moment_of(told: datetime, zone: ZoneInfo) -> str:
    """ "Thu 24 Dec 2026 17:30"."""
    return f"{shown_day(told, zone)} {told.astimezone(zone):%H:%M}"

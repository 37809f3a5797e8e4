"""What /amends answers, to the one who asked: lists, one case, who is on call, help, and a polite no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.edges import wording
from bot.edges.slack import pieces as p
from bot.edges.slack.pieces import Json
from bot.edges.slack.rows import Case, rows, standing, told, who
from bot.errors import AmendsError
from bot.text.mrkdwn import escape, one_line

Answer = tuple[str, list[Json]]

_MOST_CASES, _MOST_MESSAGES, _MOST_ENTRIES, _WORDS, _NOTE = 25, 8, 15, 500, 160
_MOST_ROLES, _NAME = 30, 60
_COMMANDS = (
    ("list", "the open cases, what is due first on top"),
    ("show 7", "all about case 7: its messages and its log"),
    ("mine", "the cases that you took"),
    ("oncall", "who is on call, and when the team works"),
    ("snooze 7 2h", "put case 7 off; nobody is reminded before then"),
    ("report", "tell of a complaint that came by phone or in person"),
    ("help", "this list"),
)


def listed(cases: Sequence[Case], now: datetime, total: int | None = None) -> Answer:
    """/amends list: open cases as bot.store.listing.cases tells them; `total` where these are not all."""
    return _list("Open cases", cases, now, "There are no open cases.", total)


def mine(cases: Sequence[Case], now: datetime, total: int | None = None) -> Answer:
    """/amends mine."""
    return _list("Your open cases", cases, now, "You have no open cases.", total)


def _list(title: str, cases: Sequence[Case], now: datetime, nothing: str, total: int | None) -> Answer:
    counted = f"{title} ({len(cases) if total is None else total})" if cases else nothing
    more = "amends cases, on a terminal, has them all."
    return counted, [p.header(title), *rows(cases, now, _MOST_CASES, more, nothing, total)]


def show(case: Case, now: datetime) -> Answer:
    """/amends show: a case as bot.store.listing.one_case tells it."""
    waiting = [p.text("Waiting since "), p.moment(datetime.fromisoformat(case["waiting_since"]))]
    due = [p.text(", next due "), p.moment(datetime.fromisoformat(case["next_due_at"]))] if case["next_due_at"] else []
    return escape(f"Case {case['id']}, {who(case)}: {standing(case)}."), [
        p.header(f"Case {case['id']}: {who(case)}"),
        p.rich([p.bold(told(case | {"next_due_at": None}, now))], [*waiting, *due, p.text(".")]),
        *_thread(case["thread"]),
        *_log(case["log"]),
    ]


def show_modal(case: Case, now: datetime) -> Json:
    """The same as a modal, for a Show button."""
    _text, blocks = show(case, now)
    return {
        "type": "modal", "callback_id": "shown", "title": p.plain_text(f"Case {case['id']}", 24),
        "close": p.plain_text("Close", 24), "blocks": blocks,
    }  # fmt: skip


def _thread(messages: Sequence[dict[str, Any]]) -> list[Json]:
    """The newest messages, in order; who wrote, when, and what."""
    shown: list[Json] = []
    if (left := len(messages) - _MOST_MESSAGES) > 0:
        shown.append(p.context(f"{left} earlier messages are left out."))
    for one in messages[-_MOST_MESSAGES:]:
        subject = f": {one_line(one['subject'], 80)}" if one["subject"] else ""
        heading = p.bold(f"{one_line(one['from'], 40) or 'Somebody'}{subject} ")
        shown += [p.rich([heading, p.moment(datetime.fromisoformat(one["at"]))]), p.quote(one["text"], _WORDS)]
    return shown


def _log(entries: Sequence[dict[str, Any]]) -> list[Json]:
    """What was done, the newest last."""
    lines = []
    for one in entries[-_MOST_ENTRIES:]:
        note = one_line(one["note"], _NOTE)
        said = f" {wording.person(one['who'])}: {one['what'].replace('_', ' ')}{f', {note}' if note else ''}"
        lines.append([p.moment(datetime.fromisoformat(one["at"])), p.text(said)])
    return [p.bullets(lines)] if lines else []


def oncall(duties: Sequence[tuple[str, Sequence[str], str]], hours: str, *, working: bool) -> Answer:
    """/amends oncall: by role the names of who has it now, and by which turns, if by any; on call comes first.

    `hours` is a sentence, `working` whether it is the team's time.
    """
    people = [[p.bold(f"{one_line(role, _NAME)}: "), p.text(_holder(names, why))] for role, names, why in duties]
    if (left := len(people) - _MOST_ROLES) > 0:
        people[_MOST_ROLES:] = [[p.text(f"… and {left} more: amends oncall, on a terminal, has them all.")]]
    hours = f"{'The team is at work.' if working else 'The team is not at work now.'} {hours}"
    first = _people(duties[0][1]) if duties else ""
    return escape(f"On call: {first or 'nobody'}."), [p.header("On call"), p.rich(*people), p.context(hours)]


def _people(names: Sequence[str]) -> str:
    return wording.listed(one_line(name, _NAME) for name in names)


def _holder(names: Sequence[str], why: str) -> str:
    """Who has it; by turns somebody or, for now, nobody."""
    who, said = _people(names), one_line(why, _NOTE)
    if not said:
        return who or "nobody is named"
    return f"{who} ({said})" if who else f"nobody: {said.removeprefix('nobody: ')}"


def help_text() -> Answer:
    """/amends help, and the answer to what is no command."""
    lines = [[p.text(f"/amends {command}", code=True), p.text(f"  {what}")] for command, what in _COMMANDS]
    return "What /amends can do", [p.header("What /amends can do"), p.bullets(lines)]


def problem(error: AmendsError) -> Answer:
    """What went wrong, and what to do about it."""
    return said(" ".join(filter(None, (error.what, error.advice))))


def said(words: str) -> Answer:
    """A sentence, to the one who pressed or asked."""
    return escape(one_line(words, 600)), [p.rich([p.line(words)])]

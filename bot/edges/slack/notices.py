"""What belongs to no case, as Block Kit: review lists with their buttons, digests, and what amends says of itself."""

from __future__ import annotations

from bot.domain.alert import Notice, Topic
from bot.domain.review import Answer
from bot.edges.slack import pieces as p
from bot.edges.slack.pieces import Json
from bot.text.mrkdwn import escape, one_line

_LINE, _MOST_LINES = 300, 40
# Two blocks a message; with what stands around them that stays below the 50 that Slack takes.
MOST_WITH_BUTTONS = 15
# How to see all of what a notice has too many lines of.
_ALL = {Topic.REVIEW: "amends review", Topic.QUARANTINE: "amends quarantine list"}
_ANSWERS = {Answer.MISTAKE: "A mistake", Answer.IGNORED: "An ignored request", Answer.NEITHER: "Neither"}


def notice(told: Notice) -> tuple[str, list[Json]]:
    """(fallback text, blocks)."""
    ping = f"{p.mention(told.mention)} " if told.mention else ""
    asks = told.topic is Topic.REVIEW and len(told.numbers) == len(told.lines) > 0
    return f"{ping}{escape(one_line(told.title, _LINE))}", [
        p.header(told.title),
        *p.pings(told.mention),
        *(_asked(told) if asks else _listed(told)),
        *([p.rich([p.line(told.advice)])] if told.advice and not asks else []),
        p.context(told.topic.sentence),
    ]


def review_buttons(number: int, about: str = "") -> list[Json]:
    """What people can say of a listed message; `about` names it to a screen reader."""
    buttons = [
        p.button(words, f"review_{answer.value}", str(number), label=f"{words}: message {number} {about}".strip())
        for answer, words in _ANSWERS.items()
    ]
    return p.actions(f"review:{number}", buttons)


def _asked(told: Notice) -> list[Json]:
    shown: list[Json] = []
    numbered = zip(told.numbers, told.lines, strict=True)
    for number, said in list(dict(numbered).items())[:MOST_WITH_BUTTONS]:
        shown += [p.rich([p.line(said, _LINE)]), *review_buttons(number)]
    left = len(told.lines) - MOST_WITH_BUTTONS
    return [*shown, *([p.rich([p.text(f"… and {left} more: amends review, or the Home tab.")])] if left > 0 else [])]


def _listed(told: Notice) -> list[Json]:
    lines = [[p.line(said, _LINE)] for said in told.lines[:_MOST_LINES]]
    if (left := len(told.lines) - _MOST_LINES) > 0:
        lines.append([p.text(f"… and {left} more: {_ALL.get(told.topic, 'amends cases')}")])
    return [p.bullets(lines)] if lines else []

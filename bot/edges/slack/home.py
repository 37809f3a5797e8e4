"""The Home tab: what is overdue, mine, the team's, to be reviewed, and the numbers of the week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain.hours import spell
from bot.edges.slack import pieces as p
from bot.edges.slack.notices import review_buttons
from bot.edges.slack.pieces import Json
from bot.edges.slack.rows import Case, rows
from bot.text.mrkdwn import one_line

# A view takes 100 blocks; a review takes two of them.
_MOST_CASES, _MOST_REVIEWS, _WORDS = 12, 12, 300
_MORE = "/amends list"
_NUMBERS = {
    "opened": "cases opened", "answered": "customers heard from us", "closed": "closed", "dismissed": "dismissed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """What somebody of the team has before them.

    Cases as bot.store.listing.cases tells them, reviews as bot.store.reviews.open_reviews; `week` as
    bot.store.desk.week. `totals`: of overdue, mine and team, where those are not all.
    """

    overdue: Sequence[Case] = ()
    mine: Sequence[Case] = ()
    team: Sequence[Case] = ()
    reviews: Sequence[dict[str, Any]] = ()
    week: Mapping[str, Any] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)


def home(desk: Desk, now: datetime) -> Json:
    """The view for somebody of the team."""
    return _view([
        *_cases("Overdue", desk.overdue, now, "Nothing is overdue.", desk.totals.get("overdue")),
        *_cases("My open cases", desk.mine, now, "You have no open cases.", desk.totals.get("mine")),
        *_cases("The team's open cases", desk.team, now, "Nobody else has an open case.", desk.totals.get("team")),
        *_reviews(desk.reviews),
        *_week(desk.week),
        p.context(f"As of {now:%Y-%m-%d %H:%M} UTC. Open this tab again to see what is new."),
    ])  # fmt: skip


def stranger() -> Json:
    """The view for everybody else."""
    return _view([p.rich([p.text(
        "Hello! This is the support team's desk; if you belong to the team, ask whoever runs amends to add you."
    )])])  # fmt: skip


def _view(blocks: list[Json]) -> Json:
    return {"type": "home", "callback_id": "home", "blocks": blocks}


def _cases(title: str, cases: Sequence[Case], now: datetime, nothing: str, total: int | None) -> list[Json]:
    counted = f"{title} ({len(cases) if total is None else total})" if cases else title
    return [p.header(counted), *rows(cases, now, _MOST_CASES, _MORE, nothing, total)]


def _reviews(found: Sequence[dict[str, Any]]) -> list[Json]:
    """What nothing was alerted about, and people should look at."""
    if not found:
        return []
    shown: list[Json] = [p.header(f"To review ({len(found)})"), p.context("Is there a complaint in these?")]
    for one in found[:_MOST_REVIEWS]:
        who, subject = one_line(one["customer"], 40), one_line(one["subject"], 80)
        about = [p.bold(f"{who or 'A customer'}{f': {subject}' if subject else ''}")]
        shown += [p.rich(about, [p.line(one["text"], _WORDS)]), *review_buttons(one["id"], who)]
    left = len(found) - _MOST_REVIEWS
    return [*shown, *([p.context(f"… and {left} more: they follow when these are answered.")] if left > 0 else [])]


def _week(week: Mapping[str, Any]) -> list[Json]:
    lines = [[p.bold(str(week[key])), p.text(f" {words}")] for key, words in _NUMBERS.items() if key in week]
    if (took := week.get("first_answer_seconds")) is not None:
        lines.append([p.bold(spell(timedelta(seconds=took))), p.text(" until the first answer (median)")])
    return [p.header("This week"), p.bullets(lines)] if lines else []

"""What people filled in: a submitted view becomes a form, and what is wrong with it stands below the field it is in.

Whoever can reach the app can send it anything, so nothing about a view is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.verdict import Label
from bot.edges.slack import fields as f
from bot.edges.slack.modals import HOW, KIND, LONGEST_NOTE, LONGEST_WORDS, Source
from bot.edges.slack.pieces import Json
from bot.text.charsets import valid

LONGEST_SNOOZE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Contacted:
    """Somebody reached the customer; `how` is a key of modals.HOW, `by` a member's id."""

    case: int
    channel: str
    how: str
    by: str
    note: str

    @property
    def told(self) -> str:
        """For the log: how, and what is worth knowing."""
        how = HOW[self.how].lower()
        return f"{how}: {self.note}" if self.note else how


@dataclass(frozen=True, slots=True)
class Snoozed:
    """A case is put off until a moment (UTC)."""

    case: int
    channel: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """A case ends."""

    case: int
    channel: str
    note: str
    evidence_sent: bool


@dataclass(frozen=True, slots=True)
class Dismissed:
    """Nothing is owed."""

    case: int
    channel: str
    note: str


@dataclass(frozen=True, slots=True)
class Drafted:
    """Somebody has read a draft; nothing is kept of it."""

    case: int
    channel: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A colleague tells of a complaint heard elsewhere."""

    channel: str
    label: Label
    words: str
    customer: str


@dataclass(frozen=True, slots=True)
class Treated:
    """A message that the classifier missed is a complaint."""

    source: Source
    label: Label
    note: str


Form = Contacted | Snoozed | Closed | Dismissed | Drafted | Reported | Treated


def read(view: Any) -> Form:
    """The form in a submitted view. Raises UsageError where it is none of ours."""
    name = view.get("callback_id") if isinstance(view, dict) else None
    if not isinstance(name, str) or name not in _READERS:
        raise f.garbled()
    return _READERS[name](view, f.carried(view))


def problems(form: Form, now: datetime) -> dict[str, str]:
    """What is wrong, by the block it is shown under; empty where nothing is. `now`: UTC."""
    match form:
        case Snoozed(until=until) if until <= now:
            return {"until": "That moment has gone by. Pick one that is still to come."}
        case Snoozed(until=until) if until - now > LONGEST_SNOOZE:
            return {"until": f"A case can be put off for {LONGEST_SNOOZE.days} days at most."}
        case Dismissed(note=""):
            return {"note": "Please say why nothing is owed: the classifier learns from it."}
        case Closed(note="", evidence_sent=False):
            return {"note": "Please say why: the customer got no evidence of a fix yet."}
        case Reported(words=""):
            return {"words": "Please say what the customer told you."}
    return {}


def _contacted(view: Json, told: Json) -> Form:
    by = f.answer(view, "by").get("selected_user")
    how, note = f.option(view, "how", HOW), f.words(view, "note", LONGEST_NOTE)
    return Contacted(f.case(told), f.channel(told), how, f.slack_id(by, needed=True), note)


def _snoozed(view: Json, told: Json) -> Form:
    return Snoozed(f.case(told), f.channel(told), f.moment(view, "until"))


def _closed(view: Json, told: Json) -> Form:
    evidence_sent = told.get("evidence_sent") is True
    return Closed(f.case(told), f.channel(told), f.words(view, "note", LONGEST_NOTE), evidence_sent)


def _dismissed(view: Json, told: Json) -> Form:
    return Dismissed(f.case(told), f.channel(told), f.words(view, "note", LONGEST_NOTE))


def _drafted(_view: Json, told: Json) -> Form:
    return Drafted(f.case(told), f.channel(told))


def _reported(view: Json, told: Json) -> Form:
    words, customer = f.words(view, "words", LONGEST_WORDS), f.words(view, "customer", 200)
    return Reported(f.channel(told), _label(view), words, " ".join(customer.split()))


def _treated(view: Json, told: Json) -> Form:
    thread, words = told.get("thread_ts"), told.get("words")
    if not isinstance(words, str):
        raise f.garbled()
    source = Source(
        f.slack_id(told.get("channel"), needed=True), f.ts(told.get("ts")), f.ts(thread) if thread else "",
        f.slack_id(told.get("user")), valid(words),
    )  # fmt: skip
    return Treated(source, _label(view), f.words(view, "note", LONGEST_NOTE))


_READERS: dict[str, Callable[[Json, Json], Form]] = {
    "contacted": _contacted, "snoozed": _snoozed, "closed": _closed, "dismissed": _dismissed, "draft": _drafted,
    "report": _reported, "treat": _treated,
}  # fmt: skip


def _label(view: Json) -> Label:
    return Label(f.option(view, "kind", KIND))

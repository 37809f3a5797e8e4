"""Sentences for a case's log and for what became of its alerts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.actions import AMENDS
from bot.domain.alert import Reason
from bot.domain.case import Case, Entry
from bot.domain.complaints import LABELLED
from bot.domain.denial import DENIED, UNDONE
from bot.domain.hours import spell
from bot.domain.moments import shown
from bot.domain.story_facts import Told
from bot.domain.triage import WROTE_IN_SLACK

_AT_ONCE = timedelta(minutes=1)
_WHENCE = {"cli": "at a terminal", "slack": "in Slack", "mail": "by mail", "review": "on the review list"}
_HOW = {"channel": ", seen in the channel too", "dm": " by direct message"}


def outcome(told: Told, zone: ZoneInfo) -> str:
    """What became of something that was to be said: one or two sentences."""
    late = f" That was {spell(told.late_by)} late." if told.late_by else ""
    off = f" Its ping was put off until {shown(told.deferred_until, zone)}." if told.deferred_until else ""
    trouble = f" ({told.error.rstrip('.')})" if told.error else ""
    unsaid = {
        "pending": f"It is still to be said{trouble}.",
        "carried": "It is still to be said, in a list with others.",
        "sending": "It is being said.",
        "unknown": f"Whether it stands in the channel is being looked up{trouble}.",
        "withdrawn": "It was taken back before it was said.",
        "dead": f"It was never said{trouble}.",
    }
    return f"{unsaid.get(told.state) or _said(told, zone)}{off}{late}"


def _said(told: Told, zone: ZoneInfo) -> str:
    ping = f", with a ping of {told.mention}" if told.mention else ""
    listed = ", in a list with others" if told.in_a_list else ""
    soon = told.sent_at is None or told.sent_at - told.queued_at <= _AT_ONCE
    at = " at once" if soon or told.sent_at is None else f" on {shown(told.sent_at, zone)}"
    return f"Said{at}{listed}{_HOW.get(told.how, '') if told.mention else ''}{ping}."


def deed(entry: Entry, case: Case, due: datetime | None, zone: ZoneInfo) -> str:
    """What a line of the log means. `due`: what was due next from then on, if the log has it."""
    if entry.what == Reason.STILL_UNANSWERED.value:
        return f"Nobody had taken it, so {_fired(entry.note)}."
    if (by_time := _BY_TIME.get(entry.what)) is not None:
        return f"{by_time}{': ' if entry.note else ''}{_named(entry.note)}."
    if (say := _BY_PEOPLE.get(entry.what)) is not None:
        return say(entry, case, f" until {shown(due, zone)}" if due is not None else "")
    return f"{entry.who}: {_noted(entry.what.replace('_', ' '), entry.note)}"


_BY_TIME = {
    Reason.EXHAUSTED.value: "Everybody on the ladder had been told, and nobody had taken it",
    Reason.NOBODY_TO_TELL.value: "Nobody could be told, because nobody is on call",
    Reason.FIRST_RESPONSE_OVERDUE.value: "The customer should have had a first answer by then",
    Reason.SNOOZE_OVER.value: "The time for which it had been put off was over",
    Reason.NEXT_STEP_OVERDUE.value: "The customer had heard from us, but the next step was overdue",
}


def _fired(note: str) -> str:
    """ "rung 2 fired, to U0123, rotation support" from the log's "rung 2 to U0123, rotation support"."""
    return _named(note.replace(" to ", " fired, to ", 1) or "the next rung fired")


def _named(note: str) -> str:
    return note.rstrip(".").replace("to channel", "to the channel")


def _opened(entry: Entry, case: Case, _until: str) -> str:
    try:
        reason = Reason(entry.note).sentence
    except ValueError:
        reason = entry.note
    if entry.who == AMENDS:
        return f"Case {case.id} was opened{' from the review list' if entry.whence == 'review' else ''}. {reason}"
    return f"{_who(entry)} opened case {case.id}. {reason}"


def _claim_lapsed(entry: Entry, _case: Case, _until: str) -> str:
    return f"{entry.note or 'Somebody'} had taken it, but the customer had heard nothing: the ladder began anew."


def _contacted(entry: Entry, _case: Case, _until: str) -> str:
    if entry.whence == "mail" or entry.note == WROTE_IN_SLACK:
        return f"{entry.who} answered the customer {_WHENCE[entry.whence]}: the ladder and the first answer are done."
    return _noted(f"{_who(entry)} noted that the customer was contacted", entry.note)


def _wrote(entry: Entry, _case: Case, _until: str) -> str:
    still = entry.to_state.awaits_first_answer
    return f"The customer wrote again{' and still had no answer' if still else '; that asks for nothing new'}."


def _reopened(entry: Entry, case: Case, _until: str) -> str:
    if entry.who == case.customer.address:
        return _noted("The customer wrote after our answer: the case was open again", entry.note)
    return _noted(f"{_who(entry)} reopened the case", entry.note)


def _simply(what: str) -> Callable[[Entry, Case, str], str]:
    return lambda entry, _case, _until: _noted(f"{_who(entry)} {what}", entry.note)


_BY_PEOPLE: dict[str, Callable[[Entry, Case, str], str]] = {
    "opened": _opened,
    "claim_lapsed": _claim_lapsed,
    "contacted": _contacted,
    "wrote": _wrote,
    "reopened": _reopened,
    "acknowledged": lambda entry, _case, until: _noted(
        f"{_who(entry)} took the case{f', and had{until}' if until else ''}", entry.note
    ),
    "snoozed": lambda entry, _case, until: _noted(f"{_who(entry)} put it off{until}", "" if until else entry.note),
    "amends_made": _simply("noted that amends were made"),
    "fixed": _simply("noted that the cause was fixed"),
    "evidence_sent": _simply("noted that evidence was sent"),
    "closed": _simply("closed the case"),
    "dismissed": _simply("dismissed the case"),
    LABELLED: _simply("said that it is a complaint"),
    DENIED: lambda entry, _case, _until: f"{_who(entry)} said that it is not “{entry.note}”.",
    UNDONE: _simply("took that back"),
    "discussed": _simply("talked about it"),
    "edited": _simply("changed the words of a message"),
    "retracted": _simply("took a message back"),
}


def _who(entry: Entry) -> str:
    """Who, and from where."""
    return f"{entry.who}, {_WHENCE[entry.whence]}," if entry.whence in _WHENCE else entry.who


def _noted(sentence: str, note: str) -> str:
    return f"{sentence} (“{note}”)." if note else f"{sentence}."

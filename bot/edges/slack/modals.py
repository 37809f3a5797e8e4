"""The modals that a press, a command or a shortcut opens (docs.slack.dev/surfaces/modals); `forms` reads them back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.edges.slack import pieces as p
from bot.edges.slack.pieces import Json
from bot.text.mrkdwn import plain

LONGEST_NOTE, LONGEST_WORDS = 1000, 3000
LONGEST_METADATA = 3000  # characters, which is Slack's limit
_QUOTED = 600
HOW = {"mail": "By mail", "phone": "By phone", "chat": "By chat", "in_person": "In person"}
KIND = {"mistake": "We made a mistake", "ignored": "We ignored a request"}


@dataclass(frozen=True, slots=True)
class About:
    """The case a modal is about, whose it is, and the channel in which it was asked for ("" for the Home tab)."""

    case: int
    customer: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The message that somebody calls a complaint: where it stands, who wrote it, and its words."""

    channel: str
    ts: str
    thread_ts: str
    user: str
    words: str


def contacted(about: About, presser: str) -> Json:
    """How the customer was reached, and by whom; `presser` is the member id that stands there at first."""
    who = {"type": "users_select", "placeholder": p.plain_text("Somebody of the team"), "initial_user": presser}
    return _of_case("contacted", "Contacted", "Save", about, [
        p.field("how", "How was the customer reached?", _radio(HOW, "mail")),
        p.field("by", "By whom?", who),
        p.field("note", "Anything worth knowing?", _typed(LONGEST_NOTE), optional=True),
    ])  # fmt: skip


def snoozed(about: About, initial: datetime) -> Json:
    """Until when to put a case off; `initial` stands there at first."""
    picker = {"type": "datetimepicker", "initial_date_time": int(initial.timestamp())}
    return _of_case("snoozed", "Snooze", "Snooze", about, [
        p.field("until", "Until when?", picker, hint="In your own time zone. Nobody is reminded before then."),
    ])  # fmt: skip


def closed(about: About, *, evidence_sent: bool) -> Json:
    """Why a case ends; a reason may be left out where the customer got evidence of the fix."""
    hint = "" if evidence_sent else "No evidence of the fix was sent yet, so a reason is needed."
    note = p.field("note", "Why?", _typed(LONGEST_NOTE, "Settled by phone"), hint=hint, optional=evidence_sent)
    return _of_case("closed", "Close the case", "Close case", about, [note], evidence_sent=evidence_sent)


def dismissed(about: About) -> Json:
    """Why nothing is owed."""
    hint = "The classifier learns from it."
    note = p.field("note", "Why is nothing owed here?", _typed(LONGEST_NOTE, "Customer's own slip"), hint=hint)
    return _of_case("dismissed", "Dismiss the case", "Dismiss", about, [note])


def draft(about: About, words: str) -> Json:
    """A reply to be copied. Slack wants a submit button wherever there is a field; this one only closes the modal."""
    kept = "\n".join(plain(line, LONGEST_WORDS) for line in words.splitlines())[:LONGEST_WORDS]
    field = _typed(LONGEST_WORDS) | ({"initial_value": kept} if kept else {})
    hint = "Copy it and send it yourself: amends never writes to customers. Fill in what stands in […]."
    return _of_case("draft", "Draft reply", "Done", about, [p.field("words", "Draft", field, hint=hint)])


def report(channel: str = "") -> Json:
    """What a colleague heard elsewhere: on the phone, at a fair, on a review site."""
    return _modal("report", "Report a complaint", "Report", {"channel": channel}, [
        p.field("kind", "What happened?", _radio(KIND, "mistake")),
        p.field("words", "In the customer's words, as well as you know them", _typed(LONGEST_WORDS)),
        p.field("customer", "Who is the customer?", _typed(200, "Name or mail address", lines=False), optional=True),
    ])  # fmt: skip


def treat(source: Source) -> Json:
    """The shortcut on a message that the classifier missed; what it needs later rides in private_metadata."""
    return _modal("treat", "Treat as complaint", "Open a case", _carried(source), [
        p.quote(source.words, _QUOTED),
        p.field("kind", "What is it?", _radio(KIND, "mistake")),
        p.field("note", "Anything worth knowing?", _typed(LONGEST_NOTE), optional=True),
        p.context("The classifier learns from it."),
    ])  # fmt: skip


def _carried(source: Source) -> Json:
    """The words cut until all of it fits; what JSON writes as an escape counts as long as that is."""
    told = {"channel": source.channel, "ts": source.ts, "thread_ts": source.thread_ts, "user": source.user, "words": ""}
    room = LONGEST_METADATA - len(_json(told))
    words = plain(source.words, room)
    while (over := len(_json(words)) - 2 - room) > 0:
        words = words[: -max(over // 6, 1)]  # no character is written longer than six
    return told | {"words": words}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _of_case(name: str, title: str, submit: str, about: About, fields: list[Json], **more: bool) -> Json:
    heading = f"Case {about.case}" + (f", {about.customer}" if about.customer else "")
    carried = {"case": about.case, "channel": about.channel, **more}
    return _modal(name, title, submit, carried, [p.context(heading), *fields])


def _modal(name: str, title: str, submit: str, carried: Json, blocks: list[Json]) -> Json:
    return {
        "type": "modal", "callback_id": name, "title": p.plain_text(title, 24), "submit": p.plain_text(submit, 24),
        "close": p.plain_text("Cancel", 24), "private_metadata": _json(carried), "blocks": blocks,
    }  # fmt: skip


def _radio(words: dict[str, str], first: str) -> Json:
    options = {value: p.option(said, value) for value, said in words.items()}
    return {"type": "radio_buttons", "options": list(options.values()), "initial_option": options[first]}


def _typed(most: int, placeholder: str = "", *, lines: bool = True) -> Json:
    told: Json = {"type": "plain_text_input", "multiline": lines, "max_length": most}
    return told | ({"placeholder": p.plain_text(placeholder, 140)} if placeholder else {})

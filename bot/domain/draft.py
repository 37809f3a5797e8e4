"""A draft of a reply, made of a case's facts alone and sent by nobody but a person.

It owns the mistake ("we"), names it in the customer's terms, promises with a date, and offers amends; it has no "but",
no "if", no excuse and nobody to blame. What only a person can know stands in […]. Threats are not mentioned:
the customer gets what is right because it is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.alert import Alert
from bot.domain.draft_words import ASKED, LANGUAGES, Sentences
from bot.domain.verdict import Label

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_READ = 5000  # characters that are enough to know a language
_NAME, _SUBJECT, _TERMS = 60, 80, 80
_URGENT = 3
_BRACKETS = str.maketrans("[]{}", "()()")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a draft needs to know. `waited` until now; `terms`: the customer's words for what went wrong, if known."""

    customer: str
    labels: frozenset[Label]
    waited: timedelta
    subject: str = ""
    severity: int = 1
    messages: int = 1
    words: str = ""
    terms: str = ""


def facts_of(alert: Alert, now: datetime, terms: str = "") -> Facts:
    """The facts of a case as an alert tells them."""
    return Facts(
        alert.customer, alert.labels, max(now - alert.waiting_since, timedelta()), alert.subject, alert.severity,
        alert.messages, alert.words, terms,
    )  # fmt: skip


def language(text: str) -> str:
    """en, de, fr, es or pt: whose common words the text has most of, English in doubt."""
    said = _WORD.findall(text[:_READ].lower().replace("\u2019", "'"))
    votes = {code: sum(word in one.common for word in said) for code, one in LANGUAGES.items()}
    best = max(votes, key=lambda code: votes[code])
    return best if votes[best] > 1 else "en"


def draft(facts: Facts) -> str:
    """The draft, paragraphs apart by a blank line, in the customer's language."""
    code = language(f"{facts.subject}\n{facts.words}")
    say = LANGUAGES[code]
    paragraphs = [
        _greeting(facts, say),
        say.urgent if facts.severity >= _URGENT else "",
        " ".join(filter(None, [*_opening(facts, say, code), say.sorry])),
        say.happened if Label.MISTAKE in facts.labels else say.answer,
        say.doing,
        say.amends,
        say.promise,
        say.name,
    ]
    return "\n\n".join(filter(None, paragraphs))


def _greeting(facts: Facts, say: Sentences) -> str:
    """By name; nobody is greeted by their address."""
    who = _short(facts.customer, _NAME)
    return say.hello.replace("{who}", who) if who and "@" not in who else say.hello_all


def _opening(facts: Facts, say: Sentences, code: str) -> list[str]:
    """What went wrong."""
    wait, subject, terms = _wait(facts.waited, say), _short(facts.subject, _SUBJECT), _short(facts.terms, _TERMS)
    times = say.times.replace("{n}", str(facts.messages)) if facts.messages > 1 else ""
    if Label.MISTAKE not in facts.labels:
        asked = _quoted(say, subject) if subject else ASKED[code]
        return [_first(wait, say.ignored_for, say.ignored).replace("{asked}", asked).replace("{wait}", wait), times]
    about = say.about.replace("{subject}", subject) if subject else ""
    in_terms = say.terms.replace("{terms}", terms) if terms else ""
    mistake = say.mistake.replace("{about}", about).replace("{terms}", in_terms)
    if Label.IGNORED in facts.labels:
        return [mistake, _first(wait, say.also_for, say.also).replace("{wait}", wait), times]
    return [mistake, say.waited.replace("{wait}", wait) if wait else "", times]


def _first(wait: str, known: str, unknown: str) -> str:
    return known if wait else unknown


def _quoted(say: Sentences, subject: str) -> str:
    """A subject in the quotation marks of the language, which its `terms` have."""
    return say.terms.removeprefix(" ").removeprefix(":").strip().replace("{terms}", subject)


def _wait(waited: timedelta, say: Sentences) -> str:
    """How long, in words; nothing for less than an hour."""
    hours = int(waited.total_seconds()) // 3600
    count, (one, several) = (hours // 24, say.day) if hours >= 24 else (hours, say.hour)
    return "" if count < 1 else one if count == 1 else several.replace("{n}", str(count))


def _short(text: str, most: int) -> str:
    """On one line, at most so many characters, without brackets: those are for the person to fill in."""
    flat = " ".join(text.translate(_BRACKETS).split())
    return flat if len(flat) <= most else f"{flat[: most - 1].rstrip()}…"

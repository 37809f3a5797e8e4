"""What every channel says about an alert, in plain words that nothing has escaped yet; and which words are clues."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from bot.domain.alert import Alert, Reason, Threat
from bot.domain.escalation import How, Notify
from bot.domain.hours import spell
from bot.domain.verdict import Clue, Label
from bot.text.mrkdwn import one_line

CUSTOMER, _SUBJECT = 60, 120
_TITLES = {
    Reason.MISTAKE: "Our mistake",
    Reason.IGNORED: "Ignored request",
    Reason.STAFF_REPORT: "A colleague reports a mistake",
    Reason.UNANSWERED: "No answer yet",
    Reason.WROTE_AGAIN: "The customer wrote again",
    Reason.STILL_UNANSWERED: "Still unanswered",
    Reason.CLAIM_LAPSED: "Taken, but not answered",
    Reason.SNOOZE_OVER: "Back from snooze",
    Reason.NEXT_STEP_OVERDUE: "Next step overdue",
    Reason.EXHAUSTED: "Everybody was told, nobody answered",
    Reason.FIRST_RESPONSE_OVERDUE: "First answer overdue",
    Reason.NOBODY_TO_TELL: "Nobody is on call",
}
SEVERITY = ("", "nuisance", "real harm", "urgent")
KINDS = {Label.MISTAKE: "mistake", Label.IGNORED: "ignored request"}
_THREATS = {Threat.POST: "post in public", Threat.LEAVE: "leave", Threat.CHARGE_BACK: "charge back"}
# What the log puts behind a member's name: their id (Slack's begin with U or W) in brackets.
_ID = re.compile(r"[UW][A-Z0-9]+\)")
_NAME = 40


def title(alert: Alert) -> str:
    """What it is, in a few words."""
    return _TITLES[alert.reason]


def customer(alert: Alert) -> str:
    """Whom it is about."""
    return one_line(alert.customer, CUSTOMER) or "A customer"


def heading(alert: Alert) -> str:
    """What, who, about what."""
    return _about(alert, title(alert))


def headline(alert: Alert) -> str:
    """The same for where nothing else is said, such as a notification: with what the customer threatens to do."""
    threatened = f", threat to {listed(threat_words(alert))}" if alert.threats else ""
    return _about(alert, f"{title(alert)}{threatened}")


def _about(alert: Alert, what: str) -> str:
    subject = f": {one_line(alert.subject, _SUBJECT)}" if alert.subject else ""
    return f"{what} · {one_line(alert.customer, CUSTOMER)}{subject}"


def threat_words(alert: Alert) -> list[str]:
    """What the customer threatens to do, each as a verb."""
    return [_THREATS[threat] for threat in Threat if threat in alert.threats]


def kinds(alert: Alert) -> str:
    """What is wrong."""
    return listed(KINDS[label] for label in Label if label in alert.labels) or "unknown"


def listed(words: Iterable[str]) -> str:
    """Some words in a sentence: a, b and c."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def sure(alert: Alert) -> str:
    """How sure the classifier is; nothing where it was not asked."""
    return f"{min(round(alert.confidence * 100), 99)}% sure" if 0 < alert.confidence < 1 else ""


def cause(alert: Alert) -> str:
    """Why this alert was sent, and how late if it is."""
    return f"{alert.reason.sentence}{f' Late by {spell(alert.late_by)}.' if alert.late_by else ''}"


_TURNS = {
    Notify.ON_CALL: "Told to whoever is on call.", Notify.LEAD: "Told to the lead.",
    Notify.PERSON: "Told to whom the escalation policy names.",
}  # fmt: skip


def turn(alert: Alert) -> str:
    """Why it is said to whom it pings; nothing where it pings nobody."""
    if not alert.mention:
        return ""
    by = one_line(alert.who, _NAME)
    if alert.notify is Notify.SCHEDULE:
        return f"Told to whoever is on call{f' by the rotation {by}' if by else ''}."
    return _TURNS.get(alert.notify, "")


_WAYS = {How.THREAD: "", How.CHANNEL: "seen by the channel", How.DM: "by direct message"}


def addressed(alert: Alert) -> str:
    """To whom it is said, and in what way where that is not a reply below the card."""
    whom = {Notify.CHANNEL: "the channel", Notify.ON_CALL: "on-call", Notify.LEAD: "the lead"}.get(alert.notify)
    if whom is None:
        turn_of = f"{one_line(alert.who, _NAME)}: " if alert.notify is Notify.SCHEDULE and alert.who else ""
        whom = f"{turn_of}{alert.mention or 'the channel'}"
    return ", ".join(filter(None, (whom, _WAYS[alert.how])))


def why(alert: Alert) -> str:
    """The same, and how sure the classifier is of what it found."""
    told = f" {sure(alert)}." if alert.reason.opens and sure(alert) else ""
    late = f" Late by {spell(alert.late_by)}." if alert.late_by else ""
    return f"{alert.reason.sentence}{told}{late}"


def person(who: str) -> str:
    """A member's name without the id that the log keeps with it."""
    name, _, rest = who.strip().rpartition(" (")
    return one_line(name if name and _ID.fullmatch(rest) else who, _NAME) or "somebody"


# Features that move a verdict and tell a person nothing.
_QUIET = frozenset({"spelling", "i", "you", "money", "negation", "question mark", "exclamation", "shouting", "long",
                    "link", "handle", "quoted line", "request"})  # fmt: skip
_SHORTEST = 4


class Judged(Protocol):
    """What was found, and what spoke for it: of an alert, or of a verdict."""

    @property
    def labels(self) -> frozenset[Label]:
        """What was found."""

    @property
    def clues(self) -> tuple[Clue, ...]:
        """What moved it, both ways."""


def loud_clues(judged: Judged) -> list[str]:
    """The clues that spoke for what was found and mean something to a person, loudest first."""
    loud = [
        clue for clue in judged.clues
        if clue.weight > 0 and clue.label in judged.labels and len(clue.text) >= _SHORTEST
        and clue.text.partition(":")[0] not in _QUIET
    ]  # fmt: skip
    # named signals say more than bare words
    loud.sort(key=lambda clue: ("“" not in clue.text, -clue.weight))
    return list(dict.fromkeys(clue.text for clue in loud))


def clue_words(alert: Alert) -> list[str]:
    """The words of the text behind those clues, longest first."""
    found = {text.partition("“")[2].rstrip("”") or text for text in loud_clues(alert)}
    return sorted((words for words in found if len(words) >= _SHORTEST), key=lambda words: (-len(words), words))


def first_clue(alert: Alert) -> str:
    """What went wrong, in the customer's own words; nothing where no clue is more than a word."""
    return next((words for words in clue_words(alert) if " " in words and words in alert.words.lower()), "")


def spans(text: str, clues: list[str]) -> list[tuple[str, bool]]:
    """The text in pieces, with whether each is a clue; overlapping clues are merged."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters change their length in lower case; then nothing is marked
        return [(text, False)]
    marked = [False] * len(text)
    for clue in clues:
        at = lower.find(clue)
        while at > 0 and lower[at - 1].isalnum():  # inside another word; it may stand on its own further on
            at = lower.find(clue, at + 1)
        if at >= 0:
            marked[at : at + len(clue)] = [True] * len(clue)
    pieces: list[tuple[str, bool]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or marked[end] != marked[start]:
            pieces.append((text[start:end], marked[start]))
            start = end
    return pieces

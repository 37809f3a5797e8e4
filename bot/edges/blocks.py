"""Alerts as Block Kit: pure functions from an Alert to dicts. Customers' words only inside rich_text or plain_text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.domain.alert import Alert, Notice, Reason, Topic
from bot.domain.hours import spell
from bot.domain.verdict import Label
from bot.text.mrkdwn import escape, one_line, plain

Block = dict[str, Any]

# Slack's limits are 150 (header), 3,000 (text) and 50 blocks; we stay well below, for a phone.
_HEADER, _WORDS, _CUSTOMER, _SUBJECT = 140, 1200, 60, 120
_LINE, _MOST_LINES = 300, 40
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
}
SEVERITY = ("", "nuisance", "real harm", "urgent")


def title(alert: Alert) -> str:
    """What it is, in a few words."""
    return _TITLES[alert.reason]


def headline(alert: Alert) -> str:
    """One line for notifications: what, who, about what. Plain text, not escaped."""
    about = f": {one_line(alert.subject, _SUBJECT)}" if alert.subject else ""
    return f"{title(alert)} · {one_line(alert.customer, _CUSTOMER)}{about}"


def next_step(alert: Alert) -> str:
    """What to do now."""
    if alert.reason is Reason.NEXT_STEP_OVERDUE:
        return f"Case {alert.case} is {alert.state.replace('_', ' ')}. Take the next step, or close it with a reason."
    who = one_line(alert.customer, _CUSTOMER)
    return f"Answer {who}, and take it first: amends step {alert.case} acknowledged --by YOU"


def why(alert: Alert) -> str:
    """The line that says why this alert was sent."""
    sure = f" {round(alert.confidence * 100)}% sure." if alert.reason.opens and alert.confidence < 1 else ""
    late = f" Late by {spell(alert.late_by)}." if alert.late_by else ""
    return f"{alert.reason.sentence}{sure}{late}"


# How to see all of what a notice has too many lines of.
_ALL = {Topic.REVIEW: "amends review", Topic.QUARANTINE: "amends quarantine list"}


def notice(told: Notice) -> tuple[str, list[Block]]:
    """(fallback text, blocks) of what belongs to no case."""
    lines = [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": one_line(line, _LINE) or "–"}]}
        for line in told.lines[:_MOST_LINES]
    ]
    if len(told.lines) > _MOST_LINES:
        more = f"… and {len(told.lines) - _MOST_LINES} more: {_ALL.get(told.topic, 'amends cases')}"
        lines.append({"type": "rich_text_section", "elements": [{"type": "text", "text": more}]})
    mention = f"{_mention(told.mention)} " if told.mention else ""
    words = f"{mention}{escape(told.advice)}"
    return f"{mention}{escape(told.title)}", [
        {"type": "header", "text": {"type": "plain_text", "text": one_line(told.title, _HEADER), "emoji": False}},
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": lines}]},
        *([_section(words)] if words else []),  # Slack refuses a section without a word
        {"type": "context", "elements": [_mrkdwn(escape(told.topic.sentence))]},
    ]


def message(alert: Alert) -> tuple[str, list[Block]]:
    """(fallback text, blocks): a whole card for what opens a case, a short reply for the rest."""
    mention = f"{_mention(alert.mention)} " if alert.mention else ""
    text = f"{mention}{escape(headline(alert))}"
    blocks = _card(alert, mention) if alert.reason.opens else _reply(alert, mention)
    return text, blocks


def _card(alert: Alert, mention: str) -> list[Block]:
    return [
        {"type": "header", "text": {"type": "plain_text", "text": one_line(headline(alert), _HEADER), "emoji": False}},
        *([_section(mention)] if mention else []),
        _facts(alert),
        _words(alert),
        _section(f"*Next:* {escape(next_step(alert))}"),
        {"type": "context", "elements": [_mrkdwn(escape(f"{why(alert)} Case {alert.case}."))]},
    ]


def _reply(alert: Alert, mention: str) -> list[Block]:
    blocks = [_section(f"{mention}*{escape(title(alert))}* · {escape(one_line(alert.customer, _CUSTOMER))}")]
    if alert.reason is Reason.WROTE_AGAIN:
        blocks.append(_words(alert))
    waits = f"Waiting since {_date(alert.waiting_since.timestamp())}. {escape(next_step(alert))}"
    return [*blocks, _section(waits), {"type": "context", "elements": [_mrkdwn(escape(why(alert)))]}]


def _facts(alert: Alert) -> Block:
    kinds = " + ".join(label.value for label in Label if label in alert.labels)
    facts = [
        f"*What:* {kinds}, {SEVERITY[alert.severity] or 'unknown'}",
        f"*Waiting since:* {_date(alert.waiting_since.timestamp())}",
    ]
    if alert.messages > 1:
        facts.append(f"*Messages:* {alert.messages}")
    return {"type": "section", "fields": [_mrkdwn(fact) for fact in facts]}


def _words(alert: Alert) -> Block:
    """The customer's own words as a quote; the clues among them are bold. rich_text shows them, whatever they are."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_quote", "elements": _marked(plain(alert.words, _WORDS), clue_words(alert))}],
    }


# Features that move a verdict and tell a person nothing.
_QUIET = frozenset({"spelling", "i", "you", "money", "negation", "question mark", "exclamation", "shouting", "long",
                    "link", "handle", "quoted line", "request"})  # fmt: skip
_SHORTEST = 4


def loud_clues(alert: Alert) -> list[str]:
    """The clues that spoke for the alert and mean something to a person, loudest first."""
    loud = [
        clue for clue in alert.clues
        if clue.weight > 0 and clue.label in alert.labels and len(clue.text) >= _SHORTEST
        and clue.text.partition(":")[0] not in _QUIET
    ]  # fmt: skip
    # named signals say more than bare words
    loud.sort(key=lambda clue: ("“" not in clue.text, -clue.weight))
    return list(dict.fromkeys(clue.text for clue in loud))


def clue_words(alert: Alert) -> list[str]:
    """The words of the text behind those clues, longest first."""
    found = {text.partition("“")[2].rstrip("”") or text for text in loud_clues(alert)}
    return sorted((words for words in found if len(words) >= _SHORTEST), key=lambda words: (-len(words), words))


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


def _marked(text: str, clues: list[str]) -> list[Block]:
    if not text:
        return [{"type": "text", "text": "(no text)", "style": {"italic": True}}]
    return [
        {"type": "text", "text": piece, **({"style": {"bold": True}} if clue else {})}
        for piece, clue in spans(text, clues)
    ]


def _section(mrkdwn: str) -> Block:
    return {"type": "section", "text": _mrkdwn(mrkdwn.strip())}


def _mrkdwn(text: str) -> Block:
    """Verbatim: Slack must not make links, channels and mentions of its own out of a customer's name."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _mention(target: str) -> str:
    """A user group or a member, by id."""
    return f"<!subteam^{target}>" if target.startswith("S") else f"<@{target}>"


def _date(timestamp: float) -> str:
    """Shown in each reader's own time zone; the part after | is for clients that cannot."""
    fallback = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(timestamp)}^{{date_short_pretty}} {{time}}|{fallback}>"

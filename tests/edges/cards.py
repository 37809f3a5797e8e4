"""Alerts that the tests of cards are about, and words that no card may let act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from bot.domain.alert import Alert, CaseId, Reason, Say
from bot.domain.escalation import Notify
from bot.domain.verdict import Clue, Label
from tests.fakes.clock import MONDAY

NASTY = [
    "<!channel>", "<@U1>", "<!subteam^S1>", "<https://evil.example|Click here>", "<#C1>", "<!date^1^{date}|x>", "&lt;",
    "*bold*", "_italic_", "~gone~", "`code`", "```block```", "> quoted", "\\", "[red]markup[/red]", "[/]", "[link=x]",
    "https://evil.example/pay", "@channel", "#general", ":rotating_light:", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "\x9b31m", "\x9d0;title\x9c",
    "\x00\x07\x08\x7f\x85", "a\rb", "\u2028",
    "\u202eevil\u202c", "\u2066x\u2069", "\u200b\u200d", "\ufeff", "\U000e0041", "\ud83d", "İ", "ß", "ﬁ", "𝕏",
    "\U0001f469\u200d\U0001f527",
    "", " ", "\n\n", "\t", "x" * 100_000, "<!channel>" * 10_000, "&" * 100_000, "mail " * 20_000, "\n" * 100_000,
]  # fmt: skip

words = st.lists(st.sampled_from(NASTY) | st.text(max_size=30), max_size=4).map("".join)


def alert(reason: Reason = Reason.MISTAKE, **other: Any) -> Alert:
    """A card as the outbox hands it to a channel; `other` names fields of Alert."""
    notify = Notify.CHANNEL if reason.opens else Notify.ON_CALL
    known: dict[str, Any] = {
        "key": Say(reason, notify, 0, 0).key(CaseId(7)), "case": CaseId(7), "reason": reason, "notify": notify,
        "mention": "" if reason.opens else "S0ONCALL", "state": "suspected", "labels": frozenset(Label), "severity": 2,
        "confidence": 0.87, "customer": "Mo Farouk", "subject": "Order 17",
        "words": "You charged me twice & nobody <ever> answers.\n\nThis is my third mail.",
        "clues": (
            Clue(Label.MISTAKE, "wrong charge: “charged me twice”", 2.5), Clue(Label.MISTAKE, "mail", -0.4),
            Clue(Label.IGNORED, "chases: “third mail”", 1.25), Clue(Label.IGNORED, "answers", 0.5),
        ),
        "messages": 3, "waiting_since": MONDAY, "at": MONDAY + timedelta(minutes=15), "late_by": None,
        "next_due_at": MONDAY + timedelta(hours=1),
    }  # fmt: skip
    return Alert(**(known | other))


hostile_alerts = st.builds(
    lambda reason, customer, subject, text, clue: alert(
        reason, customer=customer, subject=subject, words=text,
        clues=(Clue(Label.MISTAKE, clue, 1.0), Clue(Label.IGNORED, f"chases: “{clue}”", 1.0)),
    ),
    st.sampled_from(Reason), words, words, words, words,
)  # fmt: skip

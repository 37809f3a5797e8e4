"""The daily review list, and what people answer: corrections, and cases where a customer was missed."""

from __future__ import annotations

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.review import Answer, Candidate, ReviewPolicy, Stratum, choose
from bot.domain.triage import Policy
from bot.service.feedback import act
from bot.service.ports import Store, Transaction

_WORDS = 160
_WHY = {Stratum.UNSURE: "unsure", Stratum.QUIET: "sample"}


def list_for_today(tx: Transaction, policy: ReviewPolicy) -> int:
    """Put what people should look at on the list and announce it; how many messages. Nothing to see, nothing said."""
    chosen = choose(tx.review_candidates(), policy)
    numbers = tuple(tx.list_for_review(candidate) for candidate in chosen)
    lines = tuple(_line(number, candidate) for number, candidate in zip(numbers, chosen, strict=True))
    if lines:
        count = "1 message" if len(lines) == 1 else f"{len(lines)} messages"
        advice = "Answer each with: amends review NUMBER mistake|ignored|neither --by YOU"
        key = AlertKey(f"review:{numbers[0]}")
        tx.announce(Notice(key, Topic.REVIEW, f"Daily review: {count}", lines, advice, numbers=numbers))
    return len(lines)


def _line(number: int, candidate: Candidate) -> str:
    words = " ".join(candidate.words.split())
    short = words if len(words) <= _WORDS else f"{words[:_WORDS]}…"
    return f"{number} · {_WHY[candidate.stratum]}, {candidate.chance:.0%} · {candidate.customer}: “{short}”"


def answer(store: Store, policy: Policy, number: int, said: Answer, *, who: str, note: str = "") -> str:
    """Keep what a person says of a listed message; what came of it. Raises UsageError."""
    return act(store, policy, lambda team: team.review(number, said, note), who=who, whence="review")

"""The daily review list, and what people answer: corrections, and cases where a customer was missed."""

from __future__ import annotations

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.review import Answer, Candidate, ReviewPolicy, Stratum, choose
from bot.domain.triage import Policy, on_review
from bot.errors import UsageError
from bot.service.act import carry_out
from bot.service.ports import Store, Transaction

_WORDS = 160
_WHY = {Stratum.UNSURE: "unsure", Stratum.QUIET: "sample"}


def list_for_today(tx: Transaction, policy: ReviewPolicy) -> int:
    """Put what people should look at on the list and announce it; how many messages. Nothing to see, nothing said."""
    chosen = choose(tx.review_candidates(), policy)
    lines = tuple(_line(tx.list_for_review(candidate), candidate) for candidate in chosen)
    if lines:
        count = "1 message" if len(lines) == 1 else f"{len(lines)} messages"
        advice = "Answer each with: amends review NUMBER mistake|ignored|neither --by YOU"
        key = AlertKey(f"review:{lines[0].partition(' ')[0]}")
        tx.announce(Notice(key, Topic.REVIEW, f"Daily review: {count}", lines, advice))
    return len(lines)


def _line(number: int, candidate: Candidate) -> str:
    words = " ".join(candidate.words.split())
    short = words if len(words) <= _WORDS else f"{words[:_WORDS]}…"
    return f"{number} · {_WHY[candidate.stratum]}, {candidate.chance:.0%} · {candidate.customer}: “{short}”"


def answer(store: Store, policy: Policy, number: int, said: Answer, *, who: str, note: str = "") -> bool:
    """Keep what a person says of a listed message; True where that opened a case. Raises UsageError."""

    def work(tx: Transaction) -> bool:
        found = tx.reviewed(number)
        if found is None:
            raise UsageError(f"There is no message {number} to review.", advice="`amends review` lists them.")
        tx.answer_review(number, found.message, said.labels, who, note)
        return carry_out(tx, on_review(found, said.labels, policy, tx.now)) > 0

    return store.transact(work)

"""Whether the inbox moves away from what the classifier learnt. Counts in, a sentence for the operators out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

RECENT = timedelta(days=7)
BEFORE = timedelta(days=28)
"""The last week is held against the four weeks before it."""

_FEWEST_DECISIONS, _FEWEST_MESSAGES = 20, 100
# One-sided, about one false alarm in a hundred looks.
_Z = 2.33
_TOO_MANY = 0.5
_UNSEEN_FACTOR, _UNSEEN_MORE = 1.5, 0.03


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`."""

    part: float
    whole: int

    @property
    def rate(self) -> float:
        """Between 0 and 1."""
        return self.part / self.whole if self.whole else 0.0


def false_alarms(recent: Share, before: Share) -> str | None:
    """Of decided cases, the share that was dismissed: is it rising, or more than half from the start?"""
    if recent.whole < _FEWEST_DECISIONS:
        return None
    if before.whole < _FEWEST_DECISIONS:
        if recent.rate <= _TOO_MANY:
            return None
        return f"{recent.rate:.0%} of the alerts decided in the last week were “not a mistake”."
    pooled = (recent.part + before.part) / (recent.whole + before.whole)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / recent.whole + 1 / before.whole))
    if not spread or (recent.rate - before.rate) / spread < _Z:
        return None
    return f"“Not a mistake” rises: {recent.rate:.0%} of the last week's decided alerts, {before.rate:.0%} before."


def unseen_words(recent: Share, before: Share) -> str | None:
    """Mean share of words that the classifier never saw, `whole` counts messages: does a new topic come up?"""
    if min(recent.whole, before.whole) < _FEWEST_MESSAGES:
        return None
    if recent.rate < before.rate * _UNSEEN_FACTOR or recent.rate < before.rate + _UNSEEN_MORE:
        return None
    rates = f"{recent.rate:.0%} of last week's, {before.rate:.0%} before"
    return f"Customers use words that the classifier never saw: {rates}."

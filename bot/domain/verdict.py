"""What the classifier says of a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Label(Enum):
    """The two things amends looks for."""

    MISTAKE = "mistake"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Clue:
    """A piece of the text, or a named signal, and how far it moved a label (log-odds; negative: against)."""

    label: Label
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Calibrated probabilities in [0, 1], the labels they earn, how bad it is (0 to 3), and why.

    `unsure` is an answer of its own: the text lies where the model is often wrong. `unseen` is the share of its words
    that the model never saw. What was known of the thread when it was judged: `unanswered` messages of the customer
    before this one since our last answer, the first of them `waiting_hours` earlier.
    """

    mistake: float
    ignored: float
    labels: frozenset[Label]
    severity: int
    unsure: bool
    clues: tuple[Clue, ...] = ()
    model: str = ""
    unseen: float = 0.0
    unanswered: int = 0
    waiting_hours: float = 0.0

    def probability(self, label: Label) -> float:
        """How likely `label` is."""
        return self.mistake if label is Label.MISTAKE else self.ignored

"""The classifier: words, letters and named signals into one calibrated linear model a label, and one for severity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from bot.domain.triage import CHASERS
from bot.domain.verdict import Clue, Label, Verdict
from bot.learn.features import Asked, Reading

Floats = NDArray[np.float64]
LABELS = (Label.MISTAKE, Label.IGNORED)
_CLUES = 6

Explain = Literal["everywhere", "where_needed", "nowhere"]
"""Which verdicts name their clues. Needed are those of messages whose alert or review shows them: see `_needed`."""


@dataclass(slots=True)
class Line:
    """A linear model with its sigmoid: probability = 1 / (1 + exp(-(slope * (weights . x + bias) + shift)))."""

    weights: Floats
    bias: float
    slope: float = 1.0
    shift: float = 0.0

    def log_odds(self, rows: Any) -> Floats:
        """Calibrated log-odds at the training set's own prevalence."""
        return np.asarray(self.slope * (rows @ self.weights + self.bias) + self.shift)


@dataclass(slots=True)
class Levels:
    """How severe: a linear score for each of the `values` 1 to 3; the highest wins."""

    weights: Floats
    biases: Floats
    values: list[int]

    def of(self, rows: Any) -> list[int]:
        """One value a row."""
        best = np.argmax(rows @ self.weights.T + self.biases, axis=1)
        return [self.values[i] for i in best.tolist()]


@dataclass(slots=True)
class Triage:
    """A trained model. `prevalence` is each label's share in training; thresholds hold at the prior asked for."""

    features: Pipeline
    lines: dict[Label, Line]
    severity: Levels
    prevalence: dict[Label, float]
    thresholds: dict[Label, float]
    band: dict[Label, tuple[float, float]]
    id: str = ""
    explainer: Any = field(default=None, repr=False)

    def probabilities(self, asked: Sequence[str | Asked], prior: float) -> tuple[dict[Label, Floats], Any]:
        """Each label's probability, corrected from training prevalence to `prior`, and the feature rows."""
        return self._chances(rows := self.features.transform(list(asked)), prior), rows

    def _chances(self, rows: Any, prior: float) -> dict[Label, Floats]:
        return {label: sigmoid(self.lines[label].log_odds(rows) + self.offset(label, prior)) for label in LABELS}

    def offset(self, label: Label, prior: float) -> float:
        """Log-odds to add so that probabilities hold where a share `prior` of mail reports a mistake.

        Ignored requests are taken to be as frequent among mistakes as in training (Saerens et al. 2002).
        """
        share = prior * self.prevalence[label] / self.prevalence[Label.MISTAKE]
        return float(logit(share) - logit(self.prevalence[label]))

    def judge(self, asked: Sequence[str | Asked], prior: float, *, explain: Explain = "everywhere") -> list[Verdict]:
        """A verdict a text, in order. Linear models make every clue's weight exact."""
        if not asked:
            return []
        readings = self.features[0].transform(asked)
        rows = self.features[1].transform(readings)
        chances = self._chances(rows, prior)
        worst, unseen = self.severity.of(rows), self.unseen(readings)
        told = [self._verdict(i, chances, worst[i], reading, unseen[i]) for i, reading in enumerate(readings)]
        for i, clues in self._clues(readings, rows, told, explain):
            told[i] = replace(told[i], clues=clues)
        return told

    def _clues(
        self, readings: Sequence[Reading], rows: Any, told: Sequence[Verdict], explain: Explain
    ) -> Iterable[tuple[int, tuple[Clue, ...]]]:
        """The clues of those that are to be explained, by their places."""
        if explain == "nowhere":
            return ()
        chosen = [i for i, verdict in enumerate(told) if explain == "everywhere" or _needed(verdict)]
        if not chosen:
            return ()
        rows = rows if len(chosen) == len(told) else rows[chosen]
        return zip(chosen, self._explainer().clues([readings[i] for i in chosen], rows, _CLUES), strict=True)

    def _explainer(self) -> Any:
        from bot.learn.explain import Explainer

        if self.explainer is None:
            self.explainer = Explainer(self.features, self.lines)
        return self.explainer

    def _verdict(
        self, index: int, chances: dict[Label, Floats], severity: int, reading: Reading, unseen: float
    ) -> Verdict:
        chance = {label: float(chances[label][index]) for label in LABELS}
        earned = frozenset(label for label in LABELS if chance[label] >= self.thresholds[label])
        unsure = any(self.band[label][0] <= chance[label] < self.band[label][1] for label in LABELS)
        return Verdict(
            chance[Label.MISTAKE], chance[Label.IGNORED], earned, severity if earned else 0, unsure, (), self.id,
            round(unseen, 3), reading.unanswered, round(reading.waiting_hours, 2),
        )  # fmt: skip

    def unseen(self, readings: Sequence[Reading]) -> list[float]:
        """The share of each text's words that stood in no training text, or in one only."""
        shares: list[float] = self.features[1].transformer_list[0][1].unseen(readings)
        return shares


def _needed(verdict: Verdict) -> bool:
    """Whether somebody is told of the message: as an alert, on the review list, or as one chaser too many."""
    return bool(verdict.labels) or verdict.unsure or verdict.unanswered + 1 >= CHASERS


def sigmoid(values: Floats) -> Floats:
    """Log-odds to probability, without overflow."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -35.0, 35.0))))


def logit(share: float) -> float:
    """Probability to log-odds, kept finite."""
    safe = min(max(share, 1e-6), 1 - 1e-6)
    return float(np.log(safe / (1 - safe)))

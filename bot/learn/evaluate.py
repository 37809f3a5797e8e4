"""How good a model is on examples that it has never seen, and whether a challenger may replace the champion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss

from bot.domain.verdict import Label
from bot.learn.dataset import Example
from bot.learn.model import LABELS, Floats, Triage

_BINS = 10
# A challenger may be this much worse in average precision (noise), not more.
TOLERANCE = 0.01
# Without a champion to compare with, less than this is no model.
_FLOOR = {Label.MISTAKE: 0.7, Label.IGNORED: 0.4}


@dataclass(frozen=True, slots=True)
class Score:
    """One label on one set. `precision` holds at the prior, the rest on the set as it is; 0 where undefined."""

    positives: int
    average_precision: float
    precision: float
    recall: float
    f1: float
    brier: float
    ece: float


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Scores of a model on a set of `size` examples, at a stated prior (share of mistakes)."""

    size: int
    prior: float
    scores: dict[Label, Score]
    unsure: float

    def as_json(self) -> dict[str, Any]:
        """For cards and `--json`."""
        return {
            "size": self.size, "prior": self.prior, "unsure": self.unsure,
            **{label.value: asdict(score) for label, score in self.scores.items()},
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether a challenger may become champion, and why (not)."""

    passed: bool
    reasons: tuple[str, ...]


def score(model: Triage, examples: Sequence[Example], prior: float | None = None) -> Scorecard:
    """Judge `examples`; without a prior, the set's own share of mistakes is taken."""
    share = float(np.mean([Label.MISTAKE in e.labels for e in examples])) if prior is None else prior
    share = min(max(share, 0.01), 0.99)
    chances, _rows = model.probabilities([e.text for e in examples], share)
    scores = {}
    for label in LABELS:
        truth = np.array([label in e.labels for e in examples])
        expected = share * model.prevalence[label] / model.prevalence[Label.MISTAKE]
        scores[label] = _score(truth, chances[label], model.thresholds[label], expected if prior is not None else None)
    unsure = np.mean([
        any(model.band[lb][0] <= chances[lb][i] < model.band[lb][1] for lb in LABELS) for i in range(len(examples))
    ])  # fmt: skip
    return Scorecard(len(examples), share, scores, round(float(unsure), 4))


def _score(truth: Any, chance: Floats, threshold: float, prior: float | None) -> Score:
    said = chance >= threshold
    hits, positives = float((said & truth).sum()), float(truth.sum())
    recall = hits / positives if positives else 0.0
    plain = hits / said.sum() if said.any() else 0.0
    precision = (
        plain if prior is None else _at_prior(recall, float((said & ~truth).sum()) / max(1, (~truth).sum()), prior)
    )
    f1 = 2 * plain * recall / (plain + recall) if plain + recall else 0.0
    both = 0 < positives < len(truth)
    return Score(
        int(positives), round(float(average_precision_score(truth, chance)) if both else 0.0, 4), round(precision, 4),
        round(recall, 4), round(f1, 4), round(float(brier_score_loss(truth, chance)) if both else 0.0, 4),
        round(calibration_error(truth, chance), 4),
    )  # fmt: skip


def _at_prior(recall: float, false_alarms: float, prior: float) -> float:
    """Precision where a share `prior` is positive, from recall and the false-alarm rate."""
    said = prior * recall + (1 - prior) * false_alarms
    return prior * recall / said if said else 0.0


def calibration_error(truth: Any, chance: Floats) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    bins = np.minimum((chance * _BINS).astype(int), _BINS - 1)
    gaps = [
        (bins == b).mean() * abs(truth[bins == b].mean() - chance[bins == b].mean())
        for b in range(_BINS)
        if (bins == b).any()
    ]
    return float(sum(gaps))


def by(examples: Sequence[Example], field: str) -> dict[str, list[Example]]:
    """Examples grouped by `source`, `channel` or `lang`, the largest group first."""
    pick: Callable[[Example], str] = {
        "source": lambda e: e.source, "channel": lambda e: e.channel, "lang": lambda e: e.lang,
    }[field]  # fmt: skip
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(pick(example), []).append(example)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def gate(champion: Scorecard | None, challenger: Scorecard) -> GateResult:
    """Both scorecards must be of the same hold-out. Pure: the numbers decide."""
    reasons = []
    passed = True
    for label in LABELS:
        new = challenger.scores[label].average_precision
        floor = champion.scores[label].average_precision - TOLERANCE if champion else _FLOOR[label]
        fine = new >= floor
        passed &= fine
        beside = (
            f"champion {champion.scores[label].average_precision:.3f}" if champion else f"at least {floor:.2f} wanted"
        )
        reasons.append(f"{label.value}: average precision {new:.3f}, {beside}{'' if fine else ', which is worse'}")
    return GateResult(passed, tuple(reasons))

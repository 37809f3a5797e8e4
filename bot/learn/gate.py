"""Champion against challenger: both judge the same held-back examples, and a paired test decides."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

from bot.domain.verdict import Label
from bot.learn.evaluate import Judged, average_precision, average_precisions, by, resampled
from bot.learn.model import LABELS

MARGIN = 0.02
"""Non-inferiority margin: with 95 % confidence a challenger may lose no more average precision than this."""
_SURE = 5.0
# Without a champion to compare with, less than this is no model.
_FLOOR = {Label.MISTAKE: 0.7, Label.IGNORED: 0.4}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Champion and challenger on one label of one set.

    `lowest` is the one-sided 95 % bound of the difference in average precision (paired cluster bootstrap). `won` and
    `lost` count the examples that only the challenger, only the champion got right; `p_value` is McNemar's, exact.
    """

    name: str
    label: Label
    size: int
    champion: float
    challenger: float
    lowest: float
    won: int
    lost: int
    p_value: float

    @property
    def holds(self) -> bool:
        """Whether the challenger is not worse by more than the margin."""
        return self.lowest >= -MARGIN

    def as_json(self) -> dict[str, Any]:
        """For cards and `--json`."""
        return asdict(self) | {"label": self.label.value}


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether a challenger may become champion, why (not), and the figures behind it, whole set first."""

    passed: bool
    reasons: tuple[str, ...]
    comparisons: tuple[Comparison, ...] = ()


def gate(champion: Judged | None, challenger: Judged) -> GateResult:
    """Both must have judged the same examples. Pure: the numbers decide."""
    if champion is None:
        return _alone(challenger)
    whole = [compare("all", label, champion, challenger) for label in LABELS]
    reasons = tuple(
        f"{c.label.value}: average precision {c.challenger:.3f}, champion {c.champion:.3f}; the difference is "
        f"{c.challenger - c.champion:+.3f}, at worst {c.lowest:+.3f}"
        + ("" if c.holds else f", which is more than the margin of {MARGIN} allows")
        for c in whole
    )
    parts = [
        compare(name, label, champion.pick(rows), challenger.pick(rows))
        for name, rows in by(challenger.examples, "channel").items() for label in LABELS
    ]  # fmt: skip
    return GateResult(all(c.holds for c in whole), reasons, (*whole, *parts))


def _alone(challenger: Judged) -> GateResult:
    reasons, passed = [], True
    for label in LABELS:
        found = average_precision(challenger.truth[label], challenger.chance[label])
        passed &= found >= _FLOOR[label]
        wanted = f"at least {_FLOOR[label]:.2f} wanted, for there is no champion to compare with"
        reasons.append(f"{label.value}: average precision {found:.3f}, {wanted}")
    return GateResult(passed, tuple(reasons))


def compare(name: str, label: Label, champion: Judged, challenger: Judged) -> Comparison:
    """One label, example by example."""
    truth = challenger.truth[label]
    weights = resampled([e.scenario for e in challenger.examples])
    new, old = (average_precisions(truth, each.chance[label], weights) for each in (challenger, champion))
    right, was_right = challenger.said[label] == truth, champion.said[label] == truth
    won, lost = int((right & ~was_right).sum()), int((~right & was_right).sum())
    return Comparison(
        name, label, len(truth), average_precision(truth, champion.chance[label]),
        average_precision(truth, challenger.chance[label]),
        round(float(np.percentile(new - old, _SURE)), 4) if truth.any() else 0.0, won, lost,
        round(float(binomtest(won, won + lost).pvalue), 4) if won + lost else 1.0,
    )  # fmt: skip

"""Models and judgements that are written down instead of learnt, so that scores can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from bot.domain.verdict import Label
from bot.learn.dataset import Example
from bot.learn.evaluate import Judged, judged
from bot.learn.features import Asked
from bot.learn.model import LABELS, Floats, Triage

MISTAKE, IGNORED = frozenset({Label.MISTAKE}), frozenset({Label.IGNORED})
NOTHING: frozenset[Label] = frozenset()


@dataclass
class HandMade:
    """A model whose chances are written down; what it was asked is kept."""

    mistake: Sequence[float]
    ignored: Sequence[float]
    asked: list[Asked] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    prevalence: dict[Label, float] = field(default_factory=lambda: {Label.MISTAKE: 0.5, Label.IGNORED: 0.1})
    thresholds: dict[Label, float] = field(default_factory=lambda: dict.fromkeys(LABELS, 0.5))
    band: dict[Label, tuple[float, float]] = field(default_factory=lambda: dict.fromkeys(LABELS, (0.35, 0.5)))

    def probabilities(self, asked: Sequence[Asked], prior: float) -> tuple[dict[Label, Floats], None]:
        assert len(asked) == len(self.mistake)
        self.asked += asked
        self.asked_at.append(prior)
        return {Label.MISTAKE: np.array(self.mistake), Label.IGNORED: np.array(self.ignored)}, None


def examples(*labels: frozenset[Label]) -> list[Example]:
    """Each tells a story of its own."""
    return [Example(f"text {number}", one, int(bool(one)), f"s{number}") for number, one in enumerate(labels)]


def answers(model: HandMade, of: Sequence[Example], prior: float | None = None) -> Judged:
    return judged(cast(Triage, model), of, prior)


def judgement(truth: Sequence[int], chance: Sequence[float], stories: Sequence[int] | None = None) -> Judged:
    """Of mistakes; nobody is ignored, and nobody is thought to be. Without `stories` each text is its own."""
    asked = examples(*(MISTAKE if one else NOTHING for one in truth))
    named = (
        [replace(one, scenario=f"s{story}") for one, story in zip(asked, stories, strict=True)] if stories else asked
    )
    return answers(HandMade(chance, [0.1] * len(truth)), named)

"""What a report draws: how precision falls as more is found, and what more examples would bring."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.metrics import precision_recall_curve

from bot.domain.verdict import Label
from bot.learn.dataset import Example
from bot.learn.evaluate import Judged, average_precision
from bot.learn.features import Asked
from bot.learn.model import LABELS
from bot.learn.pipeline import features
from bot.learn.train import fit, targets_of, weights_of

Points = list[tuple[float, float]]
_SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
_MOST_POINTS = 400


def precision_recall(answers: Judged, label: Label) -> Points:
    """(recall, precision) from the strictest threshold to the laxest; at most 400 points. Empty where undefined."""
    truth = answers.truth[label]
    if not 0 < truth.sum() < len(truth):
        return []
    precision, recall, _thresholds = precision_recall_curve(truth, answers.chance[label])
    points = list(zip(recall.tolist(), precision.tolist(), strict=True))[::-1]
    return points[:: -(-len(points) // _MOST_POINTS)]


def learning_curve(
    training: Sequence[Example], answers: Judged, progress: Callable[[str], None]
) -> dict[Label, Points]:
    """(examples, average precision on what `answers` judged) for growing parts of the training set, by scenario."""
    texts = [_asked(e) for e in answers.examples]
    told: dict[Label, Points] = {label: [] for label in LABELS}
    for share in _SHARES:
        part = [e for e in training if _early(e.scenario, share)]
        progress(f"learning curve: {len(part)} examples")
        pipeline = features()
        rows = pipeline.fit_transform([_asked(e) for e in part])
        unseen = pipeline.transform(texts)
        for label, target in targets_of(part).items():
            if 0 < target.sum() < len(target) and answers.truth[label].any():
                model = fit(rows, target, weights_of(part), label)
                found = average_precision(answers.truth[label], model.decision_function(unseen))
                told[label].append((float(len(part)), found))
    return told


def _asked(example: Example) -> Asked:
    return Asked(example.text, example.unanswered, example.waiting_hours)


def _early(scenario: str, share: float) -> bool:
    """Whether a scenario is among the first part of all; the same ones for ever, and whole scenarios only."""
    return int.from_bytes(hashlib.sha256(f"curve {scenario}".encode()).digest()[:4], "big") < share * np.iinfo("u4").max

"""Learning: fit, calibrate on folds that keep stories together, choose thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.domain.verdict import Label
from bot.errors import ModelUnfit
from bot.learn.dataset import Example
from bot.learn.features import features
from bot.learn.model import LABELS, Floats, Levels, Line, Triage

Progress = Callable[[str], None]
_FOLDS = 5
_STRENGTH = {Label.MISTAKE: 1.0, Label.IGNORED: 1.0}
_FEWEST = 50
# Between these chances (at the prior in use) the model is wrong often enough to say so.
_UNSURE = (0.35, 0.5)


def train(examples: Sequence[Example], progress: Progress = lambda _line: None) -> Triage:
    """A calibrated model of all `examples`. Raises ModelUnfit where there is too little to learn from."""
    texts = [e.text for e in examples]
    weights = np.array([e.weight for e in examples])
    groups = np.array([e.scenario for e in examples])
    targets = {label: np.array([label in e.labels for e in examples], dtype=np.int8) for label in LABELS}
    _enough(targets)
    progress(f"reading {len(texts)} examples")
    pipeline = features()
    rows = pipeline.fit_transform(texts)
    lines: dict[Label, Line] = {}
    for label in LABELS:
        progress(f"learning “{label.value}” from {int(targets[label].sum())} of {len(texts)} and calibrating it")
        lines[label] = _calibrated(rows, targets[label], weights, groups, _STRENGTH[label])
    progress("learning how severe they are")
    return Triage(
        features=pipeline, lines=lines, severity=_severity(rows, examples, weights),
        prevalence={label: float(np.average(targets[label], weights=weights)) for label in LABELS},
        thresholds=dict.fromkeys(LABELS, _UNSURE[1]), band=dict.fromkeys(LABELS, _UNSURE),
    )  # fmt: skip


def _enough(targets: dict[Label, np.ndarray]) -> None:
    for label, target in targets.items():
        if target.sum() < _FEWEST or len(target) - target.sum() < _FEWEST:
            raise ModelUnfit(f"There are fewer than {_FEWEST} examples with or without “{label.value}” to learn from.")


def _fit(rows: object, target: np.ndarray, weights: Floats, strength: float) -> LogisticRegression:
    model = LogisticRegression(C=strength, max_iter=400, solver="lbfgs")
    return model.fit(rows, target, sample_weight=weights)


def _calibrated(rows: object, target: np.ndarray, weights: Floats, groups: np.ndarray, strength: float) -> Line:
    """One linear model of everything; its sigmoid is fitted on scores of folds that it has not seen (Platt 1999)."""
    scores = np.zeros(len(target))
    for seen, unseen in GroupKFold(n_splits=_FOLDS).split(rows, target, groups):
        fold = _fit(rows[seen], target[seen], weights[seen], strength)  # type: ignore[index]
        scores[unseen] = fold.decision_function(rows[unseen])  # type: ignore[index]
    sigmoid_model = LogisticRegression(C=1e6).fit(scores.reshape(-1, 1), target, sample_weight=weights)
    whole = _fit(rows, target, weights, strength)
    return Line(whole.coef_[0], float(whole.intercept_[0]), float(sigmoid_model.coef_[0][0]),
                float(sigmoid_model.intercept_[0]))  # fmt: skip


def _severity(rows: object, examples: Sequence[Example], weights: Floats) -> Levels:
    judged = np.array([i for i, e in enumerate(examples) if e.labels])
    levels = np.array([max(1, examples[i].severity) for i in judged])
    model = LogisticRegression(C=2.0, max_iter=400)
    model.fit(rows[judged], levels, sample_weight=weights[judged])  # type: ignore[index]
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
        return Levels(np.vstack([-model.coef_, model.coef_]), np.array([-model.intercept_[0], model.intercept_[0]]),
                      [int(c) for c in model.classes_])  # fmt: skip
    return Levels(model.coef_, model.intercept_, [int(c) for c in model.classes_])

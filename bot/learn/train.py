"""Learning: fit, calibrate on folds of places (or stories) that were not seen, choose thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.domain.verdict import Label
from bot.errors import ModelUnfit
from bot.learn.dataset import Example
from bot.learn.features import Asked
from bot.learn.model import LABELS, Floats, Levels, Line, Triage
from bot.learn.pipeline import features

Progress = Callable[[str], None]
Targets = NDArray[np.int8]
Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
_FOLDS = 5
_STRENGTH = {Label.MISTAKE: 1.0, Label.IGNORED: 2.0}
_FEWEST = 50
# Channels are places worth leaving out only where there are some, each with a share of the examples.
_FEWEST_PLACES, _LEAST_OF_ONE, _MOST_OF_ONE = 3, 0.05, 0.7
# Between these chances (at the prior in use) the model is wrong often enough to say so.
_UNSURE = (0.35, 0.5)


def train(examples: Sequence[Example], progress: Progress = lambda _line: None) -> Triage:
    """A calibrated model of all `examples`. Raises ModelUnfit where there is too little to learn from."""
    texts = [Asked(e.text, e.unanswered, e.waiting_hours) for e in examples]
    weights, targets = weights_of(examples), targets_of(examples)
    _enough(targets)
    progress(f"reading {len(texts)} examples")
    pipeline = features()
    rows = pipeline.fit_transform(texts)
    folds = folds_of(examples, targets)
    lines: dict[Label, Line] = {}
    for label in LABELS:
        progress(f"learning “{label.value}” from {int(targets[label].sum())} of {len(texts)} and calibrating it")
        lines[label] = _calibrated(rows, targets[label], weights, folds, label)
    progress("learning how severe they are")
    return Triage(
        features=pipeline, lines=lines, severity=_severity(rows, examples, weights),
        prevalence={label: float(np.average(targets[label], weights=weights)) for label in LABELS},
        thresholds=dict.fromkeys(LABELS, _UNSURE[1]), band=dict.fromkeys(LABELS, _UNSURE),
    )  # fmt: skip


def folds_of(examples: Sequence[Example], targets: dict[Label, Targets]) -> list[Fold]:
    """(seen, unseen) rows for calibrating: whole channels are left out, else whole scenarios.

    An inbox is a place that the model has never been to; on texts of places that it knows it would learn to be too
    sure of itself. Raises ModelUnfit where too few stories tell of a label.
    """
    channels = [e.channel for e in examples]
    sizes = [channels.count(channel) / len(channels) for channel in set(channels)]
    if sum(size >= _LEAST_OF_ONE for size in sizes) >= _FEWEST_PLACES and max(sizes) <= _MOST_OF_ONE:
        folds = _split(channels)
        if _teaching(folds, targets):
            return folds
    scenarios = [e.scenario for e in examples]
    if len(set(scenarios)) < _FOLDS or not _teaching(folds := _split(scenarios), targets):
        raise ModelUnfit("Too few stories tell of mistakes or of ignored requests; most examples are of the same ones.")
    return folds


def _split(groups: Sequence[str]) -> list[Fold]:
    splitter = GroupKFold(n_splits=min(_FOLDS, len(set(groups))))
    return list(splitter.split(np.zeros(len(groups)), groups=np.array(groups)))


def _teaching(folds: Sequence[Fold], targets: dict[Label, Targets]) -> bool:
    """Whether each label is there and not there in what is seen of every fold."""
    return all(0 < t[seen].sum() < len(seen) for seen, _unseen in folds for t in targets.values())


def weights_of(examples: Sequence[Example]) -> Floats:
    """How much each example counts."""
    return np.array([e.weight for e in examples])


def targets_of(examples: Sequence[Example]) -> dict[Label, Targets]:
    """1 where an example has the label."""
    return {label: np.array([label in e.labels for e in examples], dtype=np.int8) for label in LABELS}


def _enough(targets: dict[Label, Targets]) -> None:
    for label, target in targets.items():
        if target.sum() < _FEWEST or len(target) - target.sum() < _FEWEST:
            raise ModelUnfit(f"There are fewer than {_FEWEST} examples with or without “{label.value}” to learn from.")


def fit(rows: object, target: Targets, weights: Floats, label: Label) -> LogisticRegression:
    """One linear model, not calibrated."""
    model = LogisticRegression(C=_STRENGTH[label], max_iter=400, solver="lbfgs")
    return model.fit(rows, target, sample_weight=weights)


def _calibrated(rows: Any, target: Targets, weights: Floats, folds: Sequence[Fold], label: Label) -> Line:
    """One linear model of everything; its sigmoid is fitted on scores of folds that it has not seen (Platt 1999)."""
    jobs = [(rows[seen], target[seen], weights[seen], label) for seen, _unseen in folds]
    *parts, whole = Parallel(n_jobs=-1)(delayed(fit)(*job) for job in (*jobs, (rows, target, weights, label)))
    scores = np.zeros(len(target))
    for (_seen, unseen), part in zip(folds, parts, strict=True):
        scores[unseen] = part.decision_function(rows[unseen])
    sigmoid_model = LogisticRegression(C=1e6).fit(scores.reshape(-1, 1), target, sample_weight=weights)
    return Line(whole.coef_[0], float(whole.intercept_[0]), float(sigmoid_model.coef_[0][0]),
                float(sigmoid_model.intercept_[0]))  # fmt: skip


def _severity(rows: Any, examples: Sequence[Example], weights: Floats) -> Levels:
    # people correct labels; how severe a corrected message was, nobody said
    judged = [i for i, e in enumerate(examples) if e.labels and e.source != "corrections"]
    levels = [max(1, examples[i].severity) for i in judged]
    if len(set(levels)) < 2:  # there is nothing to tell apart
        return Levels(np.zeros((1, rows.shape[1])), np.zeros(1), levels[:1] or [1])
    model = LogisticRegression(C=2.0, max_iter=400)
    model.fit(rows[judged], levels, sample_weight=weights[judged])
    values = [int(c) for c in model.classes_]
    if len(values) == 2:  # scikit-learn keeps one row for two classes
        bias = model.intercept_[0]
        return Levels(np.vstack([-model.coef_, model.coef_]), np.array([-bias, bias]), values)
    return Levels(model.coef_, model.intercept_, values)

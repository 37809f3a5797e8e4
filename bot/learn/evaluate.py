"""How good a model is on examples that it has never seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss

from bot.domain.verdict import Label
from bot.learn.dataset import Example
from bot.learn.features import Asked
from bot.learn.model import LABELS, Floats, Triage

BINS = 10
# So often a set is drawn anew to see how far a score is chance; half of the draws by half is enough for a group.
RESAMPLES = 1000
_SEED = 20240
_MOST_CELLS = 20_000_000
_WANTED_PRECISION = 0.9

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model says of labelled examples. `prior` is the share of mistakes that it was told to expect.

    `stated`: whether somebody named that prior; else it is the set's own. Arrays have one value an example.
    """

    examples: Sequence[Example]
    prior: float
    stated: bool
    truth: dict[Label, NDArray[np.bool_]]
    chance: dict[Label, Floats]
    said: dict[Label, NDArray[np.bool_]]
    unsure: NDArray[np.bool_]
    expected: dict[Label, float]

    def pick(self, rows: Sequence[int]) -> Judged:
        """Some of them."""
        at = np.asarray(rows, dtype=int)
        return replace(
            self, examples=[self.examples[i] for i in rows], unsure=self.unsure[at],
            truth={label: values[at] for label, values in self.truth.items()},
            chance={label: values[at] for label, values in self.chance.items()},
            said={label: values[at] for label, values in self.said.items()},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """One label on one set; 0 where undefined. Intervals hold 95 % of what the same-sized sets would show.

    `precision` holds at the prior where one was stated, the rest on the set as it is. `recall_at_90` is the largest
    share found while nine of ten alerts are right. `confusion`: true and false alarms, missed, rightly left alone.
    """

    positives: int
    average_precision: float
    average_precision_interval: Interval
    precision: float
    recall: float
    f1: float
    f1_interval: Interval
    recall_at_90: float
    brier: float
    ece: float
    confusion: tuple[int, int, int, int]


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


def judged(model: Triage, examples: Sequence[Example], prior: float | None = None) -> Judged:
    """Ask the model; without a prior, the set's own share of mistakes is taken."""
    truth = {label: np.array([label in e.labels for e in examples], dtype=bool) for label in LABELS}
    share = float(truth[Label.MISTAKE].mean()) if prior is None else prior
    share = min(max(share, 0.01), 0.99)
    chance, _rows = model.probabilities([Asked(e.text, e.unanswered, e.waiting_hours) for e in examples], share)
    unsure = np.any([(model.band[lb][0] <= chance[lb]) & (chance[lb] < model.band[lb][1]) for lb in LABELS], axis=0)
    expected = {label: share * model.prevalence[label] / model.prevalence[Label.MISTAKE] for label in LABELS}
    said = {label: chance[label] >= model.thresholds[label] for label in LABELS}
    return Judged(examples, share, prior is not None, truth, chance, said, unsure, expected)


def score(model: Triage, examples: Sequence[Example], prior: float | None = None) -> Scorecard:
    """Judge `examples` and count."""
    return scored(judged(model, examples, prior))


def scored(answers: Judged, resamples: int = RESAMPLES) -> Scorecard:
    """The scores of what was judged."""
    weights = resampled([e.scenario for e in answers.examples], resamples)
    scores = {label: _score(answers, label, weights) for label in LABELS}
    return Scorecard(len(answers.examples), answers.prior, scores, round(float(answers.unsure.mean()), 4))


def _score(answers: Judged, label: Label, weights: Floats) -> Score:
    truth, chance, said = answers.truth[label], answers.chance[label], answers.said[label]
    hits, alarms = int((said & truth).sum()), int((said & ~truth).sum())
    missed, quiet = int((~said & truth).sum()), int((~said & ~truth).sum())
    recall = hits / (hits + missed) if hits + missed else 0.0
    plain = hits / (hits + alarms) if hits + alarms else 0.0
    precision = at_prior(recall, alarms / max(1, alarms + quiet), answers.expected[label]) if answers.stated else plain
    both = 0 < hits + missed < len(truth)
    return Score(
        positives=hits + missed,
        average_precision=average_precision(truth, chance),
        average_precision_interval=_interval(average_precisions(truth, chance, weights)) if both else (0.0, 0.0),
        precision=round(precision, 4), recall=round(recall, 4), f1=round(_f1(hits, alarms, missed), 4),
        f1_interval=_interval(_f1s(truth, said, weights)) if both else (0.0, 0.0),
        recall_at_90=round(recall_at(truth, chance, _WANTED_PRECISION), 4) if both else 0.0,
        brier=round(float(brier_score_loss(truth, chance)) if both else 0.0, 4),
        ece=round(calibration_error(truth, chance), 4), confusion=(hits, alarms, missed, quiet),
    )  # fmt: skip


def average_precision(truth: Any, score: Any) -> float:
    """To four places; 0 where all or none are true."""
    return round(float(average_precision_score(truth, score)), 4) if 0 < truth.sum() < len(truth) else 0.0


def _f1(hits: float, alarms: float, missed: float) -> float:
    return 2 * hits / (2 * hits + alarms + missed) if hits else 0.0


def at_prior(recall: float, false_alarms: float, prior: float) -> float:
    """Precision where a share `prior` is positive, from recall and the false-alarm rate."""
    said = prior * recall + (1 - prior) * false_alarms
    return prior * recall / said if said else 0.0


def recall_at(truth: Any, chance: Floats, precision: float) -> float:
    """The largest recall of any threshold at which at least `precision` of the alarms are right."""
    order = np.argsort(-chance, kind="stable")
    hits = np.cumsum(truth[order])
    right = hits / np.arange(1, len(hits) + 1)
    last_of_its_chance = np.append(chance[order][1:] != chance[order][:-1], True)
    fine = last_of_its_chance & (right >= precision)
    return float(hits[fine].max() / hits[-1]) if fine.any() else 0.0


# chance


def resampled(groups: Sequence[str], resamples: int = RESAMPLES) -> Floats:
    """How often each example stands in each of the sets drawn anew, (resamples, examples).

    Whole groups (scenarios, threads) are drawn: texts that tell one story are no independent evidence
    (cluster bootstrap, Davison and Hinkley 1997). The same groups always give the same draws.
    """
    resamples = min(resamples, max(100, _MOST_CELLS // max(1, len(groups))))
    _names, member = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    count = int(member.max()) + 1 if len(member) else 0
    if not count:
        return np.zeros((resamples, 0))
    drawn = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1 / count), size=resamples)
    return np.asarray(drawn[:, member], dtype=np.float64)


def average_precisions(truth: Any, chance: Floats, weights: Floats) -> Floats:
    """The average precision of each weighted set, (resamples,); 0 where nothing positive was drawn."""
    order = np.argsort(-chance, kind="stable")
    weights, truth, chance = weights[:, order], truth[order].astype(np.float64), chance[order]
    last = np.flatnonzero(np.append(chance[1:] != chance[:-1], True))  # equal chances are told apart by nothing
    hits = np.cumsum(weights * truth, axis=1)[:, last]
    seen = np.maximum(np.cumsum(weights, axis=1)[:, last], 1e-12)
    new = np.diff(hits, axis=1, prepend=0.0)
    return np.asarray((new * hits / seen).sum(axis=1) / np.maximum(hits[:, -1], 1e-12))


def _f1s(truth: Any, said: Any, weights: Floats) -> Floats:
    hits, wrong = weights @ (said & truth), weights @ (said ^ truth)
    return np.asarray(2 * hits / np.maximum(2 * hits + wrong, 1e-12))


def _interval(values: Floats) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return round(float(low), 4), round(float(high), 4)


# calibration


def reliability(truth: Any, chance: Floats) -> list[tuple[float, float, int]]:
    """(mean chance, share that was true, how many) of each of ten equally wide bins that is not empty."""
    bins = np.minimum((chance * BINS).astype(int), BINS - 1)
    filled = [bins == b for b in range(BINS) if (bins == b).any()]
    return [(float(chance[at].mean()), float(truth[at].mean()), int(at.sum())) for at in filled]


def calibration_error(truth: Any, chance: Floats) -> float:
    """Expected calibration error over those bins (Naeini et al. 2015)."""
    return sum(count * abs(true - said) for said, true, count in reliability(truth, chance)) / max(1, len(chance))


# reading


def by(examples: Sequence[Example], field: str) -> dict[str, list[int]]:
    """Which rows belong to each `source`, `channel` or `lang`, the largest group first."""
    pick: Callable[[Example], str] = {
        "source": lambda e: e.source, "channel": lambda e: e.channel, "lang": lambda e: e.lang,
    }[field]  # fmt: skip
    groups: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        groups.setdefault(pick(example), []).append(row)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def worst(answers: Judged, most: int) -> list[tuple[Label, int]]:
    """The rows where each label was most surely wrong, for people to read: (label, row), at most `most` a label."""
    found: list[tuple[Label, int]] = []
    for label in LABELS:
        error = np.abs(answers.truth[label] - answers.chance[label])
        wrong = np.flatnonzero(answers.said[label] != answers.truth[label])
        found += [(label, int(row)) for row in wrong[np.argsort(-error[wrong], kind="stable")][:most]]
    return found


def fingerprint(answers: Judged) -> str:
    """A hash of all chances to six places: equal data, code and libraries give equal ones."""
    told = hashlib.sha256()
    for label in LABELS:
        told.update(np.round(answers.chance[label], 6).astype("<f8").tobytes())
    return told.hexdigest()

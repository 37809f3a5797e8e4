"""Scores on numbers made by hand, and the gate that they open or close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import pytest

from bot.domain.verdict import Label
from bot.learn import evaluate
from bot.learn.dataset import Example
from bot.learn.evaluate import Score, Scorecard, calibration_error, gate, score
from bot.learn.model import LABELS, Floats, Triage

MISTAKE, IGNORED = frozenset({Label.MISTAKE}), frozenset({Label.IGNORED})
NOTHING: frozenset[Label] = frozenset()


@dataclass
class HandMade:
    """A model whose chances are written down; what it was asked is kept."""

    mistake: list[float]
    ignored: list[float]
    asked_at: list[float] = field(default_factory=list)
    prevalence: dict[Label, float] = field(default_factory=lambda: {Label.MISTAKE: 0.5, Label.IGNORED: 0.1})
    thresholds: dict[Label, float] = field(default_factory=lambda: dict.fromkeys(LABELS, 0.5))
    band: dict[Label, tuple[float, float]] = field(default_factory=lambda: dict.fromkeys(LABELS, (0.35, 0.5)))

    def probabilities(self, texts: Sequence[str], prior: float) -> tuple[dict[Label, Floats], None]:
        assert len(texts) == len(self.mistake)
        self.asked_at.append(prior)
        return {Label.MISTAKE: np.array(self.mistake), Label.IGNORED: np.array(self.ignored)}, None


def examples(*labels: frozenset[Label]) -> list[Example]:
    return [Example(f"text {number}", one, int(bool(one)), f"s{number}") for number, one in enumerate(labels)]


def scored(model: HandMade, of: list[Example], prior: float | None = None) -> Scorecard:
    return score(cast(Triage, model), of, prior)


FOUR = examples(MISTAKE, MISTAKE, NOTHING, NOTHING)
HAND_MADE = HandMade(mistake=[0.9, 0.4, 0.6, 0.1], ignored=[0.1, 0.1, 0.1, 0.1])


def test_scores_are_what_one_works_out_by_hand() -> None:
    card = scored(HAND_MADE, FOUR)
    assert (card.size, card.prior, card.unsure) == (4, 0.5, 0.25)
    assert card.scores[Label.MISTAKE] == Score(
        positives=2, average_precision=0.8333, precision=0.5, recall=0.5, f1=0.5, brier=0.185, ece=0.35
    )


def test_a_label_that_nobody_has_scores_nothing() -> None:
    card = scored(HAND_MADE, FOUR)
    assert card.scores[Label.IGNORED] == Score(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1)


def test_precision_holds_at_the_prior_that_was_asked_for() -> None:
    model = replace(HAND_MADE, asked_at=[])
    card = scored(model, FOUR, 0.2)
    assert model.asked_at == [0.2]
    # half of the mistakes are found, and half of the rest are false alarms
    assert card.scores[Label.MISTAKE].precision == pytest.approx(0.2 * 0.5 / (0.2 * 0.5 + 0.8 * 0.5))
    assert card.scores[Label.MISTAKE].recall == 0.5


def test_ignored_requests_are_as_frequent_among_mistakes_as_in_training() -> None:
    model = HandMade(mistake=[0.1] * 4, ignored=[0.9, 0.1, 0.6, 0.1])
    card = scored(model, examples(IGNORED, IGNORED, NOTHING, NOTHING), 0.2)
    share = 0.2 * 0.1 / 0.5
    assert card.scores[Label.IGNORED].precision == pytest.approx(
        share * 0.5 / (share * 0.5 + (1 - share) * 0.5), abs=5e-5
    )


@pytest.mark.parametrize(("labels", "prior"), [((MISTAKE, MISTAKE), 0.99), ((NOTHING, NOTHING), 0.01)])
def test_a_set_of_one_kind_has_a_prior_that_can_be_reckoned_with(
    labels: tuple[frozenset[Label], ...], prior: float
) -> None:
    assert scored(HandMade([0.7, 0.8], [0.1, 0.1]), examples(*labels)).prior == prior


def test_a_scorecard_is_of_json(model: Triage, examples: list[Example]) -> None:
    told = score(model, examples[:40]).as_json()
    assert set(told) == {"size", "prior", "unsure", "mistake", "ignored"}
    assert told["size"] == 40
    assert set(told["mistake"]) == {"positives", "average_precision", "precision", "recall", "f1", "brier", "ece"}


@pytest.mark.parametrize(
    ("truth", "chance", "error"),
    [
        ([1, 0], [1.0, 0.0], 0.0),
        ([0, 1], [1.0, 0.0], 1.0),
        ([1, 0, 1, 0], [0.55, 0.55, 0.55, 0.55], 0.05),
        ([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], 0.35),
        ([1, 1, 1, 0], [0.75, 0.75, 0.75, 0.75], 0.0),
    ],
)
def test_the_calibration_error_is_the_mean_gap_between_said_and_true(
    truth: list[int], chance: list[float], error: float
) -> None:
    assert calibration_error(np.array(truth), np.array(chance)) == pytest.approx(error)


def test_examples_are_grouped_by_what_is_asked_the_largest_group_first() -> None:
    rows = [
        Example("a", NOTHING, 0, "1", "chat", "en", "x"), Example("b", NOTHING, 0, "2", "email", "de", "y"),
        Example("c", NOTHING, 0, "3", "email", "en", "x"), Example("d", NOTHING, 0, "4", "email", "en", "x"),
    ]  # fmt: skip
    assert [(k, [e.text for e in group]) for k, group in evaluate.by(rows, "channel").items()] == [
        ("email", ["b", "c", "d"]), ("chat", ["a"]),
    ]  # fmt: skip
    assert [*evaluate.by(rows, "lang")] == ["en", "de"]
    assert [*evaluate.by(rows, "source")] == ["x", "y"]


# the gate


def card(mistake: float, ignored: float) -> Scorecard:
    """Only average precision counts at the gate."""
    blank = Score(1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Scorecard(
        9, 0.2,
        {
            Label.MISTAKE: replace(blank, average_precision=mistake),
            Label.IGNORED: replace(blank, average_precision=ignored),
        },
        0.0,
    )  # fmt: skip


CHAMPION = card(0.9, 0.8)


@pytest.mark.parametrize(
    ("challenger", "passes"),
    [
        (card(0.95, 0.85), True), (card(0.9, 0.8), True), (card(0.895, 0.795), True),
        (card(0.85, 0.85), False), (card(0.95, 0.75), False), (card(0.5, 0.5), False),
    ],
)  # fmt: skip
def test_a_challenger_passes_unless_it_is_worse_at_a_label(challenger: Scorecard, passes: bool) -> None:
    assert gate(CHAMPION, challenger).passed is passes


@pytest.mark.parametrize(
    ("challenger", "passes"), [(card(0.75, 0.45), True), (card(0.65, 0.9), False), (card(0.95, 0.35), False)]
)
def test_without_a_champion_a_challenger_must_be_good_enough(challenger: Scorecard, passes: bool) -> None:
    assert gate(None, challenger).passed is passes


def test_a_champion_that_was_worse_than_the_floor_may_be_replaced_by_a_better_one() -> None:
    assert gate(card(0.5, 0.3), card(0.6, 0.35)).passed


def test_the_gate_says_of_each_label_what_it_compared() -> None:
    mistake, ignored = gate(CHAMPION, card(0.85, 0.85)).reasons
    assert mistake == "mistake: average precision 0.850, champion 0.900, which is worse"
    assert ignored == "ignored: average precision 0.850, champion 0.800"
    assert gate(None, CHAMPION).reasons[0] == "mistake: average precision 0.900, at least 0.70 wanted"

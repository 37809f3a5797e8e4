"""Scores on numbers made by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.verdict import Label
from bot.learn import evaluate
from bot.learn.dataset import Example
from bot.learn.evaluate import Score, Scorecard, at_prior, calibration_error, recall_at, reliability, score
from bot.learn.features import Asked
from bot.learn.model import Triage
from tests.learn.hand_made import IGNORED, MISTAKE, NOTHING, HandMade, answers, examples

FOUR = examples(MISTAKE, MISTAKE, NOTHING, NOTHING)
HAND_MADE = HandMade(mistake=[0.9, 0.4, 0.6, 0.1], ignored=[0.1, 0.1, 0.1, 0.1])
SHARES = st.floats(0, 1)


def scored(model: HandMade, of: list[Example], prior: float | None = None) -> Scorecard:
    return evaluate.scored(answers(model, of, prior))


# what was asked


def test_a_model_is_asked_with_all_that_is_known_of_a_text() -> None:
    model = HandMade([0.1, 0.9], [0.1, 0.1])
    answers(model, [Example("a", NOTHING, 0, "1"), Example("b", MISTAKE, 1, "2", unanswered=3, waiting_hours=40.5)])
    assert model.asked == [Asked("a"), Asked("b", 3, 40.5)]


def test_without_a_prior_the_set_s_own_share_of_mistakes_is_taken() -> None:
    model = HandMade([0.9, 0.4, 0.6], [0.1] * 3)
    own = answers(model, examples(MISTAKE, NOTHING, NOTHING))
    told = answers(model, examples(MISTAKE, NOTHING, NOTHING), 0.2)
    assert model.asked_at == [pytest.approx(1 / 3), 0.2]
    assert (own.stated, told.stated, told.prior) == (False, True, 0.2)
    assert own.expected == {Label.MISTAKE: pytest.approx(1 / 3), Label.IGNORED: pytest.approx(1 / 15)}


@pytest.mark.parametrize(("labels", "prior"), [((MISTAKE, MISTAKE), 0.99), ((NOTHING, NOTHING), 0.01)])
def test_a_set_of_one_kind_has_a_prior_that_can_be_reckoned_with(
    labels: tuple[frozenset[Label], ...], prior: float
) -> None:
    assert scored(HandMade([0.7, 0.8], [0.1, 0.1]), examples(*labels)).prior == prior


def test_some_of_the_answers_are_answers_again() -> None:
    whole = answers(HandMade([0.9, 0.4, 0.6, 0.1], [0.8, 0.2, 0.45, 0.1]), FOUR)
    part = whole.pick([2, 0])
    assert [one.text for one in part.examples] == ["text 2", "text 0"]
    assert part.chance[Label.MISTAKE].tolist() == [0.6, 0.9]
    assert part.truth[Label.MISTAKE].tolist() == [False, True]
    assert part.said[Label.IGNORED].tolist() == [False, True]
    assert part.unsure.tolist() == [True, False]
    assert (part.prior, part.expected) == (whole.prior, whole.expected)


# what is counted


def test_scores_are_what_one_works_out_by_hand() -> None:
    card = scored(HAND_MADE, FOUR)
    told = card.scores[Label.MISTAKE]
    assert (card.size, card.prior, card.unsure) == (4, 0.5, 0.25)
    assert told == Score(
        positives=2, average_precision=0.8333, average_precision_interval=told.average_precision_interval,
        precision=0.5, recall=0.5, f1=0.5, f1_interval=told.f1_interval, recall_at_90=0.5, brier=0.185, ece=0.35,
        confusion=(1, 1, 1, 1),
    )  # fmt: skip


def test_a_label_that_nobody_has_scores_nothing() -> None:
    nothing = (0.0, 0.0)
    assert scored(HAND_MADE, FOUR).scores[Label.IGNORED] == Score(
        0, 0.0, nothing, 0.0, 0.0, 0.0, nothing, 0.0, 0.0, 0.1, (0, 0, 0, 4)
    )


def test_precision_holds_at_the_prior_that_was_stated_and_the_rest_on_the_set() -> None:
    told = scored(HAND_MADE, FOUR, 0.2).scores[Label.MISTAKE]
    # half of the mistakes are found, and half of the rest are false alarms
    assert told.precision == pytest.approx(0.2 * 0.5 / (0.2 * 0.5 + 0.8 * 0.5))
    assert (told.recall, told.f1, told.confusion) == (0.5, 0.5, (1, 1, 1, 1))


def test_ignored_requests_are_as_frequent_among_mistakes_as_in_training() -> None:
    model = HandMade(mistake=[0.1] * 4, ignored=[0.9, 0.1, 0.6, 0.1])
    card = scored(model, examples(IGNORED, IGNORED, NOTHING, NOTHING), 0.2)
    share = 0.2 * 0.1 / 0.5
    assert card.scores[Label.IGNORED].precision == pytest.approx(
        share * 0.5 / (share * 0.5 + (1 - share) * 0.5), abs=5e-5
    )


def test_a_scorecard_is_of_json(model: Triage, examples: list[Example]) -> None:
    told = json.loads(json.dumps(score(model, examples[:40]).as_json()))
    assert set(told) == {"size", "prior", "unsure", "mistake", "ignored"}
    assert told["size"] == 40
    assert set(told["mistake"]) == {
        "positives", "average_precision", "average_precision_interval", "precision", "recall", "f1", "f1_interval",
        "recall_at_90", "brier", "ece", "confusion",
    }  # fmt: skip
    assert sum(told["mistake"]["confusion"]) == 40


@given(recall=SHARES, false_alarms=SHARES, prior=SHARES)
def test_precision_at_a_prior_is_a_share_and_alarms_are_all_right_where_none_is_false(
    recall: float, false_alarms: float, prior: float
) -> None:
    assert 0 <= at_prior(recall, false_alarms, prior) <= 1
    assert at_prior(1.0, 0.0, prior) == (1.0 if prior else 0.0)
    assert at_prior(1.0, 1.0, prior) == pytest.approx(prior)


@pytest.mark.parametrize(
    ("truth", "chance", "wanted", "found"),
    [
        ([1, 1, 0, 1], [0.9, 0.8, 0.7, 0.6], 0.9, 2 / 3),
        ([1, 1, 0, 1], [0.9, 0.8, 0.7, 0.6], 0.75, 1.0),
        ([0, 1, 1, 1], [0.9, 0.8, 0.7, 0.6], 0.9, 0.0),
        ([1, 0, 1, 1], [0.5, 0.5, 0.5, 0.4], 0.9, 0.0),  # no threshold lies between equal chances
        ([1, 0, 1, 1], [0.5, 0.5, 0.5, 0.4], 0.75, 1.0),
    ],
)
def test_the_recall_at_a_precision_is_the_most_that_any_threshold_finds(
    truth: list[int], chance: list[float], wanted: float, found: float
) -> None:
    assert recall_at(np.array(truth, dtype=bool), np.array(chance), wanted) == pytest.approx(found)


# is it as sure as it should be


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


def test_reliability_tells_of_each_bin_what_was_said_and_what_was_true() -> None:
    found = reliability(np.array([1, 0, 1, 1]), np.array([0.62, 0.68, 1.0, 0.05]))
    assert found == [(0.05, 1.0, 1), (pytest.approx(0.65), 0.5, 2), (1.0, 1.0, 1)]


@given(st.lists(st.tuples(st.booleans(), SHARES), min_size=1, max_size=50))
def test_every_text_is_in_one_bin_and_the_error_is_a_share(pairs: list[tuple[bool, float]]) -> None:
    truth, chance = np.array([true for true, _ in pairs]), np.array([said for _, said in pairs])
    assert sum(count for _said, _true, count in reliability(truth, chance)) == len(pairs)
    assert 0 <= calibration_error(truth, chance) <= 1


# reading


def test_rows_are_grouped_by_what_is_asked_the_largest_group_first() -> None:
    rows = [
        Example("a", NOTHING, 0, "1", "chat", "en", "x"), Example("b", NOTHING, 0, "2", "email", "de", "y"),
        Example("c", NOTHING, 0, "3", "email", "en", "x"), Example("d", NOTHING, 0, "4", "email", "en", "x"),
    ]  # fmt: skip
    assert [*evaluate.by(rows, "channel").items()] == [("email", [1, 2, 3]), ("chat", [0])]
    assert [*evaluate.by(rows, "lang")] == ["en", "de"]
    assert evaluate.by(rows, "source") == {"x": [0, 2, 3], "y": [1]}


def test_the_worst_are_those_that_were_most_surely_wrong() -> None:
    model = HandMade([0.6, 0.4, 0.95, 0.1, 0.01], [0.1, 0.1, 0.1, 0.1, 0.7])
    found = answers(model, examples(NOTHING, MISTAKE, NOTHING, NOTHING, MISTAKE), 0.3)
    wrong = [(Label.MISTAKE, row) for row in (4, 2, 0, 1)]
    assert evaluate.worst(found, 9) == [*wrong, (Label.IGNORED, 4)]
    assert evaluate.worst(found, 2) == [*wrong[:2], (Label.IGNORED, 4)]
    assert evaluate.worst(found, 0) == []


def test_answers_have_one_fingerprint_to_six_places() -> None:
    first = answers(HAND_MADE, FOUR)
    assert evaluate.fingerprint(first) == evaluate.fingerprint(answers(replace(HAND_MADE), FOUR))
    hairs = {
        moved: answers(replace(HAND_MADE, ignored=[0.1, 0.1, 0.1, 0.1 + moved]), FOUR) for moved in (1e-9, 1e-5)
    }  # fmt: skip
    assert evaluate.fingerprint(hairs[1e-9]) == evaluate.fingerprint(first)
    assert evaluate.fingerprint(hairs[1e-5]) != evaluate.fingerprint(first)

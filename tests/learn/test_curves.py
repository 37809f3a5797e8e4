"""What a report draws, as numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.verdict import Label
from bot.learn import curves, dataset
from bot.learn.curves import learning_curve, precision_recall
from bot.learn.dataset import Example
from bot.learn.evaluate import judged
from bot.learn.model import LABELS, Triage
from tests.learn.hand_made import judgement

# (is it true, what was said)
SAID = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=40)


def test_precision_and_recall_are_told_from_the_strictest_threshold_to_the_laxest() -> None:
    found = precision_recall(judgement([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1]), Label.MISTAKE)
    assert found == [(0.0, 1.0), (0.5, 1.0), (0.5, 0.5), (1.0, pytest.approx(2 / 3)), (1.0, 0.5)]


@pytest.mark.parametrize("truth", [[1, 1], [0, 0]])
def test_where_all_or_none_are_true_there_is_nothing_to_draw(truth: list[int]) -> None:
    assert precision_recall(judgement(truth, [0.9, 0.1]), Label.MISTAKE) == []


@given(SAID)
def test_the_more_is_found_the_further_right_a_point_lies(said: list[tuple[bool, float]]) -> None:
    truth, chance = zip(*said, strict=True)
    points = precision_recall(judgement(truth, chance), Label.MISTAKE)
    assert bool(points) == (0 < sum(truth) < len(truth))
    recalls = [recall for recall, _precision in points]
    assert recalls == sorted(recalls)
    assert all(0 <= share <= 1 for point in points for share in point)


@pytest.mark.parametrize("size", [399, 500, 790, 1600])
def test_however_many_texts_there_are_a_line_has_at_most_400_points(size: int) -> None:
    chance = np.random.default_rng(1).random(size)
    points = precision_recall(judgement([n % 2 for n in range(size)], chance.tolist()), Label.MISTAKE)
    assert 200 <= len(points) <= 400


def test_a_part_of_the_stories_is_within_every_larger_part_and_stays_the_same() -> None:
    names = [f"story-{n}" for n in range(500)]
    parts = [{name for name in names if curves._early(name, share)} for share in (0.1, 0.4, 0.7, 1.0)]
    assert all(smaller < larger for smaller, larger in pairwise(parts))
    assert [len(part) for part in parts] == pytest.approx([50, 200, 350, 500], abs=25)
    assert parts[-1] == set(names)


def test_the_learning_curve_grows_by_whole_stories_up_to_all_examples(model: Triage, examples: list[Example]) -> None:
    training, held_out = dataset.split(examples)
    told: list[str] = []
    curve = learning_curve(training, judged(model, held_out), told.append)
    assert len(told) == 5
    for label in LABELS:
        sizes = [size for size, _found in curve[label]]
        assert sizes == sorted(set(sizes))
        assert sizes[-1] == len(training)
        assert all(0 < found <= 1 for _size, found in curve[label])
        assert curve[label][-1][1] > 0.5, "all of the examples teach something"

"""How far a score is chance: whole stories are drawn anew, and intervals are as wide as few stories deserve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from bot.domain.verdict import Label
from bot.learn import evaluate
from bot.learn.evaluate import average_precision, average_precisions, resampled, scored
from tests.learn.hand_made import judgement

# (is it true, what was said): no chance twice
SAID = st.lists(st.tuples(st.booleans(), st.integers(1, 999)), min_size=1, max_size=30, unique_by=lambda one: one[1])
STORIES = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30)


def arrays(said: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([true for true, _ in said]), np.array([chance / 1000 for _, chance in said])


@given(STORIES)
def test_each_draw_is_of_as_many_stories_as_there_are_and_takes_them_whole(stories: list[str]) -> None:
    weights = resampled(stories, 50)
    assert weights.shape == (50, len(stories))
    first = {story: stories.index(story) for story in stories}
    assert (weights[:, [first[story] for story in stories]] == weights).all(), "texts of one story come together"
    assert (weights[:, sorted(first.values())].sum(axis=1) == len(first)).all()


def test_the_same_stories_are_always_drawn_alike() -> None:
    stories = ["a", "b", "b", "c"]
    assert (resampled(stories) == resampled(stories)).all()
    assert len({tuple(row) for row in resampled(stories).tolist()}) > 5


def test_of_nothing_nothing_is_drawn() -> None:
    assert resampled([], 200).shape == (200, 0)


def test_very_large_sets_are_drawn_less_often_so_that_memory_suffices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "_MOST_CELLS", 4000)
    assert len(resampled(["a"] * 10, 1000)) == 400
    assert len(resampled(["a"] * 1000, 1000)) == 100


@given(SAID)
def test_average_precision_is_a_share_and_scikit_learn_s(said: list[tuple[bool, int]]) -> None:
    truth, chance = arrays(said)
    (ours,) = average_precisions(truth, chance, np.ones((1, len(said))))
    assert 0 <= ours <= 1 + 1e-12
    assert 0 <= average_precision(truth, chance) <= 1
    if truth.any():
        assert ours == pytest.approx(average_precision_score(truth, chance))
    if 0 < truth.sum() < len(truth):
        assert average_precision(truth, chance) == pytest.approx(ours, abs=5e-5)


@given(SAID, st.data())
def test_what_was_drawn_twice_counts_as_if_it_stood_there_twice(
    said: list[tuple[bool, int]], data: st.DataObject
) -> None:
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(said), max_size=len(said)))
    truth, chance = arrays(said)
    (weighted,) = average_precisions(truth, chance, np.array([times], dtype=float))
    again, said_again = np.repeat(truth, times), np.repeat(chance, times)
    expected = average_precision_score(again, said_again) if again.any() else 0.0
    assert weighted == pytest.approx(expected)


@pytest.mark.parametrize("truth", [[1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1]], ids=["true ones first", "true ones last"])
def test_where_a_model_tells_nothing_apart_the_order_of_the_file_does_not_help_it(truth: list[int]) -> None:
    (found,) = average_precisions(np.array(truth, dtype=bool), np.full(6, 0.5), np.ones((1, 6)))
    assert found == pytest.approx(1 / 3)


def test_an_interval_holds_what_was_found_and_narrows_as_stories_are_added() -> None:
    truth, chance = [1, 0, 1, 0, 1, 0], [0.9, 0.2, 0.4, 0.6, 0.8, 0.45]
    widths = []
    for copies in (1, 10, 100):
        told = scored(judgement(truth * copies, chance * copies)).scores[Label.MISTAKE]
        for low, found, high in (
            (told.average_precision_interval[0], told.average_precision, told.average_precision_interval[1]),
            (told.f1_interval[0], told.f1, told.f1_interval[1]),
        ):
            assert 0 <= low <= found <= high <= 1
        widths.append(told.f1_interval[1] - told.f1_interval[0])
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 3 * widths[2]


def test_many_texts_of_few_stories_are_little_evidence() -> None:
    truth, chance = [1, 0, 1, 0] * 25, [0.9, 0.2, 0.4, 0.6] * 25
    many = scored(judgement(truth, chance)).scores[Label.MISTAKE]
    few = scored(judgement(truth, chance, stories=[0, 1, 2, 3] * 25)).scores[Label.MISTAKE]
    one = scored(judgement(truth, chance, stories=[7] * 100)).scores[Label.MISTAKE]
    assert many.f1 == few.f1 == one.f1
    assert few.f1_interval[1] - few.f1_interval[0] > 2 * (many.f1_interval[1] - many.f1_interval[0])
    assert one.f1_interval == (one.f1, one.f1)

"""Learning: the same from the same, and never from too little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.verdict import Label
from bot.errors import ModelUnfit
from bot.learn import registry
from bot.learn.dataset import Example
from bot.learn.model import LABELS, Triage
from bot.learn.train import train


def test_training_twice_gives_the_same_bytes_and_tells_what_it_does(
    model: Triage, examples: list[Example], tmp_path: Path
) -> None:
    told: list[str] = []
    first = registry.save(model, tmp_path / "one", "m", {})
    second = registry.save(train(examples, told.append), tmp_path / "two", "m", {})
    assert first.sha256 == second.sha256
    assert len(told) >= 3
    assert str(len(examples)) in told[0]


@pytest.mark.parametrize("label", LABELS)
def test_from_too_few_examples_of_a_label_nothing_is_learnt(examples: list[Example], label: Label) -> None:
    few = [one for one in examples if label not in one.labels] + [one for one in examples if label in one.labels][:49]
    with pytest.raises(ModelUnfit, match=f"fewer than 50 examples with or without “{label.value}”"):
        train(few)


def test_from_complaints_alone_nothing_is_learnt(examples: list[Example]) -> None:
    with pytest.raises(ModelUnfit, match="“mistake”"):
        train([one for one in examples if Label.MISTAKE in one.labels])


def test_an_example_that_counts_more_moves_the_model(model: Triage, examples: list[Example]) -> None:
    text = "The kettle sings in the evening."
    taught = Example(text, frozenset({Label.MISTAKE}), 1, "correction-1", weight=30.0)
    before, lightly, heavily = (
        one.judge([text], 0.2)[0].mistake
        for one in (model, train([*examples, replace(taught, weight=1.0)]), train([*examples, taught]))
    )
    assert before < lightly < heavily


def test_the_share_of_each_label_is_that_of_the_examples(model: Triage, examples: list[Example]) -> None:
    for label in LABELS:
        share = sum(label in one.labels for one in examples) / len(examples)
        assert model.prevalence[label] == pytest.approx(share)

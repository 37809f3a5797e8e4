"""Learning: the same from the same, and never from too little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.verdict import Label
from bot.errors import ModelUnfit
from bot.learn import registry
from bot.learn.dataset import Example
from bot.learn.features import Asked
from bot.learn.model import LABELS, Triage
from bot.learn.train import folds_of, targets_of, train


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
    taught = Example(text, frozenset({Label.MISTAKE}), 1, "correction-1", examples[0].channel, weight=30.0)
    before, lightly, heavily = (
        one.judge([text], 0.2)[0].mistake
        for one in (model, train([*examples, replace(taught, weight=1.0)]), train([*examples, taught]))
    )
    assert before < lightly < heavily


def test_the_share_of_each_label_is_that_of_the_examples(model: Triage, examples: list[Example]) -> None:
    for label in LABELS:
        share = sum(label in one.labels for one in examples) / len(examples)
        assert model.prevalence[label] == pytest.approx(share)


# sets that people bring


def test_where_all_mistakes_are_equally_severe_the_model_says_so(examples: list[Example]) -> None:
    alike = train([replace(one, severity=2 if one.labels else 0) for one in examples])
    assert {verdict.severity for verdict in alike.judge([one.text for one in examples[:30]], 0.9)} <= {0, 2}


def test_corrections_say_nothing_of_severity_and_a_model_of_them_can_be_made_all_the_same(
    examples: list[Example],
) -> None:
    """People corrected all of it: labels are known, how severe each was is not."""
    corrected = train([replace(one, source="corrections", severity=int(bool(one.labels))) for one in examples])
    assert {verdict.severity for verdict in corrected.judge([one.text for one in examples[:30]], 0.9)} <= {0, 1, 2, 3}


def in_few_stories(examples: list[Example], stories: int) -> list[Example]:
    return [replace(one, channel="", scenario=f"story-{number % stories}") for number, one in enumerate(examples)]


def ignored_in_one_place(examples: list[Example], place: str) -> list[Example]:
    """All ignored requests came by one channel, or tell one story; the rest is mixed."""
    others = ("email", "chat", "form", "post")
    mixed = [replace(one, channel=others[number % 4], scenario=f"s{number}") for number, one in enumerate(examples)]
    if place == "story":
        mixed = [replace(one, channel="email") for one in mixed]
    return [
        replace(one, channel="review", scenario="one" if place == "story" else one.scenario)
        if Label.IGNORED in one.labels
        else one
        for one in mixed
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda examples: in_few_stories(examples, 1),
        lambda examples: in_few_stories(examples, 3),
        lambda examples: ignored_in_one_place(examples, "channel"),
        lambda examples: ignored_in_one_place(examples, "story"),
    ],
    ids=["one story", "three stories", "a label in one channel", "a label in one story"],
)
def test_from_any_set_a_model_is_made_or_it_is_said_why_not(
    examples: list[Example], make: Callable[[list[Example]], list[Example]]
) -> None:
    """Folds of the calibration are whole channels or stories; where that cannot be, a sentence says so."""
    made = model_or_reason(make(examples))
    if isinstance(made, str):
        assert made.endswith(".")
    else:
        bad, good = made.judge(["You charged me twice and nobody answers.", "Thank you, lovely!"], 0.3)
        assert 0 <= good.mistake < bad.mistake <= 1


def model_or_reason(examples: list[Example]) -> Triage | str:
    try:
        return train(examples)
    except ModelUnfit as problem:
        return problem.what


def apart(examples: list[Example], field: str) -> bool:
    """Whether what is left out of a fold is never of a channel, or scenario, that is in it."""
    names = [getattr(one, field) for one in examples]
    folds = folds_of(examples, targets_of(examples))
    return all(not {names[at] for at in seen} & {names[at] for at in unseen} for seen, unseen in folds)


def in_channels(examples: list[Example], *channels: str) -> list[Example]:
    return [replace(one, channel=channels[number % len(channels)]) for number, one in enumerate(examples)]


def test_the_calibration_leaves_out_whole_channels_where_there_are_enough_of_them(examples: list[Example]) -> None:
    assert apart(in_channels(examples, "email", "chat", "post"), "channel")
    assert apart(in_channels(examples, "email", "chat", "post", "form", "review", "forum"), "channel")


@pytest.mark.parametrize(
    "make",
    [
        lambda examples: in_channels(examples, "email", "chat"),
        lambda examples: in_channels(examples, *["email"] * 8, "chat", "post"),
        lambda examples: ignored_in_one_place(examples, "channel"),
    ],
    ids=["two channels", "nearly all in one", "a label in one of them"],
)
def test_where_channels_would_not_do_it_leaves_out_whole_stories(
    examples: list[Example], make: Callable[[list[Example]], list[Example]]
) -> None:
    told = [replace(one, scenario=f"s{number // 3}") for number, one in enumerate(make(examples))]
    assert apart(told, "scenario")
    assert not apart(told, "channel")


def test_every_example_is_left_out_once(examples: list[Example]) -> None:
    for told in (examples, in_channels(examples, "email", "chat", "post", "form")):
        left_out = [at for _seen, unseen in folds_of(told, targets_of(told)) for at in unseen.tolist()]
        assert sorted(left_out) == list(range(len(examples)))


def test_two_levels_of_severity_are_told_apart_as_well_as_three(examples: list[Example]) -> None:
    told = train([replace(one, severity=min(2, one.severity)) for one in examples])
    texts = [one.text for one in examples]
    everything = replace(told, thresholds=dict.fromkeys(LABELS, 0.0)).judge(texts, 0.5)
    assert {verdict.severity for verdict in everything} == {1, 2}
    right = sum(v.severity == min(2, one.severity) for v, one in zip(everything, examples, strict=True) if one.labels)
    assert right > 0.8 * sum(bool(one.labels) for one in examples)


def test_more_is_learnt_from_what_went_before(examples: list[Example]) -> None:
    """The same words chase or begin: only what is known of the thread can tell."""
    waiting = [
        replace(
            one, text="Any news?", unanswered=2 * (Label.IGNORED in one.labels), waiting_hours=50.0 * bool(one.labels)
        )
        for one in examples
    ]
    chased, fresh = train(waiting).judge([Asked("Any news?", 2, 50.0), "Any news?"], 0.5)
    assert chased.ignored > 0.9 > 0.1 > fresh.ignored

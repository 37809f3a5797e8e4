"""The gate between challenger and champion: it refuses the worse, and chance alone opens or closes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.verdict import Label
from bot.learn.dataset import Example
from bot.learn.evaluate import Judged
from bot.learn.gate import MARGIN, compare, gate
from tests.learn.hand_made import IGNORED, MISTAKE, NOTHING, HandMade, answers, judgement

MANY = 240


def asked(size: int = MANY, stories: int = MANY) -> list[Example]:
    """Every second one a mistake, every fourth an ignored one too; mail and chat by turns of four."""
    return [
        Example(f"text {n}", MISTAKE | IGNORED if n % 4 == 0 else MISTAKE if n % 2 == 0 else NOTHING, int(n % 2 == 0),
                f"s{n % stories}", "email" if n // 4 % 2 == 0 else "chat")
        for n in range(size)
    ]  # fmt: skip


def skilled(examples: Sequence[Example], mistake: float, ignored: float | None = None, seed: int = 1) -> Judged:
    """What a model says that sees the truth through noise: 1 is all, 0 is nothing."""
    noise = np.random.default_rng(seed)
    chances = []
    for label, skill in ((Label.MISTAKE, mistake), (Label.IGNORED, mistake if ignored is None else ignored)):
        truth = np.array([label in one.labels for one in examples])
        chances.append((skill * truth + (1 - skill) * noise.random(len(examples))).tolist())
    return answers(HandMade(*chances), examples)


CHAMPION = skilled(asked(), 0.4)


@pytest.mark.parametrize(
    ("mistake", "ignored", "passes"),
    [(0.45, 0.45, True), (0.6, 0.6, True), (0.3, 0.3, False), (0.1, 0.6, False), (0.6, 0.1, False), (0, 0, False)],
)
def test_a_challenger_passes_unless_it_is_worse_at_a_label(mistake: float, ignored: float, passes: bool) -> None:
    assert gate(CHAMPION, skilled(asked(), mistake, ignored)).passed is passes


def test_a_challenger_that_says_the_same_passes_for_it_is_not_worse() -> None:
    found = gate(CHAMPION, skilled(asked(), 0.4))
    assert found.passed
    assert {(one.lowest, one.won, one.lost, one.p_value) for one in found.comparisons} == {(0.0, 0, 0, 1.0)}


def test_one_that_may_be_as_good_is_refused_while_it_may_as_well_be_worse() -> None:
    few = asked(24, 24)
    champion, challenger = skilled(few, 0.4, seed=1), skilled(few, 0.4, seed=7)
    found = compare("all", Label.MISTAKE, champion, challenger)
    assert found.lowest < -MARGIN < found.challenger - found.champion
    assert not gate(champion, challenger).passed


SAID = st.lists(
    st.tuples(st.booleans(), st.floats(0, 1), st.integers(0, 5)), min_size=2, max_size=25
)  # (is it true, what was said, which story)


@given(SAID)
def test_no_model_is_worse_than_itself(said: list[tuple[bool, float, int]]) -> None:
    truth, chance, stories = zip(*said, strict=True)
    itself = judgement(truth, chance, stories)
    assert all(one.lowest == 0.0 for one in gate(itself, itself).comparisons)
    assert gate(itself, itself).passed


@given(SAID, st.data())
def test_the_worst_that_may_be_is_no_better_than_to_lose_everything(
    said: list[tuple[bool, float, int]], data: st.DataObject
) -> None:
    truth, chance, stories = zip(*said, strict=True)
    other = data.draw(st.lists(st.floats(0, 1), min_size=len(said), max_size=len(said)))
    found = compare("all", Label.MISTAKE, judgement(truth, chance, stories), judgement(truth, other, stories))
    assert -1 <= found.lowest <= 1
    assert 0 <= found.champion <= 1
    assert 0 <= found.p_value <= 1
    assert found.won + found.lost <= found.size == len(said)


def test_texts_of_one_story_are_no_independent_evidence() -> None:
    """A challenger that is better but for twenty texts: if they tell one story, that story may come again."""
    lowest = []
    for story in (None, "the same"):
        examples = [replace(one, scenario=story or one.scenario) if n < 20 else one for n, one in enumerate(asked())]
        challenger = skilled(examples, 0.5)
        for label in Label:
            challenger.chance[label][:20] = 1 - challenger.chance[label][:20]
        found = compare("all", Label.MISTAKE, skilled(examples, 0.3), challenger)
        assert found.challenger > found.champion
        lowest.append(found.lowest)
    assert lowest[1] < lowest[0] - MARGIN


def test_won_and_lost_are_counted_and_mcnemar_s_test_is_exact() -> None:
    truth = [1] * 9 + [0]
    champion = judgement(truth, [0.9] * 1 + [0.1] * 7 + [0.9, 0.1])
    challenger = judgement(truth, [0.1] * 1 + [0.9] * 7 + [0.9, 0.1])
    found = compare("all", Label.MISTAKE, champion, challenger)
    assert (found.won, found.lost) == (7, 1)
    assert found.p_value == pytest.approx(2 * (1 + 8) / 2**8, abs=5e-5)


def test_a_loss_within_the_margin_holds_and_one_beyond_it_does_not() -> None:
    found = compare("all", Label.MISTAKE, CHAMPION, CHAMPION)
    assert replace(found, lowest=-MARGIN).holds
    assert not replace(found, lowest=-MARGIN - 0.0001).holds


def test_where_a_label_is_nowhere_nothing_can_be_lost() -> None:
    examples = [replace(one, labels=one.labels & MISTAKE) for one in asked()]
    assert gate(skilled(examples, 0.4), skilled(examples, 0.5, 0.0)).passed


def test_a_model_that_tells_nothing_apart_is_refused_however_the_file_is_sorted() -> None:
    for first in (True, False):
        examples = sorted(asked(), key=lambda one: (bool(one.labels) is not first, Label.IGNORED not in one.labels))
        dumb = answers(HandMade([0.5] * MANY, [0.5] * MANY), examples)
        assert not gate(skilled(examples, 0.6), dumb).passed


# the parts


def test_the_whole_set_comes_first_and_then_every_channel() -> None:
    found = gate(CHAMPION, CHAMPION).comparisons
    assert [(one.name, one.label.value, one.size) for one in found] == [
        (name, label, size)
        for name, size in (("all", MANY), ("email", MANY // 2), ("chat", MANY // 2))
        for label in ("mistake", "ignored")
    ]


def test_a_channel_by_itself_refuses_nobody() -> None:
    """Small parts lose by chance; they are there to be read."""
    examples = [replace(one, channel="chat" if n < 8 else "email") for n, one in enumerate(asked())]
    better = skilled(examples, 0.8)
    for label in Label:
        better.chance[label][:8] = np.where(better.truth[label][:8], 0.1, 0.45)
    found = gate(skilled(examples, 0.3), better)
    assert found.passed
    assert [one.holds for one in found.comparisons if one.name == "chat"] == [False, False]


def test_comparisons_are_of_json() -> None:
    (first, *_) = json.loads(json.dumps([one.as_json() for one in gate(CHAMPION, CHAMPION).comparisons]))
    assert (first["name"], first["label"], first["size"], first["lowest"]) == ("all", "mistake", MANY, 0.0)
    assert set(first) == {"name", "label", "size", "champion", "challenger", "lowest", "won", "lost", "p_value"}


# what is said


def test_the_gate_says_of_each_label_what_it_compared() -> None:
    refused = gate(CHAMPION, skilled(asked(), 0.1, 0.6))
    mistake, ignored = refused.reasons
    first, second = refused.comparisons[:2]
    assert mistake == (
        f"mistake: average precision {first.challenger:.3f}, champion {first.champion:.3f}; the difference is "
        f"{first.challenger - first.champion:+.3f}, at worst {first.lowest:+.3f}, "
        "which is more than the margin of 0.02 allows"
    )
    assert ignored.endswith(f"at worst {second.lowest:+.3f}")


# without a champion


@pytest.mark.parametrize(
    ("mistake", "ignored", "passes"), [(0.45, 0.45, True), (0.0, 0.6, False), (0.6, 0.0, False), (0.0, 0.0, False)]
)
def test_without_a_champion_a_challenger_must_be_good_enough(mistake: float, ignored: float, passes: bool) -> None:
    found = gate(None, skilled(asked(), mistake, ignored))
    assert (found.passed, found.comparisons) == (passes, ())
    for reason, label, wanted in zip(found.reasons, ("mistake", "ignored"), ("0.70", "0.40"), strict=True):
        assert re.match(rf"{label}: average precision [01]\.\d{{3}}, at least {wanted} wanted, ", reason)
        assert reason.endswith("for there is no champion to compare with")


def test_a_champion_that_was_worse_than_the_floor_may_be_replaced_by_a_better_one() -> None:
    champion, better = skilled(asked(), 0.0), skilled(asked(), 0.15)
    assert not gate(None, better).passed
    assert gate(champion, better).passed

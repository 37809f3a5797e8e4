"""Why a model said what it said: every contribution is exact, and letters are told as the words that hold them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bot.domain.verdict import Clue, Label
from bot.learn import explain
from bot.learn.features import Asked
from bot.learn.model import Triage, logit
from tests.learn.hostile import HOSTILE

ALL = 10**9
TEXTS: list[str | Asked] = [
    "You charged me twice and nobody has answered my three mails.", "Thank you, the kettle is lovely!", "",
    "How do I descale the kettle?", "The engineer promised to call back. That was two weeks ago. Two weeks!",
    Asked("Any news?", unanswered=3, waiting_hours=200.0), "Undelivereddd parzel, unansweredly unansweredly!",
]  # fmt: skip


def told(model: Triage, texts: list[str | Asked], most: int = ALL) -> list[tuple[Clue, ...]]:
    readings = model.features[0].transform(texts)
    rows = model.features[1].transform(readings)
    return explain.Explainer(model.features, model.lines).clues(readings, rows, most)


def spoken(model: Triage, text: str | Asked, label: Label) -> dict[str, float]:
    """What each clue of a text weighs; one name may be told by a word and by a signal."""
    weights: dict[str, float] = {}
    for clue in told(model, [text])[0]:
        if clue.label is label:
            weights[clue.text] = weights.get(clue.text, 0.0) + clue.weight
    return weights


def named(model: Triage) -> list[tuple[str, str]]:
    """(kind, piece) of every feature."""
    names = (str(name).partition("__") for name in model.features[-1].get_feature_names_out())
    return [(kind, piece) for kind, _, piece in names]


@pytest.mark.parametrize("label", Label)
def test_all_contributions_added_up_are_the_calibrated_log_odds(model: Triage, label: Label) -> None:
    texts = [*TEXTS, *(text[:2500] for text in HOSTILE.values())]
    chances, rows = model.probabilities(texts, 0.2)
    line = model.lines[label]
    fixed = line.slope * line.bias + line.shift + model.offset(label, 0.2)
    for index, clues in enumerate(told(model, texts)):
        parts = [clue.weight for clue in clues if clue.label is label]
        # a clue is told to three places, and one of less than half a thousandth is not told
        leeway = 0.0005 * (rows[[index]].nnz + len(parts) + 1)
        assert sum(parts) + fixed == pytest.approx(logit(chances[label][index]), abs=leeway)


def test_the_strongest_of_all_are_those_that_are_told(model: Triage) -> None:
    for everything, few in zip(told(model, TEXTS), told(model, TEXTS, most=3), strict=True):
        for label in Label:
            all_weights = [abs(clue.weight) for clue in everything if clue.label is label]
            assert [abs(clue.weight) for clue in few if clue.label is label] == all_weights[:3]
            assert all_weights == sorted(all_weights, reverse=True)


# letters


def test_no_clue_is_a_run_of_letters(model: Triage) -> None:
    texts = [text for text in TEXTS if isinstance(text, str)]
    for text, clues in zip(texts, told(model, list(texts)), strict=True):
        bare = [clue.text for clue in clues if ":" not in clue.text and " " not in clue.text.strip()]
        words = {
            *model.features[0].transform([text])[0].words,
            *(piece for kind, piece in named(model) if kind == "signals"),
        }
        assert {said for said in bare if said not in words} == set()
        assert all(clue.text == clue.text.strip() for clue in clues)


def test_a_word_that_was_never_learnt_speaks_through_its_letters(model: Triage) -> None:
    rows = model.features[1].transform(model.features[0].transform(["unansweredly"]))
    kinds = [named(model)[column][0] for column in rows.indices]
    assert kinds.count("letters") > 3
    assert "words" not in kinds
    weights = spoken(model, "unansweredly", Label.IGNORED)
    assert weights["unansweredly"] == pytest.approx(letters_alone(model, rows, Label.IGNORED), abs=0.001)


def letters_alone(model: Triage, rows: Any, label: Label) -> float:
    """What the letters of one text move, all together."""
    line = model.lines[label]
    parts = line.slope * line.weights[rows.indices] * rows.data
    return float(
        sum(part for part, column in zip(parts, rows.indices, strict=True) if named(model)[column][0] == "letters")
    )


def test_the_letters_of_a_known_word_are_added_to_what_the_word_weighs(model: Triage) -> None:
    known = model.features[1].transformer_list[0][1].singles_
    assert "nobody" in known
    rows = model.features[1].transform(model.features[0].transform(["nobody"]))
    line = model.lines[Label.IGNORED]
    parts = dict(zip(rows.indices.tolist(), line.slope * line.weights[rows.indices] * rows.data, strict=True))
    word = next(part for column, part in parts.items() if named(model)[column] == ("words", "nobody"))
    letters = letters_alone(model, rows, Label.IGNORED)
    assert abs(letters) > 0.001
    assert spoken(model, "nobody", Label.IGNORED)["nobody"] == pytest.approx(word + letters, abs=0.001)


def test_a_run_that_stands_in_several_words_is_shared_out_and_none_of_it_is_lost(model: Triage) -> None:
    """Strange words only, so that every contribution of letters is told under one of them."""
    text = "zanswering zanswering answeringz"
    rows = model.features[1].transform(model.features[0].transform([text]))
    weights = spoken(model, text, Label.IGNORED)
    told_of_words = weights.get("zanswering", 0.0) + weights.get("answeringz", 0.0)
    assert told_of_words == pytest.approx(letters_alone(model, rows, Label.IGNORED), abs=0.002)
    assert {"zanswering", "answeringz"} <= set(weights)


# how clues are told


def test_a_number_is_told_as_it_was_typed(model: Triage) -> None:
    weights = spoken(model, "I have written 17 times since 3 March, order 4711-3", Label.MISTAKE)
    assert "0" not in weights
    assert any("17" in said for said in weights)


def test_what_was_known_of_the_thread_is_a_clue_of_its_own(model: Triage) -> None:
    """Nothing in the training set waits, so these two weigh here what nobody taught."""
    line = model.lines[Label.IGNORED]
    known = ("unanswered before", "hours waiting")
    weights = np.where([piece in known for _kind, piece in named(model)], 2.0, line.weights)
    heeding = replace(model, lines=model.lines | {Label.IGNORED: replace(line, weights=weights)})
    waiting = spoken(heeding, Asked("Any news?", 4, 14 * 24.0), Label.IGNORED)
    assert [waiting[name] for name in known] == [pytest.approx(2.0 * line.slope, abs=0.001)] * 2
    assert not {*known} & set(spoken(heeding, "Any news?", Label.IGNORED))


def test_a_concept_is_told_with_the_words_that_stand_for_it(model: Triage) -> None:
    text = "You charged me twice and nobody has answered my three mails."
    concepts = {piece for kind, piece in named(model) if kind == "concepts"}
    assert concepts
    quoted = [said for said in spoken(model, text, Label.IGNORED) if "“" in said]
    assert quoted
    for said in quoted:
        words = said.partition("“")[2].removesuffix("”")
        assert words
        assert words in text.lower()


def test_a_text_without_anything_has_no_clues_and_hostile_ones_have_finite_ones(model: Triage) -> None:
    assert told(model, [""]) == [()]
    for clues in told(model, [text[:2500] for text in HOSTILE.values()], most=6):
        assert len(clues) <= 12
        assert all(np.isfinite(clue.weight) and clue.weight for clue in clues)


def test_clues_do_not_depend_on_the_texts_beside_them(model: Triage) -> None:
    together = told(model, TEXTS, most=6)
    assert together == [told(model, [text], most=6)[0] for text in TEXTS]

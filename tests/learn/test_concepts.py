"""Concepts as features: one by one, in pairs that stand close together, and told in the writer's words."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learn import concepts as concepts_module
from bot.learn import lexicon
from bot.learn.concepts import MARK, Concepts, concepts, quote
from bot.learn.features import Reader, Reading
from tests.learn.hostile import HOSTILE

COMPLAINT = "The parcel never arrived and nobody has answered my three mails about the refund."


def reading(text: str) -> Reading:
    (one,) = Reader().transform([text])
    return one


def test_every_concept_of_a_text_is_a_feature() -> None:
    read = reading(COMPLAINT)
    alone = [name for name in concepts(read) if " " not in name]
    assert alone == [MARK + one.concept for one in lexicon.find(read.words)]
    assert len(alone) >= 4


def test_two_concepts_that_begin_within_five_words_are_a_pair_in_their_order() -> None:
    read = reading(COMPLAINT)
    found = lexicon.find(read.words)
    near = [
        f"{MARK}{one.concept} {other.concept}"
        for one in found
        for other in found
        if 0 < other.start - one.start <= 5 and one.concept != other.concept
    ]
    assert near
    assert sorted(name for name in concepts(read) if " " in name) == sorted(near)


def test_concepts_that_stand_far_apart_are_no_pair() -> None:
    near, far = reading("the parcel never arrived"), reading("the parcel " + "? " * 6 + "never arrived")
    first = lexicon.find(near.words)[0].concept
    assert [name for name in concepts(near) if name.startswith(f"{MARK}{first} ")]
    assert not [name for name in concepts(far) if name.startswith(f"{MARK}{first} ")]


@given(st.text(max_size=200))
def test_whatever_is_a_feature_of_a_text_is_quoted_from_it(text: str) -> None:
    read = reading(text)
    for name in concepts(read):
        said = quote(read.words, name)
        assert said
        assert said in " ".join(read.words)


def test_concepts_and_pairs_of_real_words_are_quoted_as_they_stand() -> None:
    read = reading(COMPLAINT)
    for name in concepts(read):
        assert f" {quote(read.words, name)} " in f" {' '.join(read.words)} "


@pytest.mark.parametrize("name", ["#no_such_concept", "#no_such concept", "no mark", "#"])
def test_what_is_not_in_a_text_quotes_nothing(name: str) -> None:
    assert quote(reading(COMPLAINT).words, name) == ""
    assert quote([], name) == ""


# as a transformer


def test_of_the_concepts_those_that_are_frequent_enough_are_kept() -> None:
    readings = Reader().transform([COMPLAINT, COMPLAINT, "the parcel is lovely"])
    often = set(Concepts(rarest=2).fit(readings).get_feature_names_out())
    assert often == set(concepts(readings[0]))
    assert set(Concepts(rarest=1).fit(readings).get_feature_names_out()) > often
    assert len(Concepts(most=3, rarest=1).fit(readings).get_feature_names_out()) == 3


def test_a_row_holds_what_is_in_the_text_and_known_and_nothing_else() -> None:
    fitted = Concepts(rarest=1).fit(Reader().transform([COMPLAINT, "the parcel is lovely"]))
    names = fitted.get_feature_names_out()
    rows = fitted.transform(Reader().transform([COMPLAINT, "qqq", "", "a lovely kettle that never leaks"]))
    assert rows.shape == (4, len(names))
    told = [{str(names[column]) for column in rows[[row]].indices} for row in range(4)]
    assert told[0] == set(concepts(reading(COMPLAINT)))
    assert told[1] == told[2] == set()
    assert told[3] == set(concepts(reading("a lovely kettle that never leaks"))) & set(names)


WORDS = f"{COMPLAINT} the parcel is lovely ? my money back still not here at all it was promised twice kettle".split()


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=25), min_size=1, max_size=4))
def test_a_row_counts_each_concept_and_pair_of_its_own_text(texts: list[list[str]]) -> None:
    readings = Reader().transform([" ".join(words) for words in texts])
    wanted = [Counter(concepts(one)) for one in readings]
    names = sorted({*chain.from_iterable(wanted)})[::2]
    table = concepts_module._Table({name: column for column, name in enumerate(names)})
    counts = concepts_module._Found(readings, table).counted().toarray()
    assert counts.tolist() == [[one[name] for name in names] for one in wanted]


def test_a_lone_concept_does_not_speak_as_loud_as_a_whole_story() -> None:
    story = reading(COMPLAINT)
    fitted = Concepts(rarest=1).fit([story, *Reader().transform(["the parcel is lovely", "it never came"])])
    lone, whole, twice = (
        float(np.linalg.norm(fitted.transform(Reader().transform([text])).toarray()))
        for text in ("parcel", COMPLAINT, f"{COMPLAINT} {COMPLAINT}")
    )
    assert 0 < lone < whole
    assert twice < 1.5 * whole, "of two long texts neither shouts the other down"


def test_a_row_does_not_depend_on_the_texts_beside_it() -> None:
    texts = [COMPLAINT, *(text[:2000] for text in HOSTILE.values())]
    fitted = Concepts(rarest=1).fit(Reader().transform([COMPLAINT, "the parcel is lovely"]))
    together = fitted.transform(Reader().transform(texts))
    assert np.isfinite(together.data).all()
    for row, text in enumerate(texts):
        assert abs(together[[row]] - fitted.transform(Reader().transform([text]))).max() < 1e-12

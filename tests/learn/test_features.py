"""Words, letters and signals as numbers: the same numbers as scikit-learn's own, and a row for every text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from bot.learn import features
from bot.learn.features import LONGEST, Letters, Reader, Signals, Words, ones_and_twos, tokens
from bot.learn.model import Triage
from tests.learn.hostile import HOSTILE

TEXTS = [
    "You charged me twice. Twice!", "I wasn't charged, was I?", "charged charged charged me twice", "",
    "Where is my order 4711? I've written 3 mails.", "My order is where? Übel, die Tür klemmt.", "aa aaa aaaa", "I",
]  # fmt: skip


def named(rows: Any, names: Any) -> dict[tuple[int, str], float]:
    """What is not zero, by row and name."""
    cells = rows.tocoo()
    return {
        (int(row), str(names[column])): float(value)
        for row, column, value in zip(cells.row, cells.col, cells.data, strict=True)
        if value
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t  STOP me, it's OK", ["don't", "stop", "me", "it's", "ok"]),
        ("Why?! No!", ["why", "?", "!", "no", "!"]),
        ("Order 4711-3 of 12.05.2026, 3,50", ["order", "0", "of", "0", "0"]),
        ("see https://x.example/a?b=1 or www.x.example", ["see", "weblink", "or", "weblink"]),
        ("to mo+kettle@mail.example.com, cc @acme_help", ["to", "mailaddress", "cc", "atname"]),
        ("snake_case Größe 茶", ["snake", "case", "größe", "茶"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words_and_marks(text: str, words: list[str]) -> None:
    assert tokens(text) == words


MIXED = st.text(
    st.one_of(st.sampled_from("aBß0?!'’_ \n.,:;-()/@#éÉтİ☀😀\u0301\ud83d"), st.characters(codec=None)), max_size=60
)


@given(MIXED)
def test_words_are_found_quickly_as_one_pattern_finds_them(text: str) -> None:
    short = features._SMILEY.sub(" ", text.lower())
    assume(not features._SMILEY.search(short))
    assert features._without_smileys(short) == features._TOKEN.findall(short)


@given(MIXED)
def test_smileys_are_words_of_their_own(text: str) -> None:
    assert [":)", *tokens(text), ";-/"] == tokens(f":) {text} ;-/")


def test_a_pair_is_two_neighbours() -> None:
    (reading,) = Reader().transform(["you charged me"])
    assert ones_and_twos(reading) == ["you", "charged", "me", "you charged", "charged me"]


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    (reading,) = Reader().transform(["a " * LONGEST + "never"])
    assert (len(reading.text), set(reading.words)) == (LONGEST, {"a"})


@pytest.mark.parametrize("rarest", [1, 2, 3])
def test_letters_are_what_a_char_wb_vectorizer_counts(rarest: int) -> None:
    readings = Reader().transform(TEXTS)
    ours = Letters(rarest=rarest).fit(readings)
    theirs = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), lowercase=False, sublinear_tf=True, min_df=rarest
    )  # fmt: skip
    joined = [" ".join(reading.words) for reading in readings]
    wanted = named(theirs.fit_transform(joined), theirs.get_feature_names_out())
    assert len(wanted) > 20
    assert named(ours.transform(readings), ours.get_feature_names_out()) == pytest.approx(wanted)
    unseen = Reader().transform(["charged elsewhere", "qqq"])
    wanted = named(theirs.transform([" ".join(r.words) for r in unseen]), theirs.get_feature_names_out())
    assert named(ours.transform(unseen), ours.get_feature_names_out()) == pytest.approx(wanted)


def test_of_the_runs_of_letters_the_most_frequent_are_kept() -> None:
    readings = Reader().transform(["abc abd", "abc abd", "abc xyz"])
    kept = Letters(most=3, shortest=2, longest=2, rarest=1).fit(readings).get_feature_names_out()
    assert set(kept) == {" a", "ab", "bc"}


@pytest.mark.parametrize("rarest", [1, 2])
def test_words_and_pairs_are_what_a_count_vectorizer_counts(rarest: int) -> None:
    readings = Reader().transform(TEXTS)
    ours = Words(rarest=rarest).fit(readings)
    counter = CountVectorizer(analyzer=ones_and_twos, min_df=rarest)
    weigher = TfidfTransformer(sublinear_tf=True)
    wanted = named(weigher.fit_transform(counter.fit_transform(readings)), counter.get_feature_names_out())
    assert len(wanted) > 10
    assert named(ours.transform(readings), ours.get_feature_names_out()) == pytest.approx(wanted)
    unseen = Reader().transform(["me twice charged twice", "qqq"])
    wanted = named(weigher.transform(counter.transform(unseen)), counter.get_feature_names_out())
    assert named(ours.transform(unseen), ours.get_feature_names_out()) == pytest.approx(wanted)


def test_signals_stand_under_their_names() -> None:
    found = named(Signals().transform(Reader().transform(["Refund?", ""])), Signals().get_feature_names_out())
    assert {name for row, name in found if row == 0} == {"refund", "question mark", "long"}
    assert not [name for row, name in found if row == 1]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_text_has_a_row(model: Triage, text: str) -> None:
    rows = model.features.transform([text])
    assert rows.shape == (1, len(model.features[-1].get_feature_names_out()))
    assert np.isfinite(rows.data).all()


def test_rows_do_not_depend_on_the_texts_beside_them(model: Triage) -> None:
    together = model.features.transform(TEXTS)
    for index, text in enumerate(TEXTS):
        alone = model.features.transform([text])
        assert abs(together[[index]] - alone).max() < 1e-12


def test_no_texts_are_no_rows_and_no_error(model: Triage) -> None:
    assert model.judge([], 0.2) == []

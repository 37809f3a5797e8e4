"""What the classifier sees of a text: its words (one and two), the letters inside its words, and named signals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from bot.learn import signals

# What is judged of a message, in characters: the failure stands early, and hostile mail has no end.
LONGEST = 3000
_MOST_WORDS = 40_000
_MOST_LETTERS = 20_000
# Words whose letters are remembered, some 10 MB of them.
_REMEMBERED = 50_000

_LINK = re.compile(r"https?://\S+|www\.\S+")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+")
_HANDLE = re.compile(r"(?<!\w)@\w+")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[?!]")


def tokens(text: str) -> list[str]:
    """The words of a text in lower case, and its question and exclamation marks.

    Links, addresses, handles and numbers become one word each, so that none of them is learnt by heart.
    """
    short = text.lower().replace("’", "'")
    if "@" in short or "http" in short or "www." in short:
        short = _HANDLE.sub(" atname ", _MAIL.sub(" mailaddress ", _LINK.sub(" weblink ", short)))
    return _TOKEN.findall(_NUMBER.sub(" 0 ", short))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text and its words, so that they are found only once."""

    text: str
    words: list[str]


class Reader(BaseEstimator, TransformerMixin):  # type: ignore[misc]  # scikit-learn ships no types
    """Texts to Readings."""

    def fit(self, _texts: Sequence[str], _labels: Any = None) -> Reader:
        """Nothing to learn."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Always."""
        return True

    def transform(self, texts: Sequence[str]) -> list[Reading]:
        """One a text, cut at LONGEST characters."""
        return [Reading(text[:LONGEST], tokens(text[:LONGEST])) for text in texts]


def ones_and_twos(reading: Reading) -> list[str]:
    """The words and the pairs of neighbours."""
    words = reading.words
    return words + [f"{a} {b}" for a, b in pairwise(words)]


class Words(BaseEstimator, TransformerMixin):  # type: ignore[misc]
    """Words and pairs of neighbours, weighted by TF-IDF: a CountVectorizer that spells no pair it does not know."""

    def __init__(self, most: int = _MOST_WORDS, rarest: int = 2) -> None:
        """`most` words and pairs are kept, those in fewer than `rarest` texts are not."""
        self.most, self.rarest = most, rarest

    def fit(self, readings: Sequence[Reading], _labels: Any = None) -> Words:
        """Choose them and learn how rare they are."""
        counter = CountVectorizer(analyzer=ones_and_twos, min_df=self.rarest, max_features=self.most)
        counts = counter.fit_transform(readings)
        self.names_ = counter.get_feature_names_out()
        self.singles_: dict[str, int] = {}
        self.pairs_: dict[str, dict[str, int]] = {}
        for column, name in enumerate(self.names_):
            first, _, second = name.partition(" ")
            if second:
                self.pairs_.setdefault(first, {})[second] = column
            else:
                self.singles_[first] = column
        self.weigher_ = TfidfTransformer(sublinear_tf=True).fit(counts)
        return self

    def transform(self, readings: Sequence[Reading]) -> Any:
        """Shape (texts, words and pairs)."""
        columns: list[int] = []
        ends = [0]
        for reading in readings:
            columns += self._columns(reading.words)
            ends.append(len(columns))
        return self.weigher_.transform(_counts(columns, ends, len(self.names_)))

    def _columns(self, words: list[str]) -> list[int]:
        singles, pairs = self.singles_, self.pairs_
        found = [singles[word] for word in words if word in singles]
        for first, second in pairwise(words):
            following = pairs.get(first)
            if following is not None and second in following:
                found.append(following[second])
        return found

    def get_feature_names_out(self, _names: Any = None) -> Any:
        """The words and pairs."""
        return self.names_


class Signals(BaseEstimator, TransformerMixin):  # type: ignore[misc]
    """The named signals, a sparse row a text."""

    def fit(self, _readings: Sequence[Reading], _labels: Any = None) -> Signals:
        """Nothing to learn."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Always."""
        return True

    def transform(self, readings: Sequence[Reading]) -> Any:
        """Shape (texts, signals)."""
        positions: list[int] = []
        values: list[float] = []
        ends = [0]
        for reading in readings:
            at, value = signals.row(reading.text, reading.words)
            positions += at
            values += value
            ends.append(len(positions))
        return sparse.csr_matrix((values, positions, ends), shape=(len(readings), len(signals.NAMES)), dtype=np.float64)

    def get_feature_names_out(self, _names: Any = None) -> Any:
        """The signals' names."""
        return np.array(signals.NAMES, dtype=object)


class Letters(BaseEstimator, TransformerMixin):  # type: ignore[misc]
    """Runs of three and four letters inside words, weighted by TF-IDF.

    The same as a `char_wb` vectorizer, but each different word of a batch is cut up once: a product of
    (texts x words) and (words x runs) gives the counts.
    """

    def __init__(self, most: int = _MOST_LETTERS, shortest: int = 3, longest: int = 4, rarest: int = 3) -> None:
        """`most` runs are kept, those in fewer than `rarest` texts are not."""
        self.most, self.shortest, self.longest, self.rarest = most, shortest, longest, rarest

    def fit(self, readings: Sequence[Reading], _labels: Any = None) -> Letters:
        """Choose the runs and learn how rare they are."""
        by_word, words = _count_words(readings)
        cutter = CountVectorizer(analyzer="char_wb", ngram_range=(self.shortest, self.longest), lowercase=False)
        counts = by_word @ cutter.fit_transform(words)
        texts_with = np.bincount(counts.indices, minlength=counts.shape[1])
        order = np.argsort(-texts_with, kind="stable")[: self.most]
        kept = np.sort(order[texts_with[order] >= self.rarest])
        self.names_ = cutter.get_feature_names_out()[kept]
        self.column_ = {str(run): column for column, run in enumerate(self.names_)}
        self.weigher_ = TfidfTransformer(sublinear_tf=True).fit(counts[:, kept])
        return self

    def transform(self, readings: Sequence[Reading]) -> Any:
        """Shape (texts, runs)."""
        by_word, words = _count_words(readings)
        return self.weigher_.transform(by_word @ self._cut(words))

    def _cut(self, words: list[str]) -> Any:
        """(words x runs): the columns of a word are remembered, for most words come again and again."""
        known: dict[str, list[int]] = self.__dict__.setdefault("_known", {})
        if len(known) > _REMEMBERED:
            known.clear()
        columns: list[int] = []
        ends = [0]
        for word in words:
            if (cut := known.get(word)) is None:
                cut = known[word] = [at for run in self._runs(word) if (at := self.column_.get(run)) is not None]
            columns += cut
            ends.append(len(columns))
        return sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(words), len(self.names_)))

    def _runs(self, word: str) -> list[str]:
        """The runs of a word between blanks; one that is shorter than a run is a run itself, once."""
        framed = f" {word} "
        found: list[str] = []
        for length in range(self.shortest, self.longest + 1):
            if len(framed) <= length:
                return [*found, framed]
            found += [framed[start : start + length] for start in range(len(framed) - length + 1)]
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Without what is remembered: equal models are equal bytes."""
        return {name: value for name, value in super().__getstate__().items() if name != "_known"}

    def get_feature_names_out(self, _names: Any = None) -> Any:
        """The runs."""
        return self.names_


def _count_words(readings: Iterable[Reading]) -> tuple[Any, list[str]]:
    """(texts x words) counts and the words."""
    number: dict[str, int] = {}
    columns: list[int] = []
    ends = [0]
    for reading in readings:
        columns += [number.setdefault(word, len(number)) for word in reading.words]
        ends.append(len(columns))
    return _counts(columns, ends, len(number)), list(number)


def _counts(columns: list[int], ends: list[int], width: int) -> Any:
    """A sparse matrix with a row for each stretch of `columns`, counting how often each stands there."""
    shape = (len(ends) - 1, width)
    counts = sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=shape, dtype=np.float64)
    counts.sum_duplicates()
    return counts


def features() -> Pipeline:
    """Text to one sparse row: words__…, letters__… and signals__… side by side."""
    union = FeatureUnion([("words", Words()), ("letters", Letters()), ("signals", Signals())])
    return Pipeline([("read", Reader()), ("see", union)])

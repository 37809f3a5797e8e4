"""What the classifier sees of a text: its words (one and two), the letters inside its words, and named signals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, pairwise, repeat
from operator import contains
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

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
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[?!]|[☀-➿🌀-🫿]|[:;]-?[()/]")


_SMILEY = re.compile(r"[:;]-?[()/]")
# Whatever is no letter, digit or apostrophe parts words; bytes of other alphabets stay for a closer look.
_APART = bytes(at if at > 127 or chr(at).isalnum() or chr(at) in "'?!" else 32 for at in range(256))


def tokens(text: str) -> list[str]:
    """The words of a text in lower case, its question and exclamation marks, its emoji and smileys.

    Links, addresses, handles and numbers become one word each, so that none of them is learnt by heart.
    """
    short = text.lower().replace("’", "'")
    if "@" in short or "http" in short or "www." in short:
        short = _HANDLE.sub(" atname ", _MAIL.sub(" mailaddress ", _LINK.sub(" weblink ", short)))
    short = _NUMBER.sub(" 0 ", short)
    return _TOKEN.findall(short) if _SMILEY.search(short) else _without_smileys(short)


def _without_smileys(short: str) -> list[str]:
    """What _TOKEN finds, several times as fast: blanks part most words, and only the others are looked at closely."""
    raw = short.replace("?", " ? ").replace("!", " ! ").encode("utf-8", "surrogatepass").translate(_APART)
    found: list[str] = []
    for word in raw.decode("utf-8", "surrogatepass").split():
        if word.isalnum() or word in "?!":
            found.append(word)
        else:
            found += _TOKEN.findall(word)
    return found


class Asked(NamedTuple):
    """A text to judge, and what was known of its thread: see `Verdict`."""

    text: str
    unanswered: int = 0
    waiting_hours: float = 0.0


_STANDS_FOR = {"0": _NUMBER, "weblink": _LINK, "mailaddress": _MAIL, "atname": _HANDLE}


def as_typed(name: str, lower: str) -> str:
    """A word or a pair as it stands in the lower-case text that gave it: the number itself, not its stand-in."""
    words = name.split(" ")
    if not any(word in _STANDS_FOR for word in words):
        return name
    at, said = max(0, lower.find(words[0])) if words[0] not in _STANDS_FOR else 0, []
    for word in words:
        found = _STANDS_FOR[word].search(lower, at) if word in _STANDS_FOR else None
        said.append(found[0] if found else word)
        at = found.end() if found else at + len(word)
    return " ".join(said)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, its words and how often it has each, all found only once, and what was known of its thread."""

    text: str
    words: list[str]
    times: dict[str, int]
    unanswered: int = 0
    waiting_hours: float = 0.0


class Counts(NamedTuple):
    """Of each text, between two `ends`: the `numbers` of its words, and how many `times` it has each."""

    numbers: NDArray[np.intp]
    times: NDArray[np.float64]
    ends: list[int]
    words: list[str]


class Readings(list[Reading]):
    """Those of a batch, whose words are counted once for all who ask."""

    @cached_property
    def counts(self) -> Counts:
        """How often each text has each of its different words, in the order of their first coming."""
        number: dict[str, int] = {}
        columns: list[int] = []
        times: list[int] = []
        ends = [0]
        for reading in self:
            columns += [number.setdefault(word, len(number)) for word in reading.times]
            times += reading.times.values()
            ends.append(len(columns))
        return Counts(np.array(columns, np.intp), np.array(times, np.float64), ends, list(number))

    @cached_property
    def by_word(self) -> tuple[Any, list[str]]:
        """The same, shape (texts, words), and the words."""
        numbers, times, ends, words = self.counts
        by_word = sparse.csr_matrix((times, numbers, ends), shape=(len(self), len(words)), copy=True)
        by_word.sort_indices()
        return by_word, words


def counted_words(readings: Sequence[Reading]) -> tuple[Any, list[str]]:
    """See `Readings.by_word`."""
    return (readings if isinstance(readings, Readings) else Readings(readings)).by_word


class Plain(BaseEstimator, TransformerMixin, auto_wrap_output_keys=None):  # type: ignore[misc,call-arg]  # no types
    """A transformer whose output stays as it is: for one text, scikit-learn's checks take longer than the work."""


class Reader(Plain):
    """Texts, with or without what is known of their threads, to Readings."""

    def fit(self, _texts: Sequence[str | Asked], _labels: Any = None) -> Reader:
        """Nothing to learn."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Always."""
        return True

    def transform(self, asked: Sequence[str | Asked]) -> Readings:
        """One a text, cut at LONGEST characters."""
        return Readings(_read(one if isinstance(one, Asked) else Asked(one)) for one in asked)


def _read(asked: Asked) -> Reading:
    text = asked.text[:LONGEST]
    words = tokens(text)
    return Reading(text, words, Counter(words), asked.unanswered, asked.waiting_hours)


def ones_and_twos(reading: Reading) -> list[str]:
    """The words and the pairs of neighbours."""
    words = reading.words
    return words + [f"{a} {b}" for a, b in pairwise(words)]


_NO_PAIRS: dict[str, int] = {}


class Words(Plain):
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
        self.rarity_ = TfidfTransformer().fit(counts).idf_
        return self

    def transform(self, readings: Sequence[Reading]) -> Any:
        """Shape (texts, words and pairs)."""
        by_word, words = counted_words(readings)
        singles = np.array([self.singles_.get(word, -1) for word in words], np.intp)[by_word.indices]
        pairs: list[int] = []
        ends = [0]
        for reading in readings:
            begun, seconds = list(map(self.pairs_.get, reading.words, repeat(_NO_PAIRS))), reading.words[1:]
            known = compress(range(len(seconds)), map(contains, begun, seconds))
            pairs += [begun[at][seconds[at]] for at in known]
            ends.append(len(pairs))
        columns = np.concatenate([singles, np.array(pairs, np.intp)])
        texts = np.concatenate([owners(by_word.indptr), owners(ends)])
        times = np.concatenate([by_word.data, np.ones(len(pairs))])
        return level(weigh(tallied(texts, columns, times, (len(readings), len(self.names_))), self.rarity_))

    def unseen(self, readings: Sequence[Reading]) -> list[float]:
        """The share of each text's words that are not among them."""
        by_word, words = counted_words(readings)
        counting = np.array([len(word) > 1 for word in words], np.float64)
        strange = np.array([len(word) > 1 and word not in self.singles_ for word in words], np.float64)
        shares: list[float] = (by_word @ strange / np.maximum(by_word @ counting, 1.0)).tolist()
        return shares

    def get_feature_names_out(self, _names: Any = None) -> Any:
        """The words and pairs."""
        return self.names_


class Signals(Plain):
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
            at, value = signals.row(reading.text, reading.times, reading.unanswered, reading.waiting_hours)
            positions += at
            values += value
            ends.append(len(positions))
        return sparse.csr_matrix((values, positions, ends), shape=(len(readings), len(signals.NAMES)), dtype=np.float64)

    def get_feature_names_out(self, _names: Any = None) -> Any:
        """The signals' names."""
        return np.array(signals.NAMES, dtype=object)


class Letters(Plain):
    """Runs of three and four letters inside words, weighted by TF-IDF.

    The same as a `char_wb` vectorizer, but each different word of a batch is cut up once: a product of
    (texts x words) and (words x runs) gives the counts.
    """

    def __init__(self, most: int = _MOST_LETTERS, shortest: int = 3, longest: int = 4, rarest: int = 3) -> None:
        """`most` runs are kept, those in fewer than `rarest` texts are not."""
        self.most, self.shortest, self.longest, self.rarest = most, shortest, longest, rarest

    def fit(self, readings: Sequence[Reading], _labels: Any = None) -> Letters:
        """Choose the runs and learn how rare they are."""
        by_word, words = counted_words(readings)
        cutter = CountVectorizer(analyzer="char_wb", ngram_range=(self.shortest, self.longest), lowercase=False)
        counts = by_word @ cutter.fit_transform(words)
        texts_with = np.bincount(counts.indices, minlength=counts.shape[1])
        order = np.argsort(-texts_with, kind="stable")[: self.most]
        kept = np.sort(order[texts_with[order] >= self.rarest])
        self.names_ = cutter.get_feature_names_out()[kept]
        self.column_ = {str(run): column for column, run in enumerate(self.names_)}
        self.rarity_ = TfidfTransformer().fit(counts[:, kept]).idf_
        return self

    def transform(self, readings: Sequence[Reading]) -> Any:
        """Shape (texts, runs)."""
        by_word, words = counted_words(readings)
        return level(weigh(by_word @ self._cut(words), self.rarity_))

    def _cut(self, words: list[str]) -> Any:
        """(words x runs): the columns of a word are remembered, for most words come again and again."""
        columns: list[int] = []
        ends = [0]
        for word in words:
            columns += self.columns(word)
            ends.append(len(columns))
        return sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(words), len(self.names_)))

    def columns(self, word: str) -> list[int]:
        """The columns of a word's runs, one for each time that a run stands in it."""
        known: dict[str, list[int]] = self.__dict__.setdefault("_known", {})
        if (found := known.get(word)) is None:
            if len(known) > _REMEMBERED:
                known.clear()
            found = known[word] = [at for run in self._runs(word) if (at := self.column_.get(run)) is not None]
        return found

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


def owners(ends: Sequence[int]) -> NDArray[np.intp]:
    """To which text each cell belongs, where those of a text lie between two `ends`."""
    return np.repeat(np.arange(len(ends) - 1), np.diff(ends))


def tallied(
    texts: NDArray[np.intp], columns: NDArray[np.intp], times: NDArray[np.float64], shape: tuple[int, int]
) -> Any:
    """A sparse matrix of cells in any order, added up where they are the same; a column below 0 is none."""
    known = columns >= 0
    counts = sparse.coo_matrix((times[known], (texts[known], columns[known])), shape=shape).tocsr()
    counts.sum_duplicates()
    return counts


def weigh(counts: Any, rarity: NDArray[np.float64]) -> Any:
    """TF-IDF in place, the logarithm of the counts times how rare each column is (Salton and Buckley 1988)."""
    counts.data = (1.0 + np.log(counts.data)) * rarity[counts.indices]
    return counts


def lengths(rows: Any) -> NDArray[np.float64]:
    """The Euclidean length of each row."""
    squares = np.concatenate([[0.0], np.cumsum(rows.data**2)])[rows.indptr]
    return np.asarray(np.sqrt(np.maximum(np.diff(squares), 0.0)))


def level(rows: Any, at_least: float = 0.0) -> Any:
    """Rows of length one, in place; those shorter than about `at_least` stay shorter."""
    divisors = np.sqrt(lengths(rows) ** 2 + at_least**2)
    rows.data /= np.repeat(np.maximum(divisors, 1e-12), np.diff(rows.indptr))
    return rows

"""Concepts as features: which are in a text, and which follow each other closely (“not” … “arrived”)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from bot.learn import lexicon
from bot.learn.features import Plain, Reading, lengths, level, owners, tallied, weigh

Places = NDArray[np.intp]

MARK = "#"
"""Begins the name of every feature of this kind: `#late`, `#not arrived`."""
_REACH = 5
_RAREST = 3
_MOST = 20_000
# What a text of typical length weighs then, as the other kinds of features do.
_LOUDNESS = 1.4


def concepts(reading: Reading) -> list[str]:
    """The concepts of a text, and the pairs of them that begin within five words of each other."""
    found = lexicon.find(reading.words)
    names = [MARK + one.concept for one in found]
    for at, one in enumerate(found):
        for other in found[at + 1 :]:
            if other.start - one.start > _REACH:
                break
            if other.start > one.start and other.concept != one.concept:
                names.append(f"{MARK}{one.concept} {other.concept}")
    return names


class Concepts(Plain):
    """Concepts and their pairs, weighted by TF-IDF, levelled by the length of the text."""

    def __init__(self, most: int = _MOST, rarest: int = _RAREST) -> None:
        """`most` are kept, those in fewer than `rarest` texts are not."""
        self.most, self.rarest = most, rarest

    def fit(self, readings: Sequence[Reading], _labels: Any = None) -> Concepts:
        """Choose them and learn how rare they are."""
        counter = CountVectorizer(analyzer=concepts, min_df=self.rarest, max_features=self.most)
        counts = counter.fit_transform(readings)
        self.names_ = counter.get_feature_names_out()
        self.column_ = {str(name): column for column, name in enumerate(self.names_)}
        self.rarity_ = TfidfTransformer().fit(counts).idf_
        self.typical_ = float(np.median(lengths(weigh(counts.astype(np.float64), self.rarity_))))
        return self

    def transform(self, readings: Sequence[Reading]) -> Any:
        """Shape (texts, concepts and pairs)."""
        found = _Found(readings, self._table())
        rows = weigh(found.counted(), self.rarity_)
        # short texts stay short: a lone “what is” must not speak as loud as a whole story
        level(rows, self.typical_).data *= _LOUDNESS
        return rows

    def _table(self) -> _Table:
        table: _Table = self.__dict__.get("_known") or self.__dict__.setdefault("_known", _Table(self.column_))
        return table

    def __getstate__(self) -> dict[str, Any]:
        """Without the table: it follows from the rest."""
        return {name: value for name, value in super().__getstate__().items() if name != "_known"}

    def get_feature_names_out(self, _names: Any = None) -> Any:
        """The concepts and pairs."""
        return np.array(self.names_, dtype=object)


class _Numbers(dict[str, int]):
    """Each known concept has a number; all unknown ones share the last."""

    def __missing__(self, _concept: str) -> int:
        return len(self)


class _Table:
    """The columns of known concepts and pairs, by the numbers of the concepts; -1 where there is none."""

    def __init__(self, column: dict[str, int]) -> None:
        self.width = len(column)
        spelled = {name: name.removeprefix(MARK).split(" ") for name in column}
        self.number = _Numbers({one: at for at, one in enumerate(sorted(set(chain(*spelled.values()))))})
        self.single = np.full(len(self.number) + 1, -1)
        self.pair = np.full((len(self.single),) * 2, -1)
        for name, (first, *second) in spelled.items():
            at = self.number[first]
            if second:
                self.pair[at, self.number[second[0]]] = column[name]
            else:
                self.single[at] = column[name]


class _Found:
    """The concepts of a batch as numbers, ordered by where they start; the texts lie one after the other."""

    def __init__(self, readings: Sequence[Reading], table: _Table) -> None:
        self._table, self._height = table, len(readings)
        alone: list[tuple[str, ...]] = []
        phrases: list[tuple[int, int, int]] = []
        ends = [0]
        for reading in readings:
            concepts, longer = lexicon.meanings(reading.words, reading.times)
            phrases += [(len(alone) + start, len(alone) + end, table.number[one]) for one, start, end in longer]
            alone += concepts
            ends.append(len(alone))
        starts, numbers = _merged(alone, phrases, table)
        self._numbers = numbers
        self._texts = owners(ends)[starts]
        self._starts = starts + self._texts * _REACH  # so far apart that no pair reaches from text to text

    def counted(self) -> Any:
        """How often each concept and each pair stands in each text."""
        columns, texts = [self._table.single[self._numbers]], [self._texts]
        for lag in range(1, len(self._numbers)):
            apart = self._starts[lag:] - self._starts[:-lag]
            near = apart <= _REACH
            if not near.any():
                break
            first, second = self._numbers[:-lag], self._numbers[lag:]
            near &= (apart > 0) & (first != second)
            columns.append(self._table.pair[first[near], second[near]])
            texts.append(self._texts[lag:][near])
        found = np.concatenate(columns)
        return tallied(np.concatenate(texts), found, np.ones(len(found)), (self._height, self._table.width))


def _merged(alone: list[tuple[str, ...]], phrases: list[tuple[int, int, int]], table: _Table) -> tuple[Places, Places]:
    """(starts, numbers) of the phrases and of the words that none of them hides."""
    longer = np.array(phrases, np.intp).reshape(-1, 3)
    bounds = np.zeros(len(alone) + 1, np.intp)
    np.add.at(bounds, longer[:, 0], 1)
    np.add.at(bounds, longer[:, 1], -1)
    seen = np.cumsum(bounds)[:-1] == 0
    starts = np.repeat(np.arange(len(alone)), np.fromiter(map(len, alone), np.intp, len(alone)))
    numbers = np.array([table.number[one] for one in chain.from_iterable(alone)], np.intp)
    shown = seen[starts]
    starts, numbers = np.concatenate([longer[:, 0], starts[shown]]), np.concatenate([longer[:, 2], numbers[shown]])
    order = np.argsort(starts, kind="stable")
    return starts[order], numbers[order]


def quote(words: list[str], name: str, found: Sequence[lexicon.Found] | None = None) -> str:
    """The words of a text that gave a concept or a pair, or an empty string; `found` are its concepts, if known."""
    first, _, second = name.removeprefix(MARK).partition(" ")
    found = lexicon.find(words) if found is None else found
    for at, one in enumerate(found):
        if one.concept == first and not second:
            return " ".join(words[one.start : one.end])
        for other in found[at + 1 :] if one.concept == first else ():
            if other.concept == second and 0 < other.start - one.start <= _REACH:
                return " ".join(words[one.start : other.end])
    return ""

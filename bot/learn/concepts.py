"""Concepts as features: which are in a text, and which follow each other closely (“not” … “arrived”)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from bot.learn import lexicon
from bot.learn.features import Plain, Reading, counted, lengths, level, weigh

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
        columns: list[int] = []
        ends = [0]
        known = self.column_
        for reading in readings:
            columns += [known[name] for name in concepts(reading) if name in known]
            ends.append(len(columns))
        rows = weigh(counted(columns, ends, len(self.names_)), self.rarity_)
        # short texts stay short: a lone “what is” must not speak as loud as a whole story
        level(rows, self.typical_).data *= _LOUDNESS
        return rows

    def get_feature_names_out(self, _names: Any = None) -> Any:
        """The concepts and pairs."""
        return np.array(self.names_, dtype=object)


def quote(words: Sequence[str], name: str) -> str:
    """The words of a text that gave a concept or a pair, or an empty string."""
    first, _, second = name.removeprefix(MARK).partition(" ")
    found = lexicon.find(words)
    for at, one in enumerate(found):
        if one.concept == first and not second:
            return " ".join(words[one.start : one.end])
        for other in found[at + 1 :] if one.concept == first else ():
            if other.concept == second and 0 < other.start - one.start <= _REACH:
                return " ".join(words[one.start : other.end])
    return ""

"""Which pieces of a text moved a label. The model is linear, so every contribution is exact; the largest are told.

Runs of letters tell nobody anything, so their contributions are folded onto the words that hold them: a run that
stands in several words is shared out by how often each holds it. Folding moves weight, it neither adds nor loses any.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from bot.domain.verdict import Clue, Label
from bot.learn import concepts, lexicon, signals
from bot.learn.features import Reading, Readings, as_typed
from bot.learn.model import Floats, Line

Numbers = NDArray[np.int64]


class Explainer:
    """Names the contributions of one model; made once, for its features have many names."""

    def __init__(self, features: Pipeline, lines: dict[Label, Line]) -> None:
        """Of a fitted pipeline and its linear models."""
        union = features[-1]
        self._words, self._letters = (dict(union.transformer_list)[name] for name in ("words", "letters"))
        named = {kind: part.get_feature_names_out().tolist() for kind, part in union.transformer_list}
        self._names = list(chain.from_iterable(named.values()))
        self._is_letters = np.repeat([kind == "letters" for kind in named], list(map(len, named.values())))
        self._first_letters = int(np.argmax(self._is_letters))
        self._weights = {label: line.slope * line.weights for label, line in lines.items()}

    def clues(self, readings: Sequence[Reading], rows: Any, most: int) -> list[tuple[Clue, ...]]:
        """At most `most` clues a label for every text, strongest first; weights in log-odds."""
        rows.sort_indices()
        folding = _Folding(readings, rows, self._words, self._letters, self._first_letters)
        told = [_Told(reading) for reading in readings]
        found: list[list[Clue]] = [[] for _ in readings]
        for label, weights in self._weights.items():
            parts = rows.data * weights[rows.indices]
            folded = folding.onto_words(parts)
            parts[self._is_letters[rows.indices]] = 0.0
            np.add.at(parts, folding.at[folding.known], folded[folding.known])
            for i, one in enumerate(told):
                here, words = slice(rows.indptr[i], rows.indptr[i + 1]), folding.strange(i)
                names = _Names(self._names, rows.indices[here], [folding.word(w) for w in words.tolist()])
                found[i] += _strongest(label, one, names, np.concatenate([parts[here], folded[words]]), most)
        return [tuple(clues) for clues in found]


class _Folding:
    """For a batch: its different words, text by text, and which of a row's letter runs each of them holds."""

    def __init__(self, readings: Sequence[Reading], rows: Any, words: Any, letters: Any, first: int) -> None:
        counts = Readings(readings).counts
        numbers, times = counts.numbers, counts.times
        self._numbers: Numbers = numbers
        self._starts: list[int] = counts.ends
        self._words: list[str] = counts.words
        held = [letters.columns(word) for word in self._words]
        sizes = np.fromiter(map(len, held), np.int64, len(held))
        runs = np.fromiter(chain.from_iterable(held), np.int64, int(sizes.sum())) + first
        own = np.array([words.singles_.get(word, -1) for word in self._words], np.int64)[numbers]
        self._owners = np.repeat(np.arange(len(numbers)), sizes[numbers])
        self._times = times[self._owners]
        self.known: NDArray[np.bool_] = own >= 0
        places = _Places(rows)
        self.at: Numbers = places.of(np.maximum(own, 0), self._starts)
        ends = np.concatenate([[0], np.cumsum(sizes[numbers])])
        self._runs_at = places.of(runs[_stretches(numbers, sizes)], ends[self._starts])
        self._total = np.bincount(self._runs_at, weights=self._times, minlength=rows.nnz)

    def onto_words(self, parts: Floats) -> Floats:
        """The letters' contributions, summed up for each word."""
        shares = parts[self._runs_at] * self._times / self._total[self._runs_at]
        return np.asarray(np.bincount(self._owners, weights=shares, minlength=len(self._numbers)), dtype=np.float64)

    def word(self, number: int) -> str:
        """One of the words."""
        return self._words[int(self._numbers[number])]

    def strange(self, text: int) -> Numbers:
        """The words of a text that are no features themselves; only their letters speak."""
        start, end = self._starts[text], self._starts[text + 1]
        return start + np.flatnonzero(~self.known[start:end])


def _stretches(numbers: Numbers, sizes: Numbers) -> Numbers:
    """Where the pieces of each number lie, one number after the other, if `sizes` of pieces lie in a row."""
    begins, taken = np.cumsum(sizes) - sizes, sizes[numbers]
    return np.asarray(np.arange(taken.sum()) + np.repeat(begins[numbers] - (np.cumsum(taken) - taken), taken))


class _Places:
    """Where in the data of sparse rows a column stands."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._place = np.zeros(rows.shape[1], np.int64)

    def of(self, columns: Numbers, ends: Sequence[int] | Numbers) -> Numbers:
        """The places of `columns`, those of a row between two `ends`; of one that the row has not, any place."""
        found = np.zeros(len(columns), np.int64)
        for row in range(self._rows.shape[0]):
            begin, end = self._rows.indptr[row : row + 2]
            self._place[self._rows.indices[begin:end]] = np.arange(begin, end)
            asked = slice(ends[row], ends[row + 1])
            found[asked] = self._place[columns[asked]]
        return found


class _Names:
    """The names of a text's pieces: of its features first, of its strange words then."""

    def __init__(self, features: list[str], columns: Numbers, words: list[str]) -> None:
        self._features, self._columns, self._words = features, columns, words

    def __getitem__(self, piece: int) -> str:
        strange = piece - len(self._columns)
        return self._words[strange] if strange >= 0 else self._features[self._columns[piece]]


def _strongest(label: Label, told: _Told, names: _Names, parts: Floats, most: int) -> list[Clue]:
    chosen = np.argpartition(np.abs(parts), -most)[-most:] if len(parts) > most else np.arange(len(parts))
    pieces = sorted(((round(float(parts[i]), 3), names[int(i)]) for i in chosen), key=_strength)
    return [Clue(label, told.said(name), weight) for weight, name in pieces if weight]


def _strength(piece: tuple[float, str]) -> tuple[float, str]:
    """Equally strong ones by name: the texts judged beside this one move the last bits of a sum."""
    return -abs(piece[0]), piece[1]


class _Told:
    """One text, and how its pieces are told: in the writer's words."""

    def __init__(self, reading: Reading) -> None:
        self._words = reading.words
        self._lower = reading.text.lower()
        self._sound = signals.sound(self._lower)
        self._said: dict[str, str] = {}

    @cached_property
    def _found(self) -> list[lexicon.Found]:
        return lexicon.find(self._words)

    def said(self, name: str) -> str:
        """A word is its own clue; a signal is told with the words that gave it."""
        if name not in self._said:
            self._said[name] = self._tell(name)
        return self._said[name]

    def _tell(self, name: str) -> str:
        if name.startswith(concepts.MARK):
            words = concepts.quote(self._words, name, self._found)
            return f"{name.removeprefix(concepts.MARK).replace('_', ' ')}: “{words}”"
        if name not in signals.QUOTABLE:
            return as_typed(name, self._lower)
        words = signals.quotes(self._sound, name)
        return f"{name}: “{words}”" if words else name

"""Which pieces of a text moved a label. The model is linear, so every contribution is exact; the largest are told.

Runs of letters tell nobody anything, so their contributions are folded onto the words that hold them: a run that
stands in several words is shared out by how often each holds it. Folding moves weight, it neither adds nor loses any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from bot.domain.verdict import Clue, Label
from bot.learn import concepts, signals
from bot.learn.features import Reading, as_typed
from bot.learn.model import Floats, Line

Numbers = NDArray[np.int64]


class Explainer:
    """Names the contributions of one model; made once, for asking a pipeline for its names is slow."""

    def __init__(self, features: Pipeline, lines: dict[Label, Line]) -> None:
        """Of a fitted pipeline and its linear models."""
        union = features[-1]
        self._words, self._letters = (dict(union.transformer_list)[name] for name in ("words", "letters"))
        named = [str(name).partition("__") for name in union.get_feature_names_out()]
        self._names = [piece for _kind, _, piece in named]
        kinds = np.array([kind for kind, _, _piece in named])
        self._is_letters = kinds == "letters"
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
                names = _Names(self._names, rows.indices[here], [folding.words[w] for w in words])
                found[i] += _strongest(label, one, names, np.concatenate([parts[here], folded[words]]), most)
        return [tuple(clues) for clues in found]


class _Folding:
    """For a batch: its different words, text by text, and which of a row's letter runs each of them holds."""

    def __init__(self, readings: Sequence[Reading], rows: Any, words: Any, letters: Any, first: int) -> None:
        self.words: list[str] = []
        self._starts = [0]
        columns: list[int] = []
        runs: list[int] = []
        owners: list[int] = []
        times: list[int] = []
        for reading in readings:
            for word, count in Counter(reading.words).items():
                held = letters.columns(word)
                owners += [len(self.words)] * len(held)
                times += [count] * len(held)
                runs += held
                columns.append(words.singles_.get(word, -1))
                self.words.append(word)
            self._starts.append(len(self.words))
        texts = np.repeat(np.arange(len(readings)), np.diff(self._starts))
        self._owners = np.asarray(owners, dtype=np.int64)
        self._times = np.asarray(times, dtype=np.float64)
        cells = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)) * rows.shape[1] + rows.indices
        width = rows.shape[1]
        self._runs_at = np.searchsorted(cells, texts[self._owners] * width + np.asarray(runs, dtype=np.int64) + first)
        self._total = np.bincount(self._runs_at, weights=self._times, minlength=rows.nnz)
        own = np.asarray(columns, dtype=np.int64)
        self.known = own >= 0
        self.at: Numbers = np.searchsorted(cells, texts * width + np.maximum(own, 0))

    def onto_words(self, parts: Floats) -> Floats:
        """The letters' contributions, summed up for each word."""
        shares = parts[self._runs_at] * self._times / self._total[self._runs_at]
        return np.asarray(np.bincount(self._owners, weights=shares, minlength=len(self.words)), dtype=np.float64)

    def strange(self, text: int) -> Numbers:
        """The words of a text that are no features themselves; only their letters speak."""
        start, end = self._starts[text], self._starts[text + 1]
        return start + np.flatnonzero(~self.known[start:end])


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

    __slots__ = ("_lower", "_said", "_words")

    def __init__(self, reading: Reading) -> None:
        self._words = reading.words
        self._lower = reading.text.lower()
        self._said: dict[str, str] = {}

    def said(self, name: str) -> str:
        """A word is its own clue; a signal is told with the words that gave it."""
        if name not in self._said:
            self._said[name] = self._tell(name)
        return self._said[name]

    def _tell(self, name: str) -> str:
        if name.startswith(concepts.MARK):
            return f"{name.removeprefix(concepts.MARK).replace('_', ' ')}: “{concepts.quote(self._words, name)}”"
        if name not in signals.QUOTABLE:
            return as_typed(name, self._lower)
        words = signals.quotes(self._lower, name)
        return f"{name}: “{words}”" if words else name

"""Which pieces of a text moved a label. The model is linear, so every contribution is exact; the largest are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from bot.domain.verdict import Clue, Label
from bot.learn import signals
from bot.learn.model import Floats, Line

# Among this many of the strongest contributions the clues are found; letters of one word are added up.
_CONSIDERED = 16


class Explainer:
    """Names the contributions of one model; made once, for asking a pipeline for its names is slow."""

    def __init__(self, features: Pipeline, lines: dict[Label, Line]) -> None:
        """Of a fitted pipeline and its linear models."""
        names = [str(name).partition("__") for name in features[-1].get_feature_names_out()]
        self._names = [(kind, piece) for kind, _, piece in names]
        self._weights = {label: line.slope * line.weights for label, line in lines.items()}

    def clues(self, texts: Sequence[str], rows: Any, most: int) -> list[tuple[Clue, ...]]:
        """At most `most` clues a label for every text, strongest first; weights in log-odds."""
        found = []
        for index, text in enumerate(texts):
            here = slice(rows.indptr[index], rows.indptr[index + 1])
            told = _Told(text.lower())
            clues: list[Clue] = []
            for label, weights in self._weights.items():
                clues += self._of_label(
                    label, told, rows.indices[here], rows.data[here] * weights[rows.indices[here]], most
                )
            found.append(tuple(clues))
        return found

    def _of_label(self, label: Label, told: _Told, columns: Any, parts: Floats, most: int) -> list[Clue]:
        if len(parts) > _CONSIDERED:
            strongest = np.argpartition(np.abs(parts), -_CONSIDERED)[-_CONSIDERED:]
            columns, parts = columns[strongest], parts[strongest]
        gathered: dict[str, float] = {}
        for column, part in zip(columns.tolist(), parts.tolist(), strict=True):
            kind, piece = self._names[column]
            key = _word_around(piece, told.lower) if kind == "letters" else piece
            gathered[key] = gathered.get(key, 0.0) + part
        ordered = sorted(gathered.items(), key=_strength)[:most]
        return [Clue(label, told.said(key), weight) for key, part in ordered if (weight := round(part, 3))]


def _strength(part: tuple[str, float]) -> tuple[float, str]:
    """Equally strong ones by name: the texts judged beside this one move the last bits of a sum."""
    return -round(abs(part[1]), 6), part[0]


class _Told:
    """One text, and how its signals are told: with the words that gave them."""

    def __init__(self, lower: str) -> None:
        self.lower = lower
        self._said: dict[str, str] = {}

    def said(self, key: str) -> str:
        """A word is its own clue."""
        if key not in signals.QUOTABLE:
            return key
        if key not in self._said:
            words = signals.quotes(self.lower, key)
            self._said[key] = f"{key}: “{words}”" if words else key
        return self._said[key]


def _word_around(run: str, lower: str) -> str:
    """The first word of the text that holds this run of letters; a blank in the run is a word's edge."""
    bare = run.strip()
    at = lower.find(bare)
    if at < 0:
        return bare
    start, end = at, at + len(bare)
    while start > 0 and lower[start - 1].isalnum():
        start -= 1
    while end < len(lower) and lower[end].isalnum():
        end += 1
    return lower[start:end]

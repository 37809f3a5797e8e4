"""Which pieces of a text moved a label. The model is linear, so every contribution is exact; the largest are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from bot.domain.verdict import Clue, Label
from bot.learn import signals
from bot.learn.model import Floats, Line

SPELLING = "spelling"
"""The one clue that stands for all runs of letters together: one by one they would tell nobody anything."""


class Explainer:
    """Names the contributions of one model; made once, for asking a pipeline for its names is slow."""

    def __init__(self, features: Pipeline, lines: dict[Label, Line]) -> None:
        """Of a fitted pipeline and its linear models."""
        named = [str(name).partition("__") for name in features[-1].get_feature_names_out()]
        self._names = [piece for _kind, _, piece in named]
        self._is_letters = np.array([kind == "letters" for kind, _, _piece in named])
        self._weights = {label: line.slope * line.weights for label, line in lines.items()}

    def clues(self, texts: Sequence[str], rows: Any, most: int) -> list[tuple[Clue, ...]]:
        """At most `most` clues a label for every text, strongest first; weights in log-odds."""
        letters = self._is_letters[rows.indices]
        names = rows.indices[~letters]
        ends = np.concatenate([[0], np.cumsum(~letters)])[rows.indptr].tolist()
        told = [_Told(text.lower()) for text in texts]
        found: list[list[Clue]] = [[] for _ in texts]
        for label, weights in self._weights.items():
            parts = rows.data * weights[rows.indices]
            sums = np.concatenate([[0.0], np.cumsum(np.where(letters, parts, 0.0))])[rows.indptr]
            spelling = np.diff(sums).tolist()
            parts = parts[~letters]
            for i, one in enumerate(told):
                here = slice(ends[i], ends[i + 1])
                found[i] += self._of_label(label, one, names[here], parts[here], spelling[i], most)
        return [tuple(clues) for clues in found]

    def _of_label(
        self, label: Label, told: _Told, columns: Any, parts: Floats, spelling: float, most: int
    ) -> list[Clue]:
        if len(parts) > most:
            strongest = np.argpartition(np.abs(parts), -most)[-most:]
            columns, parts = columns[strongest], parts[strongest]
        names = self._names
        pieces = [
            (round(part, 3), names[column]) for column, part in zip(columns.tolist(), parts.tolist(), strict=True)
        ]
        pieces.append((round(spelling, 3), SPELLING))
        pieces.sort(key=_strength)
        return [Clue(label, told.said(name), weight) for weight, name in pieces[:most] if weight]


def _strength(piece: tuple[float, str]) -> tuple[float, str]:
    """Equally strong ones by name: the texts judged beside this one move the last bits of a sum."""
    return -abs(piece[0]), piece[1]


class _Told:
    """One text, and how its signals are told: with the words that gave them."""

    __slots__ = ("_said", "lower")

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

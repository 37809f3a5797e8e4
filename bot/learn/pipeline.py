"""All that the classifier sees of a text, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scipy import sparse
from sklearn.pipeline import FeatureUnion, Pipeline

from bot.learn.concepts import Concepts
from bot.learn.features import Letters, Reader, Reading, Signals, Words


class SideBySide(FeatureUnion, auto_wrap_output_keys=None):  # type: ignore[misc,call-arg]  # no types there
    """A FeatureUnion that starts no workers for a single text."""

    def transform(self, readings: Sequence[Reading]) -> Any:
        """Shape (texts, all features)."""
        return sparse.hstack([part.transform(readings) for _name, part in self.transformer_list], format="csr")


def features() -> Pipeline:
    """Text to one sparse row: words__…, letters__…, concepts__… and signals__… side by side."""
    union = SideBySide([
        ("words", Words()), ("letters", Letters()), ("concepts", Concepts()), ("signals", Signals()),
    ])  # fmt: skip
    return Pipeline([("read", Reader()), ("see", union)])

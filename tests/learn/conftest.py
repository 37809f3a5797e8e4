"""A small model for all tests of this room, and the one that ships. Training takes seconds, so each is made once."""

from __future__ import annotations

import pytest

from bot.domain.verdict import Label
from bot.learn import dataset, registry, shipped
from bot.learn.dataset import Example
from bot.learn.model import Triage
from bot.learn.train import train
from bot.packaged import packaged


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """Some of the authored ones, as many of each kind: enough to learn from, few enough to learn quickly."""
    authored = dataset.read_file(next(packaged("training_data").rglob("ignored_contrasts.jsonl")))
    ignored = [one for one in authored if Label.IGNORED in one.labels]
    mistakes = [one for one in authored if one.labels == {Label.MISTAKE}]
    rest = [one for one in authored if not one.labels]
    return [*ignored[:60], *mistakes[:60], *rest[:60]]


@pytest.fixture(scope="session")
def model(examples: list[Example]) -> Triage:
    """Trained on `examples`."""
    return train(examples)


@pytest.fixture(scope="session")
def shipped_model() -> Triage:
    """The one that `amends` uses when it has learnt nothing of its own."""
    return registry.load(packaged("models") / shipped.ID, shipped.SHA256, shipped.SKLEARN, shipped.FEATURES)

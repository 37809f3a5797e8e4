"""Labelled examples: read, checked and split so that one story never stands on both sides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.verdict import Label
from bot.errors import UsageError
from bot.service.ports import Correction

# One scenario in seven is held out: by the hash of its name, so that it stays held out as the data grows.
_HELD_OUT = 7


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what it is. `scenario` names the story that it tells; `weight` counts it more than once."""

    text: str
    labels: frozenset[Label]
    severity: int
    scenario: str
    channel: str = ""
    lang: str = "en"
    source: str = ""
    unsure: bool = False
    weight: float = 1.0


def read_folder(folder: Path) -> list[Example]:
    """All `*.jsonl` of a folder, in the order of their names. Raises UsageError naming file and line."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise UsageError("There are no training examples (*.jsonl).", where=str(folder))
    return [example for file in files for example in read_file(file)]


def read_file(file: Path) -> list[Example]:
    """One file of examples. Raises UsageError naming the first line that cannot be used."""
    found = []
    try:
        with file.open(encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                if line.strip():
                    found.append(_example(line, f"{file}:{number}", file.stem))
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"It cannot be read: {problem}.", where=str(file)) from None
    return found


def _example(line: str, where: str, stem: str) -> Example:
    try:
        raw: Any = json.loads(line)
        labels = _labels(raw)
        return Example(
            text=str(raw["text"]), labels=labels, severity=int(raw["severity"]),
            scenario=str(raw.get("scenario") or raw.get("id") or where), channel=str(raw.get("channel", "")),
            lang=str(raw.get("lang", "en")), source=str(raw.get("source", stem)), unsure=bool(raw.get("unsure", False)),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise UsageError(
            f"This line is not an example ({type(problem).__name__}: {problem}).",
            where=where,
            advice="training_data/README.md describes the format.",
        ) from None


def _labels(raw: dict[str, Any]) -> frozenset[Label]:
    """Either a list `labels`, or one number for each label as in evaluation sets."""
    if "labels" in raw:
        return frozenset(Label(name) for name in raw["labels"])
    return frozenset(label for label in Label if raw[label.value])


def from_corrections(corrections: Iterable[Correction], weight: float = 3.0) -> list[Example]:
    """What people corrected, as examples that count `weight` times: they are this inbox's own voice."""
    return [
        Example(
            text=join(c.subject, c.text), labels=c.labels, severity=c.severity,
            scenario=f"correction-{hashlib.sha256(c.text.encode()).hexdigest()[:16]}",
            channel=c.medium, source="corrections", weight=weight,
        )
        for c in corrections
    ]  # fmt: skip


def names(labels: frozenset[Label]) -> list[str]:
    """The labels as they are written, `mistake` first."""
    return [label.value for label in Label if label in labels]


def join(subject: str, text: str) -> str:
    """A message as one text: the subject is its first line."""
    return f"{subject}\n{text}" if subject else text


def split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """(training, hold-out), by scenario; corrections are always for training."""
    training: list[Example] = []
    held_out: list[Example] = []
    for example in examples:
        own = example.source != "corrections" and _bucket(example.scenario) == 0
        (held_out if own else training).append(example)
    return training, held_out


def _bucket(scenario: str) -> int:
    return int.from_bytes(hashlib.sha256(scenario.encode()).digest()[:4], "big") % _HELD_OUT

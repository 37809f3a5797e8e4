"""Labelled examples: read, checked and split so that one story never stands on both sides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.domain.verdict import Label
from bot.errors import BadLines, UsageError
from bot.service.ports import Correction

# One scenario in seven is held out: by the hash of its name, so that it stays held out as the data grows.
_HELD_OUT = 7
_SHOWN_BAD = 100
# Texts written to mislead are rarer in life than among our examples; at full weight they teach the wrong shares.
_TRICKY = 0.15
_TRICKY_FOLDER = "tricky"


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what it is. `scenario` names the story or thread it belongs to; `weight` counts it more than once.

    `unanswered` customer messages came before it since our last answer, the first of them `waiting_hours` ago.
    """

    text: str
    labels: frozenset[Label]
    severity: int
    scenario: str
    channel: str = ""
    lang: str = "en"
    source: str = ""
    unsure: bool = False
    weight: float = 1.0
    unanswered: int = 0
    waiting_hours: float = 0.0


def read_folder(folder: Path) -> list[Example]:
    """All `*.jsonl` of a folder by name, then those of its folder `tricky`, which count less.

    Raises UsageError, or BadLines naming every bad line.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise UsageError("There are no training examples (*.jsonl).", where=str(folder))
    return _good([*files, *sorted((folder / _TRICKY_FOLDER).glob("*.jsonl"))])


def read_file(file: Path) -> list[Example]:
    """One file of examples. Raises UsageError, or BadLines naming every line that cannot be used."""
    return _good([file])


def _good(files: Sequence[Path]) -> list[Example]:
    found: list[Example] = []
    bad: list[str] = []
    for file in files:
        for where, line in _lines(file):
            try:
                example = _example(line, where, file.stem)
                found.append(replace(example, weight=_TRICKY) if file.parent.name == _TRICKY_FOLDER else example)
            except UsageError as problem:
                bad.append(str(problem))
    if bad:
        shown = bad[:_SHOWN_BAD] + ([f"… and {len(bad) - _SHOWN_BAD} more"] if len(bad) > _SHOWN_BAD else [])
        advice = "\ntraining_data/README.md describes the format."
        raise BadLines(f"{len(bad)} of the lines are no examples:\n" + "\n".join(shown), advice=advice)
    return found


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    """(file:number, line) of every line that is not empty."""
    try:
        with file.open(encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                if line.strip():
                    yield f"{file}:{number}", line
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"It cannot be read: {problem}.", where=str(file)) from None


def _example(line: str, where: str, stem: str) -> Example:
    try:
        raw: Any = json.loads(line)
        labels = _labels(raw)
        return Example(
            text=_text(raw["text"]), labels=labels, severity=_severity(raw["severity"], labels),
            scenario=str(raw.get("scenario") or raw.get("id") or where), channel=str(raw.get("channel", "")),
            lang=str(raw.get("lang", "en")), source=str(raw.get("source", stem)), unsure=bool(raw.get("unsure", False)),
            unanswered=max(0, int(raw.get("unanswered", 0))),
            waiting_hours=max(0.0, float(raw.get("waiting_hours", 0))),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as problem:
        raise UsageError(f"this is not an example ({type(problem).__name__}: {problem})", where=where) from None


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("text must be a string with something in it")
    return raw


def _severity(raw: Any, labels: frozenset[Label]) -> int:
    severity = int(raw)
    if not 0 <= severity <= 3 or bool(severity) != bool(labels):
        raise ValueError(f"severity is 1 to 3 with a label and 0 without, not {severity}")
    return severity


def _labels(raw: dict[str, Any]) -> frozenset[Label]:
    """Either a list `labels`, or one number for each label as in evaluation sets."""
    if "labels" in raw:
        return frozenset(Label(name) for name in raw["labels"])
    return frozenset(label for label in Label if raw[label.value])


def from_corrections(corrections: Iterable[Correction], weight: float = 3.0) -> list[Example]:
    """What people corrected, as examples that count `weight` times: they are this inbox's own voice."""
    return [
        Example(
            text=join(c.subject, c.text), labels=c.labels, severity=c.severity, scenario=f"thread-{c.thread}",
            channel=c.medium, source="corrections", weight=weight, unanswered=c.unanswered,
            waiting_hours=c.waiting_hours,
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
    """(training, hold-out) by scenario or thread, for ever: no model has learnt from what another is measured by."""
    training: list[Example] = []
    held_out: list[Example] = []
    for example in examples:
        (held_out if held_back(example.scenario) else training).append(example)
    return training, held_out


def held_back(scenario: str) -> bool:
    """Whether this story is for measuring."""
    return _bucket(scenario) == 0


def fingerprint(examples: Iterable[Example]) -> str:
    """A hash of what was learnt from, whatever its order."""
    lines = sorted(
        json.dumps([e.text, names(e.labels), e.severity, e.scenario, e.weight, e.unanswered, e.waiting_hours])
        for e in examples
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _bucket(scenario: str) -> int:
    return int.from_bytes(hashlib.sha256(scenario.encode("utf-8", "surrogatepass")).digest()[:4], "big") % _HELD_OUT

"""Many texts at once: JSON lines judged."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from bot.domain.verdict import Verdict
from bot.edges import console
from bot.errors import BadLines, UsageError
from bot.learn import dataset
from bot.learn.features import Asked
from bot.learn.judge import judge_many
from bot.learn.model import Triage

# So many lines are in memory at a time.
_WINDOW = 50_000
_LONGEST_LINE = 4_000_000
_SHOWN_BAD = 100
_MOST = 1e6


@dataclass(frozen=True, slots=True)
class Line:
    """One input line: the id that its verdict carries, and what is asked."""

    id: Any
    asked: Asked


def lines_of(file: Path | None) -> Iterator[str]:
    """The lines of a file, or of standard input. Raises UsageError."""
    if file is None:
        if sys.stdin.isatty():
            raise UsageError("There is nothing to read.", advice="Name a file, or pipe something in.")
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # as for a file; one bad byte must not end it
        yield from sys.stdin
        return
    try:
        with file.open(encoding="utf-8", errors="replace") as source:
            yield from source
    except OSError as problem:
        raise UsageError(f"It cannot be read: {problem.strerror}.", where=str(file)) from None


def json_lines(lines: Iterable[str], model: Triage, prior: float, out: TextIO) -> None:
    """A verdict line for every good input line, in order. Raises BadLines at the end, naming the bad ones."""
    bad: list[str] = []
    numbered = enumerate(lines, 1)
    while window := list(islice(numbered, _WINDOW)):
        asked = [parsed for number, line in window if (parsed := _parse(number, line, bad)) is not None]
        verdicts = judge_many(model, [one.asked for one in asked], prior, verdict_json)
        out.writelines(map(_with_id, asked, verdicts))
        out.flush()
    if bad:
        more = f"\n… and {len(bad) - _SHOWN_BAD} more" if len(bad) > _SHOWN_BAD else ""
        raise BadLines(
            f"{len(bad)} of the lines could not be used; the others were judged.\n" + "\n".join(bad[:_SHOWN_BAD]) + more
        )


def _parse(number: int, line: str, bad: list[str]) -> Line | None:
    if not line.strip():
        return None
    try:
        raw = json.loads(line) if len(line) <= _LONGEST_LINE else None
    except ValueError as problem:
        bad.append(f"line {number}: not JSON ({problem})")
        return None
    except RecursionError:
        bad.append(f"line {number}: nested too deeply")
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str):
        bad.append(f'line {number}: expected an object with a string "text"')
        return None
    subject = raw.get("subject")
    text = dataset.join(subject if isinstance(subject, str) else "", raw["text"])
    return Line(raw.get("id", number), Asked(text, int(_number(raw, "unanswered")), _number(raw, "waiting_hours")))


def _number(raw: dict[str, Any], name: str) -> float:
    """What is known of the thread, where the line says it and it makes sense."""
    value = raw.get(name, 0)
    sound = isinstance(value, int | float) and value == value  # NaN is not even itself
    return float(min(max(value, 0), _MOST)) if sound else 0.0


def _with_id(line: Line, told: str) -> str:
    return f'{{"id": {json.dumps(line.id)}, {told}\n'


def verdict_json(verdict: Verdict) -> str:
    """A verdict as the rest of a JSON object whose first key is the id."""
    told = json.dumps(
        {
            "mistake": round(verdict.mistake, 4), "ignored": round(verdict.ignored, 4),
            "labels": dataset.names(verdict.labels), "severity": verdict.severity, "unsure": verdict.unsure,
            "clues": [{"label": c.label.value, "text": c.text, "weight": c.weight} for c in verdict.clues],
        },
        ensure_ascii=False,
    )  # fmt: skip
    return told.removeprefix("{")


def plain(lines: Iterable[str], model: Triage, prior: float) -> None:
    """One text, one readable verdict."""
    text = "".join(islice(lines, _WINDOW))
    if not text.strip():
        raise UsageError("There is no text to judge.")
    console.verdict(model.judge([text], prior)[0])

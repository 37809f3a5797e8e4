"""How well a model does, for people: which texts it is asked about, what is printed, and the page with plots."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.champion import recent_corrections
from bot.domain.hours import parse_delay
from bot.errors import UsageError
from bot.learn import curves, dataset
from bot.learn.evaluate import Judged, by, judged, reliability, scored, worst
from bot.learn.features import Asked
from bot.learn.model import LABELS, Triage
from bot.packaged import packaged

if TYPE_CHECKING:
    from bot.learn.dataset import Example
    from bot.store.store import SqlStore

Progress = Callable[[str], None]
_GROUPS = ("source", "channel", "lang")
_GROUP_RESAMPLES = 300
_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Measured:
    """The answers of a model, and what is to be told of them: the whole set first, then the groups."""

    answers: Judged
    sets: list[dict[str, Any]]
    worst: list[dict[str, Any]]
    per_second: float

    def as_json(self) -> list[dict[str, Any]]:
        """One object a set; the first also says how fast the model was and where it was most surely wrong."""
        first = self.sets[0] | {"texts_per_second": round(self.per_second), "worst": self.worst}
        return [first, *self.sets[1:]]


def check_group(group: str | None) -> None:
    """Raises UsageError for one that there is not, before anything long is begun."""
    if group is not None and group not in _GROUPS:
        raise UsageError(f"Scores cannot be grouped by {group}.", advice="Take source, channel or lang.")


def examples_of(
    file: Path | None, since: str, store: SqlStore | None, model: Triage, progress: Progress
) -> list[Example]:
    """The hold-out, a file, or the team's corrections of the last while. Raises UsageError."""
    if since:
        return _corrections(since, store, model, progress)
    found = dataset.read_file(file) if file else dataset.split(dataset.read_folder(packaged("training_data")))[1]
    if not found:
        raise UsageError("There are no labelled texts in it.", where=str(file))
    return found


def _corrections(since: str, store: SqlStore | None, model: Triage, progress: Progress) -> list[Example]:
    try:
        length = parse_delay(since).length
    except ValueError as problem:
        raise UsageError(f"Since when? {problem}.", advice="Write --since 30d, for example.") from None
    fresh, learnt = recent_corrections(store, model, length) if store else ([], 0)
    if learnt:
        progress(f"left out: {learnt} corrections that this model has learnt from")
    if not fresh:
        raise UsageError(
            f"There is no correction of the last {since} that the champion has not learnt from.",
            advice="Answer the daily list (`amends review`), or look further back.",
        )
    return fresh


def measure(model: Triage, examples: list[Example], prior: float | None, group: str | None, most: int) -> Measured:
    """Ask and count, over all and by `group`."""
    begun = time.perf_counter()
    answers = judged(model, examples, prior)
    seconds = max(time.perf_counter() - begun, 1e-9)
    rows = [{"set": "all", **scored(answers).as_json()}]
    sure = [row for row, example in enumerate(examples) if not example.unsure]
    if 0 < len(sure) < len(examples):
        rows.append({"set": "sure ones", **scored(answers.pick(sure)).as_json()})
    for name, at in (by(examples, group) if group else {}).items():
        rows.append({"set": name, **scored(answers.pick(at), _GROUP_RESAMPLES).as_json()})
    return Measured(answers, rows, _worst(model, answers, most), len(examples) / seconds)


def _worst(model: Triage, answers: Judged, most: int) -> list[dict[str, Any]]:
    found = worst(answers, most)
    wrong = [answers.examples[row] for _label, row in found]
    verdicts = model.judge([Asked(e.text, e.unanswered, e.waiting_hours) for e in wrong], answers.prior)
    return [
        {
            "label": label.value, "true": bool(answers.truth[label][row]),
            "chance": round(float(answers.chance[label][row]), 3), "source": answers.examples[row].source,
            "text": answers.examples[row].text[:_SHOWN],
            "clues": [[c.text, c.weight] for c in verdict.clues if c.label is label],
        }
        for (label, row), verdict in zip(found, verdicts, strict=True)
    ]  # fmt: skip


def page(measured: Measured, title: str, path: Path, progress: Progress) -> None:
    """Write the report. Raises UsageError where it cannot be written or drawn."""
    from bot.edges import report

    training, _held_out = dataset.split(dataset.read_folder(packaged("training_data")))
    answers = measured.answers
    plots = report.Plots(
        precision_recall={label.value: curves.precision_recall(answers, label) for label in LABELS},
        reliability={label.value: reliability(answers.truth[label], answers.chance[label]) for label in LABELS},
        learning={k.value: points for k, points in curves.learning_curve(training, answers, progress).items()},
    )
    try:
        page = report.page(title, measured.as_json(), plots)
        path.write_bytes(page.encode("utf-8", "replace"))  # half a character, which JSON can hold, becomes a “?”
    except OSError as problem:
        raise UsageError(f"The report cannot be written: {problem.strerror}.", where=str(path)) from None
    progress(f"written: {path}")

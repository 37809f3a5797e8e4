"""The examples that ship are what training_data/README.md says."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.learn import dataset
from bot.learn.corpus import near_duplicates, vocabulary_growth
from bot.packaged import packaged

FOLDER = packaged("training_data")
FILES = sorted(FOLDER.rglob("*.jsonl"))
CHANNELS = {"email", "form", "chat", "post", "review", "work_channel", "forum"}
LANGUAGES = {"en", "de", "es", "fr", "pt"}
_SLUG = re.compile(r"[^\W_A-Z]+([_-][^\W_A-Z]+)*")
_MAIL = re.compile(r"[\w.+-]+@((?:[\w-]+\.)+[a-z]{2,})", re.IGNORECASE)
_OURS = re.compile(r"(.+\.)?example\.(com|org|net)", re.IGNORECASE)

OPTIONAL = {"unanswered", "waiting_hours"}

Row = dict[str, Any]
RULES: dict[str, Callable[[Any], bool]] = {
    "id": lambda value: isinstance(value, str),
    "text": lambda value: isinstance(value, str) and bool(value.strip()),
    "labels": lambda value: value in ([], ["mistake"], ["mistake", "ignored"], ["ignored"]),
    "severity": lambda value: type(value) is int and 0 <= value <= 3,
    "channel": lambda value: value in CHANNELS,
    "industry": lambda value: bool(_SLUG.fullmatch(value)),
    "voice": lambda value: bool(_SLUG.fullmatch(value)),
    "lang": lambda value: value in LANGUAGES,
    "scenario": lambda value: bool(_SLUG.fullmatch(value)),
    "unanswered": lambda value: type(value) is int and 0 <= value <= 20,
    "waiting_hours": lambda value: isinstance(value, int | float) and 0 <= value <= 10_000,
    "tags": lambda value: isinstance(value, list) and all(isinstance(tag, str) and tag for tag in value),
}


def rows_of(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [row for file in FILES for row in rows_of(file)]


def test_the_readme_describes_these_fields_and_no_others() -> None:
    described = re.findall(r"^\| `(\w+)` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert described == list(RULES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_has_the_fields_of_the_readme_and_their_values(file: Path) -> None:
    for number, row in enumerate(rows_of(file), 1):
        assert set(row) | OPTIONAL == set(RULES), f"{file.name}:{number}"
        for name, value in row.items():
            assert RULES[name](value), f"{file.name}:{number}: {name} = {value!r}"
        assert (row["severity"] == 0) == (row["labels"] == []), f"{file.name}:{number}"
        assert re.fullmatch(rf"{re.escape(file.stem)}-\d+", row["id"]), f"{file.name}:{number}"


def test_no_two_examples_have_one_id(rows: list[Row]) -> None:
    assert [name for name, count in Counter(row["id"] for row in rows).items() if count > 1] == []


def test_no_address_belongs_to_anybody(rows: list[Row]) -> None:
    domains = {domain for row in rows for domain in _MAIL.findall(row["text"])}
    assert {domain for domain in domains if not _OURS.fullmatch(domain)} == set()


def test_there_is_enough_to_learn_from_on_both_sides(rows: list[Row]) -> None:
    assert len(rows) >= 8000
    training, held_out = dataset.split(dataset.read_folder(FOLDER))
    assert len(training) + len(held_out) == len(rows)
    assert 0.08 < len(held_out) / len(rows) < 0.25
    for side in (training, held_out):
        assert {"mistake", "ignored"} == {label.value for one in side for label in one.labels}
        assert any(not one.labels for one in side)


def test_hardly_any_example_is_nearly_one_of_another_story(rows: list[Row]) -> None:
    """Those of one story may be: they differ in the clause that decides, or in what is known of their thread."""
    pairs = near_duplicates([row["text"] for row in rows])
    alien = [pair for pair in pairs if rows[pair[0]]["scenario"] != rows[pair[1]]["scenario"]]
    told = [(rows[a]["id"], rows[b]["id"]) for a, b in alien]
    assert len({at for pair in alien for at in pair}) <= 0.005 * len(rows), told


def test_the_vocabulary_keeps_growing(rows: list[Row]) -> None:
    """The second half of the texts, in an order of no meaning, still brings many new words."""
    (_, first), (_, both) = vocabulary_growth([row["text"] for row in rows], steps=2)
    assert both - first > 0.3 * first


def test_what_was_written_to_mislead_counts_less(rows: list[Row]) -> None:
    weights = {one.source: one.weight for one in dataset.read_folder(FOLDER)}
    assert {file.stem for file in (FOLDER / "tricky").glob("*.jsonl")} == {
        name for name, weight in weights.items() if weight < 1
    }
    assert sum(row["id"].rpartition("-")[0] in weights for row in rows) == len(rows)
    assert sum(weights[row["id"].rpartition("-")[0]] == 1 for row in rows) >= 8000

"""The examples that ship are what training_data/README.md says."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.learn import dataset
from bot.packaged import packaged

FOLDER = packaged("training_data")
FILES = sorted(FOLDER.glob("*.jsonl"))
CHANNELS = {"email", "form", "chat", "post", "review", "work_channel", "forum"}
LANGUAGES = {"en", "de", "es", "fr", "pt"}
_SLUG = re.compile(r"[^\W_A-Z]+([_-][^\W_A-Z]+)*")
_MAIL = re.compile(r"[\w.+-]+@((?:[\w-]+\.)+[a-z]{2,})", re.IGNORECASE)
_OURS = re.compile(r"(.+\.)?example\.(com|org|net)", re.IGNORECASE)
_ALIKE = 0.8

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
        assert set(row) == set(RULES), f"{file.name}:{number}"
        for name, rule in RULES.items():
            assert rule(row[name]), f"{file.name}:{number}: {name} = {row[name]!r}"
        assert (row["severity"] == 0) == (row["labels"] == []), f"{file.name}:{number}"
        assert re.fullmatch(rf"{re.escape(file.stem)}-\d+", row["id"]), f"{file.name}:{number}"


def test_no_two_examples_have_one_id(rows: list[Row]) -> None:
    assert [name for name, count in Counter(row["id"] for row in rows).items() if count > 1] == []


def test_no_address_belongs_to_anybody(rows: list[Row]) -> None:
    domains = {domain for row in rows for domain in _MAIL.findall(row["text"])}
    assert {domain for domain in domains if not _OURS.fullmatch(domain)} == set()


def test_there_is_enough_to_learn_from_on_both_sides(rows: list[Row]) -> None:
    assert len(rows) >= 600
    training, held_out = dataset.split(dataset.read_folder(FOLDER))
    assert len(training) + len(held_out) == len(rows)
    assert 0.08 < len(held_out) / len(rows) < 0.25
    for side in (training, held_out):
        assert {"mistake", "ignored"} == {label.value for one in side for label in one.labels}
        assert any(not one.labels for one in side)


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Runs of three words; of a shorter text all its words."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset({tuple(words)})


def near_duplicates(texts: list[str]) -> set[tuple[int, int]]:
    """Pairs whose runs are alike by more than `_ALIKE` (Jaccard).

    Two such sets share one of the rarest fifth of the larger one's runs, so only those are looked up.
    """
    sets = [shingles(text) for text in texts]
    rarity = Counter(run for runs in sets for run in runs)
    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    found: set[tuple[int, int]] = set()
    for index, runs in enumerate(sets):
        rarest = sorted(runs, key=lambda run: (rarity[run], run))[: len(runs) - int(_ALIKE * len(runs)) + 1]
        for other in {other for run in rarest for other in seen[run]}:
            both = len(runs & sets[other])
            if both > _ALIKE * (len(runs) + len(sets[other]) - both):
                found.add((other, index))
        for run in rarest:
            seen[run].append(index)
    return found


def test_near_duplicates_are_found() -> None:
    story = "the oak sideboard came on tuesday and your two lads carried it up three flights of stairs"
    twin = story.replace("stairs", "steps")
    other = "the oak sideboard came on tuesday and your two lads said not a word about any of this"
    assert near_duplicates([other, story, "short", twin, "Short!", "two words", "other words"]) == {(1, 3), (2, 4)}


def test_hardly_any_example_is_nearly_another(rows: list[Row]) -> None:
    pairs = near_duplicates([row["text"] for row in rows])
    doubled = {index for pair in pairs for index in pair}
    told = [(rows[a]["id"], rows[b]["id"]) for a, b in sorted(pairs)]
    assert len(doubled) <= 0.005 * len(rows), told

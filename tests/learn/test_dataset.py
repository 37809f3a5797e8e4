"""Labelled examples: read, checked, split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.verdict import Label
from bot.errors import UsageError
from bot.learn import dataset
from bot.learn.dataset import Example
from bot.service.ports import Correction

BOTH = frozenset(Label)
GOOD: dict[str, Any] = {"text": "It leaks.", "labels": ["mistake"], "severity": 1}


def write(folder: Path, *lines: str, name: str = "batch.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def example(scenario: str, source: str = "chats") -> Example:
    return Example("text", frozenset(), 0, scenario, source=source)


def test_an_example_is_read_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    told = {
        **GOOD, "id": "batch-1", "scenario": "leak", "channel": "chat", "lang": "de", "labels": ["mistake", "ignored"],
        "severity": 3, "unsure": True, "tags": ["chaser"],
    }  # fmt: skip
    assert dataset.read_file(write(tmp_path, json.dumps(told))) == [
        Example("It leaks.", BOTH, 3, "leak", "chat", "de", "batch", unsure=True)
    ]


def test_labels_are_a_list_or_a_number_for_each(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"labels": []},
        {"labels": ["ignored"]},
        {"mistake": 0, "ignored": 1},
        {"mistake": 1, "ignored": 0},
    ]
    file = write(tmp_path, *(json.dumps({"text": "x", "severity": 0, **row}) for row in rows))
    none, ignored, mistake = frozenset[Label](), frozenset({Label.IGNORED}), frozenset({Label.MISTAKE})
    assert [one.labels for one in dataset.read_file(file)] == [none, ignored, ignored, mistake]


def test_a_scenario_has_a_name_even_where_nobody_gave_one(tmp_path: Path) -> None:
    file = write(tmp_path, json.dumps(GOOD | {"id": "batch-7"}), "", json.dumps(GOOD))
    assert [one.scenario for one in dataset.read_file(file)] == ["batch-7", f"{file}:3"]


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", "7", '"labels"', "null", '{"labels": ["mistake"], "severity": 1}', '{"text": "x", "severity": 1}',
        '{"text": "x", "labels": ["mistakes"], "severity": 1}', '{"text": "x", "labels": "mistake", "severity": 1}',
        '{"text": "x", "labels": null, "severity": 1}', '{"text": "x", "labels": []}',
        '{"text": "x", "labels": [], "severity": "bad"}', '{"text": "x", "mistake": 1, "severity": 1}', "[" * 100_000,
    ],
)  # fmt: skip
def test_a_line_that_is_no_example_is_named_with_its_file_and_number(tmp_path: Path, line: str) -> None:
    file = write(tmp_path, json.dumps(GOOD), line)
    with pytest.raises(UsageError) as caught:
        dataset.read_file(file)
    assert caught.value.where == f"{file}:2"
    assert "not an example" in caught.value.what
    assert caught.value.advice


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"text": "caf\xe9"}\n')
    for file in (tmp_path / "none.jsonl", tmp_path, tmp_path / "latin.jsonl"):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            dataset.read_file(file)
        assert caught.value.where == str(file)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        write(tmp_path, json.dumps(GOOD | {"text": name}), name=f"{name}.jsonl")
    write(tmp_path, "not this", name="README.md")
    assert [(one.text, one.source) for one in dataset.read_folder(tmp_path)] == [("a", "a"), ("b", "b"), ("c", "c")]


def test_a_folder_without_examples_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no training examples") as caught:
        dataset.read_folder(tmp_path)
    assert caught.value.where == str(tmp_path)


@given(st.lists(st.text(max_size=8), max_size=60))
def test_a_story_never_stands_on_both_sides_and_nothing_is_lost(scenarios: list[str]) -> None:
    asked = [example(name) for name in scenarios]
    training, held_out = dataset.split(asked)
    assert not {one.scenario for one in training} & {one.scenario for one in held_out}
    assert sorted(one.scenario for one in [*training, *held_out]) == sorted(scenarios)


def test_a_side_once_taken_is_kept_as_the_data_grows() -> None:
    names = [f"story-{number}" for number in range(1000)]
    some, all_of_them = (dataset.split([example(name) for name in names[:size]])[1] for size in (100, 1000))
    assert some == [one for one in all_of_them if one.scenario in names[:100]]
    assert 100 < len(all_of_them) < 190  # about one in seven


def test_the_side_of_a_story_is_the_same_on_every_machine() -> None:
    held_out = dataset.split([example(f"story-{number}") for number in range(30)])[1]
    assert [one.scenario for one in held_out] == [
        "story-10",
        "story-12",
        "story-15",
        "story-19",
        "story-25",
        "story-27",
    ]


def test_corrections_are_always_for_training() -> None:
    training, held_out = dataset.split([example(f"story-{n}", "corrections") for n in range(200)])
    assert (len(training), held_out) == (200, [])


def test_a_correction_counts_more_than_once_and_begins_with_its_subject() -> None:
    told = [
        Correction("It leaks.", "Order 17", "mail", frozenset({Label.MISTAKE}), 2),
        Correction("Thanks!", "", "work_channel", frozenset(), 0),
    ]
    one, other = dataset.from_corrections(told)
    assert (one.text, one.labels, one.severity, one.channel) == ("Order 17\nIt leaks.", told[0].labels, 2, "mail")
    assert (other.text, other.labels, other.severity) == ("Thanks!", frozenset(), 0)
    assert one.weight == other.weight > 1
    assert one.scenario != other.scenario
    assert dataset.split([one, other]) == ([one, other], [])


def test_labels_are_written_with_the_mistake_first() -> None:
    assert [dataset.names(labels) for labels in (frozenset[Label](), BOTH)] == [[], ["mistake", "ignored"]]

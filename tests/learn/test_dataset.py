"""Labelled examples: read, checked, split."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import ThreadId
from bot.domain.verdict import Label
from bot.errors import BadLines, UsageError
from bot.learn import dataset
from bot.learn.dataset import Example
from bot.service.ports import Correction
from tests.fakes.clock import MONDAY

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
        "severity": 3, "unsure": True, "tags": ["chaser"], "unanswered": 2, "waiting_hours": 30.5,
    }  # fmt: skip
    assert dataset.read_file(write(tmp_path, json.dumps(told))) == [
        Example("It leaks.", BOTH, 3, "leak", "chat", "de", "batch", unsure=True, unanswered=2, waiting_hours=30.5)
    ]


def test_labels_are_a_list_or_a_number_for_each(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"labels": [], "severity": 0},
        {"labels": ["ignored"], "severity": 1},
        {"mistake": 0, "ignored": 1, "severity": 2},
        {"mistake": 1, "ignored": 0, "severity": 3},
    ]
    file = write(tmp_path, *(json.dumps({"text": "x", **row}) for row in rows))
    none, ignored, mistake = frozenset[Label](), frozenset({Label.IGNORED}), frozenset({Label.MISTAKE})
    assert [one.labels for one in dataset.read_file(file)] == [none, ignored, ignored, mistake]


def test_a_scenario_has_a_name_even_where_nobody_gave_one(tmp_path: Path) -> None:
    file = write(tmp_path, json.dumps(GOOD | {"id": "batch-7"}), "", json.dumps(GOOD))
    assert [one.scenario for one in dataset.read_file(file)] == ["batch-7", f"{file}:3"]


NO_EXAMPLES = [
    "{", "[]", "7", '"labels"', "null", '{"labels": ["mistake"], "severity": 1}', '{"text": "x", "severity": 1}',
    '{"text": "x", "labels": ["mistakes"], "severity": 1}', '{"text": "x", "labels": "mistake", "severity": 1}',
    '{"text": "x", "labels": null, "severity": 1}', '{"text": "x", "labels": []}',
    '{"text": "x", "labels": [], "severity": "bad"}', '{"text": "x", "mistake": 1, "severity": 1}', "[" * 100_000,
    '{"text": " ", "labels": [], "severity": 0}', '{"text": 7, "labels": [], "severity": 0}',
    '{"text": "x", "labels": [], "severity": 1}', '{"text": "x", "labels": ["mistake"], "severity": 0}',
    '{"text": "x", "labels": ["mistake"], "severity": 4}', '{"text": "x", "labels": ["mistake"], "severity": -1}',
    '{"text": "x", "labels": [], "severity": 0, "unanswered": "many"}',
    '{"text": "x", "labels": [], "severity": 0, "waiting_hours": []}',
]  # fmt: skip
# Python's JSON knows numbers that no integer and no float can hold.
TOO_LARGE = [
    '{"text": "x", "labels": ["mistake"], "severity": Infinity}',
    '{"text": "x", "labels": [], "severity": 0, "unanswered": 1e999}',
    '{"text": "x", "labels": [], "severity": 0, "waiting_hours": 1%s}' % ("0" * 400),
]


@pytest.mark.parametrize("line", NO_EXAMPLES)
def test_a_line_that_is_no_example_is_named_with_its_file_and_number(tmp_path: Path, line: str) -> None:
    file = write(tmp_path, json.dumps(GOOD), line)
    with pytest.raises(BadLines) as caught:
        dataset.read_file(file)
    assert f"\n{file}:2: this is not an example (" in caught.value.what
    assert "training_data/README.md" in caught.value.advice


@pytest.mark.parametrize("line", TOO_LARGE)
def test_a_number_beyond_all_numbers_is_a_bad_line_too(tmp_path: Path, line: str) -> None:
    file = write(tmp_path, json.dumps(GOOD), line)
    with pytest.raises(BadLines, match="1 of the lines are no examples"):
        dataset.read_file(file)


def test_all_bad_lines_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    first = write(tmp_path, "{", json.dumps(GOOD), "[]", name="a.jsonl")
    second = write(tmp_path, json.dumps(GOOD), "", "null", name="b.jsonl")
    with pytest.raises(BadLines) as caught:
        dataset.read_folder(tmp_path)
    head, *named = caught.value.what.splitlines()
    assert head == "3 of the lines are no examples:"
    assert [line.partition(": ")[0] for line in named] == [f"{first}:1", f"{first}:3", f"{second}:3"]


def test_of_very_many_bad_lines_a_hundred_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(BadLines, match="250 of the lines") as caught:
        dataset.read_file(write(tmp_path, *["{"] * 250))
    assert len(caught.value.what.splitlines()) == 1 + 100 + 1
    assert caught.value.what.endswith("… and 150 more")


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


def test_the_tricky_examples_of_a_folder_come_last_and_count_less(tmp_path: Path) -> None:
    (tmp_path / "tricky").mkdir()
    write(tmp_path, json.dumps(GOOD | {"text": "tricky"}), name="tricky/a.jsonl")
    write(tmp_path, json.dumps(GOOD | {"text": "usual"}), name="z.jsonl")
    usual, tricky = dataset.read_folder(tmp_path)
    assert (usual.text, tricky.text) == ("usual", "tricky")
    assert 0 < tricky.weight < usual.weight == 1


def test_bad_lines_of_tricky_examples_are_named_with_the_others(tmp_path: Path) -> None:
    (tmp_path / "tricky").mkdir()
    files = [write(tmp_path, "{", name=name) for name in ("a.jsonl", "tricky/b.jsonl")]
    with pytest.raises(BadLines) as caught:
        dataset.read_folder(tmp_path)
    assert all(f"{file}:1" in caught.value.what for file in files)


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


@pytest.mark.parametrize("scenario", ["", "\ud83d", "ä😡", "x" * 10_000])
def test_a_story_of_any_name_has_a_side(scenario: str) -> None:
    assert dataset.held_back(scenario) is dataset.held_back(scenario)


# corrections


def correction(text: str = "It leaks.", thread: int = 7, **other: Any) -> Correction:
    labels = frozenset({Label.MISTAKE})
    fields: dict[str, Any] = {"subject": "", "medium": "mail", "labels": labels, "severity": 1, "at": MONDAY}
    return Correction(text=text, thread=ThreadId(thread), **(fields | other))


def test_a_correction_counts_more_than_once_and_begins_with_its_subject() -> None:
    told = [
        correction(subject="Order 17", unanswered=2, waiting_hours=30.0),
        correction("Thanks!", thread=8, labels=frozenset(), severity=0, medium="work_channel"),
    ]
    one, other = dataset.from_corrections(told)
    assert (one.text, one.labels, one.severity, one.channel) == ("Order 17\nIt leaks.", told[0].labels, 1, "mail")
    assert (one.unanswered, one.waiting_hours) == (2, 30.0)
    assert (other.text, other.labels, other.severity, other.channel) == ("Thanks!", frozenset(), 0, "work_channel")
    assert one.weight == other.weight > 1
    assert {one.source, other.source} == {"corrections"}


def test_corrections_of_one_thread_are_one_story() -> None:
    told = dataset.from_corrections([correction("a"), correction("b"), correction("c", thread=8)])
    assert [one.scenario for one in told] == ["thread-7", "thread-7", "thread-8"]


@given(st.lists(st.integers(1, 40), max_size=60))
def test_a_thread_never_lies_on_both_sides_and_some_are_for_measuring(threads: list[int]) -> None:
    told = dataset.from_corrections(correction(f"text {n}", thread) for n, thread in enumerate(threads))
    training, held_out = dataset.split(told)
    assert not {one.scenario for one in training} & {one.scenario for one in held_out}
    assert len(training) + len(held_out) == len(threads)
    assert all(dataset.held_back(one.scenario) for one in held_out)


def test_about_one_thread_in_seven_is_for_measuring() -> None:
    assert 100 < sum(dataset.held_back(f"thread-{number}") for number in range(1000)) < 190


# the hash of what was learnt from


def test_the_same_examples_in_any_order_have_one_fingerprint() -> None:
    told = [example("a"), example("b"), replace(example("a"), text="other")]
    assert dataset.fingerprint(told) == dataset.fingerprint(told[::-1])
    assert dataset.fingerprint(told) != dataset.fingerprint(told[:2])
    assert dataset.fingerprint([*told, told[0]]) != dataset.fingerprint(told)
    assert len(dataset.fingerprint([])) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"text": "other"}, {"labels": BOTH}, {"severity": 2}, {"scenario": "other"}, {"weight": 3.0},
        {"unanswered": 1}, {"waiting_hours": 0.5},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_whatever_a_model_learns_from_changes_the_fingerprint(change: dict[str, Any]) -> None:
    before = Example("text", frozenset({Label.MISTAKE}), 1, "story")
    assert dataset.fingerprint([before]) != dataset.fingerprint([replace(before, **change)])


def test_labels_are_written_with_the_mistake_first() -> None:
    assert [dataset.names(labels) for labels in (frozenset[Label](), BOTH)] == [[], ["mistake", "ignored"]]

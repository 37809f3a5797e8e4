"""Retraining with real data and a real database: the gate keeps the worse out, and nothing is lost by trying."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot import champion
from bot.errors import AmendsError, BadLines, ModelUnfit, UsageError
from bot.learn.dataset import held_back
from tests.fakes.taught import School, Taught, good_rows, untaught, write_lesson
from tests.fakes.world import everything

COMPLAINT = "You charged me twice and nobody has answered my three mails."
THANKS = "Thank you so much, the kettle is lovely!"


@pytest.fixture(scope="module")
def refused(school: School, tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """A well-taught installation that was then given the bad lesson."""
    return school.well_taught.copy(tmp_path_factory.mktemp("refused")).retrain(school.bad)


@pytest.fixture(scope="module")
def again(school: School, tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """A well-taught installation that was then given the very same lesson."""
    return school.well_taught.copy(tmp_path_factory.mktemp("again")).retrain(school.good)


def card(taught: Taught) -> dict[str, Any]:
    """Of the model that the last retraining gave."""
    assert taught.done
    with taught.world() as world:
        return champion.card(world.store, taught.done.id)


def kept(taught: Taught) -> tuple[object, list[str]]:
    """All that an installation holds."""
    with taught.world() as world:
        return everything(world.store), taught.models()


# the gate


def test_a_better_challenger_becomes_champion(school: School) -> None:
    before, after = school.badly_taught.done, school.well_taught.done
    assert before
    assert after
    assert (after.gate.passed, after.promoted) == (True, True)
    reigning = school.well_taught.champion()
    assert reigning
    assert reigning.id == after.id != before.id
    for comparison in after.gate.comparisons[:2]:
        assert comparison.challenger > comparison.champion + 0.1
        assert comparison.lowest > 0


def test_what_is_champion_judges_from_then_on(school: School, tmp_path: Path) -> None:
    taught = school.well_taught.copy(tmp_path)
    assert taught.done
    with taught.world() as world:
        loaded = champion.load_model(taught.settings, world.store, rebuild=False, progress=print)
    assert loaded.id == taught.done.id
    complaint, thanks = loaded.judge([COMPLAINT, THANKS], 0.3)
    assert complaint.mistake > 0.5 > thanks.mistake
    assert complaint.ignored > thanks.ignored


def test_a_challenger_that_learnt_from_flipped_labels_is_refused_and_the_champion_stays(
    school: School, refused: Taught
) -> None:
    assert school.well_taught.done
    assert refused.done
    assert (refused.done.gate.passed, refused.done.promoted) == (False, False)
    reigning = refused.champion()
    assert reigning
    assert reigning.id == school.well_taught.done.id
    with refused.world() as world:
        loaded = champion.load_model(refused.settings, world.store, rebuild=False, progress=print)
    assert loaded.id == school.well_taught.done.id


def test_of_a_refused_challenger_one_can_read_why(refused: Taught) -> None:
    told = card(refused)
    assert told["gate"]["passed"] is False
    assert "which is more than the margin of 0.02 allows" in " ".join(told["gate"]["reasons"])
    whole = [one for one in told["gate"]["comparisons"] if one["name"] == "all"]
    assert [one["label"] for one in whole] == ["mistake", "ignored"]
    assert all(one["challenger"] < one["champion"] - 0.1 and one["lowest"] < -0.02 for one in whole)


def test_both_judge_the_same_held_back_examples_of_which_neither_has_learnt(refused: Taught) -> None:
    assert refused.done
    held_out = [row for row in good_rows() if held_back(row["scenario"])]
    assert refused.done.scorecard.size == refused.done.gate.comparisons[0].size == len(held_out) > 15
    assert refused.done.examples == len(good_rows()) - len(held_out)
    assert card(refused)["held_out"]["size"] == len(held_out)


def test_a_first_model_is_taken_even_if_the_gate_would_not_where_nothing_else_can_be_loaded(school: School) -> None:
    done = school.badly_taught.done
    assert done
    assert (done.gate.passed, done.promoted) == (False, True)
    reigning = school.badly_taught.champion()
    assert reigning
    assert reigning.id == done.id


def test_a_champion_that_cannot_be_loaded_keeps_no_good_challenger_away_and_a_dry_run_keeps_nothing(
    school: School, tmp_path: Path
) -> None:
    taught = school.well_taught.copy(tmp_path)
    assert taught.done
    (tmp_path / "models" / taught.done.id / "model.joblib").write_bytes(b"gone bad")
    before, told = kept(taught), taught.retrain(school.good, dry_run=True).done
    assert told
    assert (told.gate.passed, told.gate.comparisons) == (True, ())
    assert "no champion to compare with" in told.gate.reasons[0]
    assert (told.promoted, told.id) == (False, "")
    assert told.model.judge([COMPLAINT], 0.3)[0].mistake > 0.5
    assert kept(taught) == before


# the same again


def test_the_same_data_gives_the_same_model_and_the_same_predictions(school: School, again: Taught) -> None:
    first, second = card(school.well_taught), card(again)
    for name in ("data_sha256", "predictions_sha256", "held_out", "examples", "positives", "thresholds"):
        assert first[name] == second[name], name
    assert len(first["data_sha256"]) == len(first["predictions_sha256"]) == 64
    other = card(school.badly_taught)
    assert other["data_sha256"] != first["data_sha256"]
    assert other["predictions_sha256"] != first["predictions_sha256"]


def test_a_challenger_that_is_the_champion_again_passes(again: Taught) -> None:
    assert again.done
    assert again.done.promoted
    assert {(one.lowest, one.won, one.lost) for one in again.done.gate.comparisons} == {(0.0, 0, 0)}


def test_a_model_s_card_lies_beside_it_and_in_the_database(again: Taught) -> None:
    assert again.done
    beside = json.loads((again.home / "models" / again.done.id / "card.json").read_text(encoding="utf-8"))
    told = card(again)
    assert {name: value for name, value in beside.items() if name != "bytes"} == told
    assert set(told) == {
        "id", "sha256", "sklearn", "features", "versions", "trained_at", "examples", "corrections", "positives",
        "data_sha256", "thresholds", "calibration", "held_out", "predictions_sha256", "gate",
    }  # fmt: skip
    assert told["trained_at"] == again.now.isoformat(timespec="seconds")
    assert (told["examples"], told["corrections"]) == (again.done.examples, 0)
    for label, line in again.done.model.lines.items():
        assert told["calibration"][label.value] == {"slope": round(line.slope, 4), "shift": round(line.shift, 4)}
    assert told["positives"]["mistake"] == sum(
        "mistake" in row["labels"] for row in good_rows() if not held_back(row["scenario"])
    )


# data that cannot be used


def lines(folder: Path) -> Path:
    """Good lines with three bad ones among them."""
    file = write_lesson(folder, good_rows()) / "lesson.jsonl"
    told = file.read_text(encoding="utf-8").splitlines()
    told[10:10] = [
        "{",
        '{"text": "x", "labels": ["rude"], "severity": 1}',
        '{"text": "x", "labels": [], "severity": 2}',
    ]
    file.write_text("\n".join(told) + "\n", encoding="utf-8")
    return folder


def only(chosen: Callable[[dict[str, Any]], bool]) -> Callable[[Path], Path]:
    return lambda folder: write_lesson(folder, [row for row in good_rows() if chosen(row)])


def empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lines, BadLines, "3 of the lines are no examples"),
        (empty, UsageError, "no training examples"),
        (only(lambda row: row["labels"] != ["mistake", "ignored"]), ModelUnfit, "with or without “ignored”"),
        (only(lambda row: bool(row["labels"])), ModelUnfit, "with or without “mistake”"),
        (only(lambda row: not held_back(row["scenario"])), AmendsError, "."),
    ],
    ids=["bad lines", "nothing", "no ignored ones", "only mistakes", "nothing held back"],
)
def test_from_what_cannot_be_used_nothing_is_kept(
    school: School, tmp_path: Path, make: Callable[[Path], Path], error: type[AmendsError], said: str
) -> None:
    taught = school.badly_taught.copy(tmp_path / "home")
    before = kept(taught)
    with pytest.raises(error, match=said):
        taught.retrain(make(tmp_path / "lesson"))
    assert kept(taught) == before


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    folder = lines(tmp_path / "lesson")
    with pytest.raises(BadLines) as caught:
        untaught(tmp_path / "home").retrain(folder)
    assert [line.partition(": ")[0] for line in caught.value.what.splitlines()[1:]] == [
        f"{folder / 'lesson.jsonl'}:{number}" for number in (11, 12, 13)
    ]

"""`amends retrain`: a challenger is trained, compared, and told about; the exit code says whether it was taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import champion
from bot.edges import console_models
from bot.learn.dataset import held_back
from tests.cli.conftest import Amends
from tests.fakes.build import DAY
from tests.fakes.taught import School, Taught, good_rows, package, stop_the_clock, untaught, write_lesson

BAD, WELL = "20260303T090000Z", "20260304T090000Z"


@pytest.fixture
def badly(amends: Amends, school: School, monkeypatch: pytest.MonkeyPatch) -> Taught:
    """In this folder is an installation that was badly taught; it is the day after."""
    stop_the_clock(monkeypatch, school.badly_taught.now + DAY)
    return school.badly_taught.copy(amends.here)


@pytest.fixture
def well(amends: Amends, school: School, monkeypatch: pytest.MonkeyPatch) -> Taught:
    """The same, well taught."""
    stop_the_clock(monkeypatch, school.well_taught.now + DAY)
    return school.well_taught.copy(amends.here)


def champions(amends: Amends) -> list[str]:
    return [one["id"] for one in amends("models", "--json").told if one["champion"]]


def test_a_worse_challenger_ends_with_exit_code_3_and_the_champion_stays(
    amends: Amends, well: Taught, school: School
) -> None:
    done = amends("retrain", "--data", school.bad, "--json")
    assert done.code == 3
    told = done.told
    assert (told["champion"], told["passed"], told["dry_run"]) == (False, False, False)
    assert "which is more than the margin of 0.02 allows" in told["reasons"][0]
    assert told["comparisons"][0]["challenger"] < told["comparisons"][0]["champion"]
    assert (told["examples"], told["corrections"]) == (sum(not held_back(row["scenario"]) for row in good_rows()), 0)
    assert champions(amends) == [WELL]
    assert told["id"] in [one["id"] for one in amends("models", "--json").told]


def test_a_better_challenger_ends_with_exit_code_0_and_judges_from_then_on(
    amends: Amends, badly: Taught, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(monkeypatch, school.good)
    done = amends("retrain")
    assert done.code == 0
    assert f"Model {WELL} is champion now. `amends models rollback` goes back." in done.out
    assert "champion AP" in done.out
    assert "challenger AP" in done.out
    assert f"learnt from {sum(not held_back(row['scenario']) for row in good_rows())} examples, 0 of them" in done.out
    assert "comparing on" in done.err
    assert champions(amends) == [WELL]
    with school.well_taught.world() as world:
        same = champion.card(world.store, WELL)  # trained by one process, and this one by workers
    card = amends("models", "show", WELL, "--json").told
    assert (card["data_sha256"], card["predictions_sha256"]) == (same["data_sha256"], same["predictions_sha256"])
    assert amends("models", "rollback", "--json").told == {"champion": BAD, "before": WELL}


def test_a_dry_run_says_what_would_be_and_keeps_nothing(amends: Amends, badly: Taught, school: School) -> None:
    before = amends("models", "--json").told, badly.models()
    done = amends("retrain", "--dry-run", "--data", school.good, "--json", "--no-progress")
    assert (done.code, done.err) == (0, "")
    assert (done.told["passed"], done.told["champion"], done.told["id"], done.told["dry_run"]) == (
        True,
        False,
        "",
        True,
    )
    assert (amends("models", "--json").told, badly.models()) == before


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"dry_run": True, "passed": True}, "A dry run: nothing was kept. The gate would let it pass."),
        ({"dry_run": True, "passed": False}, "A dry run: nothing was kept. The gate would refuse it."),
        ({"champion": True, "passed": True}, "Model m7 is champion now."),
        ({"passed": False}, "Model m7 was not taken: it may be worse than the champion, which stays."),
    ],
)
def test_the_end_is_said_to_people(
    told: dict[str, bool], said: str, amends: Amends, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = {"id": "m7", "champion": False, "dry_run": False, "reasons": [], "examples": 1, "corrections": 0}
    console_models.retrained(fields | {"comparisons": []} | told)
    assert said in capsys.readouterr().out


def test_channels_of_any_name_are_shown_as_they_are(amends: Amends, capsys: pytest.CaptureFixture[str]) -> None:
    """They come from a file that somebody wrote."""
    one = {"label": "mistake", "size": 3, "champion": 0.5, "challenger": 0.5, "lowest": 0.0, "won": 0, "lost": 0}
    rows = [one | {"name": name, "p_value": 1.0} for name in ("[red]shop[/red]", "[/nowhere]", "\x1b[31mshop")]
    fields = {"id": "m7", "champion": True, "passed": True, "dry_run": False, "reasons": [], "examples": 1}
    console_models.retrained(fields | {"corrections": 0, "comparisons": rows})
    out = capsys.readouterr().out
    assert "[red]shop[/red]" in out
    assert "[/nowhere]" in out
    assert "\x1b" not in out


# what cannot be learnt from


def test_bad_lines_are_all_named_and_nothing_is_kept(amends: Amends, well: Taught) -> None:
    lesson = write_lesson(amends.here / "mine", good_rows()) / "lesson.jsonl"
    lines = lesson.read_text(encoding="utf-8").splitlines()
    lesson.write_text("\n".join([lines[0], "{", *lines[1:], '{"text": "x"}']) + "\n", encoding="utf-8")
    before = amends("models", "--json").told, well.models()
    done = amends("retrain", "--data", "mine", "--no-progress")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("amends: 2 of the lines are no examples:\n")
    assert "mine/lesson.jsonl:2: " in done.err
    assert f"mine/lesson.jsonl:{len(lines) + 2}: " in done.err
    assert "training_data/README.md describes the format." in done.err
    assert (amends("models", "--json").told, well.models()) == before


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (lambda folder: None, 2, "mine: There are no training examples (*.jsonl)."),
        (lambda folder: write_lesson(folder, good_rows()[:60]), 6, "There are fewer than 50 examples with or without"),
    ],
    ids=["no such folder", "too few"],
)
def test_what_is_missing_is_said(amends: Amends, well: Taught, make: object, code: int, said: str) -> None:
    assert callable(make)
    make(amends.here / "mine")
    done = amends("retrain", "--data", "mine", "--no-progress")
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert champions(amends) == [WELL]


def test_shipping_is_for_maintainers_and_stands_in_no_help(amends: Amends) -> None:
    assert "--ship" not in amends("retrain", "--help").out


def test_the_exit_codes_are_in_the_help(amends: Amends) -> None:
    told = " ".join(amends("retrain", "--help").out.split())
    assert "Exits 0 if it was promoted (or would be), 3 if the champion stays, 2 if the data has bad lines." in told


def test_a_first_retraining_makes_the_database(amends: Amends, tmp_path: Path) -> None:
    """Whoever brings data before the first mail has come is not sent away."""
    untaught(tmp_path)
    (tmp_path / "amends.db").unlink()
    write_lesson(amends.here / "mine", good_rows()[:60])
    assert amends("retrain", "--data", "mine", "--no-progress").code == 6
    assert (tmp_path / "amends.db").exists()

"""`amends models`: which there are, what is known of one, which one judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.champion import SHIPPED
from tests.cli.conftest import Amends
from tests.fakes.taught import CONFIG, School, Taught

BAD, WELL = "20260303T090000Z", "20260304T090000Z"


@pytest.fixture
def taught(amends: Amends, school: School) -> Taught:
    """In this folder: its first champion was badly taught, its present one well."""
    return school.well_taught.copy(amends.here)


def champions(amends: Amends, *args: object) -> list[str]:
    return [one["id"] for one in amends("models", "--json", *args).told if one["champion"]]


def test_the_models_are_listed_and_the_champion_is_marked(amends: Amends, taught: Taught) -> None:
    done = amends("models", "--json")
    assert done.code == 0
    assert [(one["id"], one["champion"]) for one in done.told] == [(WELL, True), (BAD, False), (SHIPPED, False)]
    keys = {"id", "champion", "trained_at", "examples", "corrections", "mistake", "ignored"}
    assert all(set(one) == keys for one in done.told)
    shown = amends("models").out.splitlines()
    marked = [line for line in shown if "champion" in line]
    assert len(marked) == 1
    assert WELL in marked[0]
    assert "2026-03-04 09:00" in marked[0]


def test_where_nothing_was_trained_the_shipped_model_is_listed_and_no_database_is_made(amends: Amends) -> None:
    amends.write("config.toml", CONFIG)
    assert champions(amends) == [SHIPPED]
    assert SHIPPED in amends("models").out
    assert [one.name for one in amends.here.iterdir()] == ["config.toml"]


def test_a_card_is_shown_to_machines_and_to_people(amends: Amends, taught: Taught) -> None:
    told = amends("models", "show", WELL, "--json").told
    assert (told["id"], told["gate"]["passed"]) == (WELL, True)
    shown = amends("models", "show", WELL).out
    for words in (
        f"id: {WELL}", f"data_sha256: {told['data_sha256']}", f"predictions_sha256: {told['predictions_sha256']}",
        "thresholds:", "  mistake: 0.5", f"sklearn: {told['sklearn']}", "average_precision_interval:", "lowest",
        "trained_at: 2026-03-04T09:00:00+00:00", "positives:",
    ):  # fmt: skip
        assert words in shown, words


def test_the_card_of_the_shipped_model_needs_no_database(amends: Amends) -> None:
    done = amends("models", "show", SHIPPED, "--json")
    assert (done.code, done.told["id"]) == (0, SHIPPED)


def test_a_model_that_is_promoted_judges_and_the_way_back_goes_two_steps(amends: Amends, taught: Taught) -> None:
    done = amends("models", "promote", BAD)
    assert (done.code, done.out) == (0, f"Model {BAD} judges from now on; before it was {WELL}.\n")
    assert champions(amends) == [BAD]
    assert amends("models", "rollback", "--json").told == {"champion": WELL, "before": BAD}
    assert amends("models", "rollback").out == f"Model {BAD} judges from now on; before it was {WELL}.\n"
    assert champions(amends) == [BAD]
    assert amends("models", "promote", WELL, "--json").told == {"champion": WELL, "before": BAD}


@pytest.mark.parametrize("verb", ["show", "promote"])
def test_a_model_that_there_is_not_is_named(amends: Amends, taught: Taught, verb: str) -> None:
    done = amends("models", verb, "20990101T000000Z")
    assert (done.code, done.out) == (2, "")
    assert done.err == "amends: There is no model 20990101T000000Z. `amends models` lists them.\n"
    assert champions(amends) == [WELL]


def test_a_model_that_cannot_be_loaded_is_not_promoted(amends: Amends, taught: Taught) -> None:
    (amends.here / "models" / BAD / "model.joblib").unlink()
    done = amends("models", "promote", BAD)
    assert (done.code, done.out) == (6, "")
    assert "The model cannot be read: No such file or directory." in done.err
    assert champions(amends) == [WELL]
    assert amends("models", "rollback").code == 6
    assert champions(amends) == [WELL]


@pytest.mark.parametrize("args", [("promote", WELL), ("rollback",)], ids=lambda args: args[0])
def test_without_a_database_there_is_nothing_to_promote(amends: Amends, args: tuple[str, ...]) -> None:
    amends.write("config.toml", CONFIG)
    done = amends("models", *args)
    assert (done.code, done.out) == (7, "")
    assert "There is no such database." in done.err
    assert [one.name for one in amends.here.iterdir()] == ["config.toml"]


def test_before_the_first_own_champion_lies_the_shipped_model_and_before_that_nothing(
    amends: Amends, taught: Taught
) -> None:
    assert [amends("models", "rollback", "--json").told["champion"] for _ in range(2)] == [BAD, SHIPPED]
    done = amends("models", "rollback")
    assert (done.code, done.out) == (2, "")
    assert done.err == "amends: The shipped model judges; there is nothing to go back to.\n"


def test_the_config_of_another_installation_is_heeded_wherever_it_is_named(
    amends: Amends, taught: Taught, school: School, tmp_path: Path
) -> None:
    """`amends models -c other.toml promote …` must not promote in this folder."""
    other = school.badly_taught.copy(tmp_path / "other")
    assert champions(amends, "--config", other.home / "config.toml") == [BAD]
    done = amends("models", "--config", other.home / "config.toml", "show", WELL)
    assert done.code == 2, "the other installation has no such model, or the option is refused there"
    assert amends("models", "show", WELL, "--config", other.home / "config.toml").code == 2


def test_json_is_given_wherever_it_is_asked_for(amends: Amends, taught: Taught) -> None:
    after = amends("models", "show", WELL, "--json")
    before = amends("models", "--json", "show", WELL)
    assert after.code == 0
    assert before.code == 2 or before.told == after.told

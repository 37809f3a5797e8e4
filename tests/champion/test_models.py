"""Which model judges: promoted, rolled back, listed, looked at; one that cannot be loaded never reigns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import champion
from bot.champion import SHIPPED
from bot.errors import ModelUnfit, UsageError
from bot.learn import registry
from bot.packaged import packaged
from bot.store.models import crown
from tests.fakes.taught import School, Taught, package, untaught
from tests.fakes.world import World

BAD, WELL = "20260303T090000Z", "20260304T090000Z"


@pytest.fixture
def taught(school: School, tmp_path: Path) -> Taught:
    """Its first champion was badly taught, its second and present one well."""
    return school.well_taught.copy(tmp_path / "home")


def reigning(world: World) -> str:
    found = world.store.read(champion.crowned)
    return found.id if found else SHIPPED


def damage(taught: Taught, model: str) -> None:
    """One byte of its file is another."""
    file = taught.home / "models" / model / "model.joblib"
    data = bytearray(file.read_bytes())
    data[1000] ^= 1
    file.write_bytes(data)


def test_a_model_that_is_promoted_judges_from_then_on(taught: Taught) -> None:
    with taught.world() as world:
        assert champion.promote(taught.settings, world.store, BAD) == WELL
        assert reigning(world) == BAD
        assert champion.load_model(taught.settings, world.store, rebuild=False, progress=print).id == BAD


def test_a_model_that_there_is_not_is_named_and_nothing_changes(taught: Taught) -> None:
    with taught.world() as world:
        for name in ("20990101T000000Z", "", "../models", f"{WELL} "):
            with pytest.raises(UsageError, match=f"There is no model {name}") as caught:
                champion.promote(taught.settings, world.store, name)
            assert "amends models" in caught.value.advice
        assert reigning(world) == WELL


def test_a_folder_that_nobody_trained_here_is_no_model(taught: Taught) -> None:
    """What is loaded is code; only what this installation wrote down is trusted."""
    (taught.home / "models" / "planted").mkdir()
    for file in (taught.home / "models" / BAD).iterdir():
        (taught.home / "models" / "planted" / file.name).write_bytes(file.read_bytes())
    with taught.world() as world, pytest.raises(UsageError, match="There is no model planted"):
        champion.promote(taught.settings, world.store, "planted")


def test_a_model_that_cannot_be_loaded_is_not_promoted(taught: Taught) -> None:
    damage(taught, BAD)
    with taught.world() as world:
        with pytest.raises(ModelUnfit, match="its hash is not known"):
            champion.promote(taught.settings, world.store, BAD)
        assert reigning(world) == WELL


def test_a_model_of_other_feature_code_is_not_promoted(taught: Taught) -> None:
    taught.outdate(BAD)
    with taught.world() as world:
        with pytest.raises(ModelUnfit, match="another version of amends"):
            champion.promote(taught.settings, world.store, BAD)
        assert reigning(world) == WELL


def test_the_shipped_model_can_be_promoted(taught: Taught) -> None:
    with taught.world() as world:
        assert champion.promote(taught.settings, world.store, SHIPPED) == WELL
        assert reigning(world) == SHIPPED


# going back


def test_rolling_back_goes_to_the_champion_before_and_twice_two_steps(taught: Taught) -> None:
    with taught.world() as world:
        champion.promote(taught.settings, world.store, BAD)  # the third reign
        assert champion.roll_back(taught.settings, world.store) == (WELL, BAD)
        assert reigning(world) == WELL
        assert champion.roll_back(taught.settings, world.store) == (BAD, WELL)
        assert reigning(world) == BAD


def test_what_was_promoted_after_going_back_can_be_undone_too(taught: Taught) -> None:
    with taught.world() as world:
        assert champion.roll_back(taught.settings, world.store) == (BAD, WELL)
        assert champion.promote(taught.settings, world.store, WELL) == BAD
        assert champion.roll_back(taught.settings, world.store) == (BAD, WELL)


def test_who_promotes_the_champion_again_still_goes_back_to_the_one_before_it(taught: Taught) -> None:
    with taught.world() as world:
        champion.promote(taught.settings, world.store, WELL)
        assert champion.roll_back(taught.settings, world.store) == (BAD, WELL)


def test_before_the_first_own_champion_there_was_the_shipped_model(taught: Taught) -> None:
    with taught.world() as world:
        for expected in ((BAD, WELL), (SHIPPED, BAD)):
            assert champion.roll_back(taught.settings, world.store) == expected
        with pytest.raises(UsageError, match="nothing to go back to"):
            champion.roll_back(taught.settings, world.store)
        assert reigning(world) == SHIPPED


def test_where_nothing_was_ever_promoted_there_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    fresh = untaught(tmp_path / "home")
    with fresh.world() as world, pytest.raises(UsageError, match="there is nothing to go back to"):
        champion.roll_back(fresh.settings, world.store)


def test_after_the_shipped_model_was_promoted_one_can_go_back_to_one_s_own(taught: Taught) -> None:
    with taught.world() as world:
        world.store.transact(lambda tx: crown(tx.connection, None, tx.now))  # as `promote shipped` does
        assert reigning(world) == SHIPPED
        assert champion.roll_back(taught.settings, world.store) == (WELL, SHIPPED)
        assert reigning(world) == WELL


def test_one_does_not_go_back_to_a_model_that_cannot_be_loaded(taught: Taught) -> None:
    damage(taught, BAD)
    with taught.world() as world:
        with pytest.raises(ModelUnfit):
            champion.roll_back(taught.settings, world.store)
        assert reigning(world) == WELL


# looking


def test_all_models_are_listed_the_newest_first_and_the_shipped_one_last(taught: Taught) -> None:
    with taught.world() as world:
        listed = champion.listed(world.store)
    assert [(one["id"], one["champion"]) for one in listed] == [(WELL, True), (BAD, False), (SHIPPED, False)]
    assert listed[0]["mistake"] > listed[1]["mistake"]
    assert listed[0]["examples"] == listed[1]["examples"] > 150
    assert all(0 <= one[label] <= 1 for one in listed for label in ("mistake", "ignored"))


def test_exactly_one_model_is_the_champion_whatever_happened(taught: Taught) -> None:
    with taught.world() as world:
        for expected in (WELL, BAD):
            assert [one["id"] for one in champion.listed(world.store) if one["champion"]] == [expected]
            world.store.transact(lambda tx: crown(tx.connection, BAD, tx.now))
        world.store.transact(lambda tx: crown(tx.connection, None, tx.now))
        assert [one["id"] for one in champion.listed(world.store) if one["champion"]] == [SHIPPED]


def test_without_a_database_there_is_the_shipped_model(tmp_path: Path) -> None:
    (only,) = champion.listed(None)
    assert (only["id"], only["champion"]) == (SHIPPED, True)
    shipped = json.loads((packaged("models") / SHIPPED / "card.json").read_text(encoding="utf-8"))
    assert champion.card(None, SHIPPED) == shipped
    with pytest.raises(UsageError, match=f"There is no model {WELL}"):
        champion.card(None, WELL)


def test_a_card_says_what_a_model_learnt_and_how_it_passed(taught: Taught) -> None:
    with taught.world() as world:
        well, badly = (champion.card(world.store, name) for name in (WELL, BAD))
    assert (well["id"], well["gate"]["passed"], badly["gate"]["passed"]) == (WELL, True, False)
    assert well["sklearn"] == registry.sklearn_version()
    assert set(well["positives"]) == set(well["thresholds"]) == {"mistake", "ignored"}
    assert well["held_out"]["mistake"]["average_precision"] > badly["held_out"]["mistake"]["average_precision"]


# loading


def test_a_champion_that_was_tampered_with_is_not_loaded_and_not_silently_replaced(taught: Taught) -> None:
    damage(taught, WELL)
    with taught.world() as world, pytest.raises(ModelUnfit, match="its hash is not known"):
        champion.load_model(taught.settings, world.store, rebuild=True, progress=print)


def test_an_outdated_champion_is_refused_where_nobody_wants_it_rebuilt(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "sklearn_version", lambda: "0.1.2")
    with taught.world() as world, pytest.raises(ModelUnfit, match=r"0\.1\.2 is installed"):
        champion.load_model(taught.settings, world.store, rebuild=False, progress=print)


def test_an_outdated_champion_is_rebuilt_from_the_packaged_examples_and_judges_then(
    school: School, taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught.outdate(WELL)
    package(monkeypatch, school.good)
    told: list[str] = []
    with taught.world() as world:
        rebuilt = champion.load_model(taught.settings, world.store, rebuild=True, progress=told.append)
        assert reigning(world) == rebuilt.id not in (WELL, BAD)
    assert "another version of amends" in told[0]
    assert "this happens once" in told[1]

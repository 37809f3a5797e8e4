"""Models on disk: whole or not at all, and loaded only when their very bytes are trusted."""

from __future__ import annotations

import ast
import hashlib
import json
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import joblib
import pytest

from bot.errors import ModelOutdated, ModelUnfit
from bot.learn import registry
from bot.learn.model import Triage
from bot.learn.registry import Saved

TEXTS = ["You charged me twice and nobody answers.", "Lovely kettle!", ""]


@pytest.fixture
def saved(model: Triage, tmp_path: Path) -> Saved:
    """The small model, written to an own folder."""
    return registry.save(model, tmp_path / "models", "m1", {"examples": 300})


def load(saved: Saved) -> Triage:
    return registry.load(saved.folder, saved.sha256, registry.sklearn_version(), registry.features_version())


def test_a_model_that_was_saved_judges_as_before(model: Triage, saved: Saved) -> None:
    again = load(saved)
    assert again.id == "m1"
    before, after = model.judge(TEXTS, 0.2), again.judge(TEXTS, 0.2)
    assert [(v.mistake, v.ignored, v.labels, v.clues) for v in after] == [
        (v.mistake, v.ignored, v.labels, v.clues) for v in before
    ]


def test_the_card_says_what_lies_beside_it(saved: Saved) -> None:
    told = json.loads((saved.folder / "card.json").read_text(encoding="utf-8"))
    assert told == {
        "id": "m1", "sklearn": registry.sklearn_version(), "features": registry.features_version(),
        "sha256": saved.sha256, "bytes": saved.size, "examples": 300, "versions": told["versions"],
    }  # fmt: skip
    assert told["versions"]["scikit-learn"] == registry.sklearn_version()
    assert set(told["versions"]) == {"amends", "google-re2", "joblib", "numpy", "python", "scikit-learn", "scipy"}
    assert (saved.folder / "model.joblib").stat().st_size == saved.size
    assert sorted(file.name for file in saved.folder.iterdir()) == ["card.json", "model.joblib"]


def test_that_a_model_was_used_does_not_change_its_bytes(model: Triage, saved: Saved, tmp_path: Path) -> None:
    model.judge(TEXTS, 0.2)
    assert registry.save(model, tmp_path / "again", "m1", {}).sha256 == saved.sha256


def test_names_sort_by_time() -> None:
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
    names = [registry.new_id(moment + timedelta(hours=7 * step)) for step in range(50)]
    assert names == sorted(set(names))
    assert names[0] == "20260302T090000Z"


# what is not loaded


def test_one_changed_byte_is_enough_to_be_refused(saved: Saved) -> None:
    file = saved.folder / "model.joblib"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(ModelUnfit, match="hash is not known") as caught:
        load(saved)
    assert (caught.value.where, "amends retrain" in caught.value.advice) == (str(file), True)


def test_a_file_that_was_cut_short_is_refused(saved: Saved) -> None:
    file = saved.folder / "model.joblib"
    file.write_bytes(file.read_bytes()[: saved.size // 2])
    with pytest.raises(ModelUnfit, match="not the one that was trained"):
        load(saved)


def test_a_file_that_is_gone_is_named(saved: Saved) -> None:
    (saved.folder / "model.joblib").unlink()
    with pytest.raises(ModelUnfit, match="cannot be read: No such file or directory") as caught:
        load(saved)
    assert caught.value.where == str(saved.folder / "model.joblib")


def test_another_hash_than_the_file_s_is_refused(saved: Saved) -> None:
    with pytest.raises(ModelUnfit, match="hash is not known"):
        registry.load(saved.folder, "0" * 64, registry.sklearn_version(), registry.features_version())


def test_a_model_of_another_scikit_learn_is_outdated(saved: Saved) -> None:
    with pytest.raises(ModelOutdated) as caught:
        registry.load(saved.folder, saved.sha256, "0.1.2", registry.features_version())
    assert f"built with scikit-learn 0.1.2, and {registry.sklearn_version()} is installed" in str(caught.value)
    assert "amends retrain" in caught.value.advice


def test_a_file_of_any_size_is_not_read_to_its_end(saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LARGEST", saved.size - 1)
    with pytest.raises(ModelUnfit, match="too large to be one of ours"):
        load(saved)


def test_bytes_that_are_trusted_and_no_model_are_told(tmp_path: Path) -> None:
    data = b"not a pickle at all"
    (tmp_path / "model.joblib").write_bytes(data)
    with pytest.raises(ModelUnfit, match="cannot be read"):
        registry.load(
            tmp_path, hashlib.sha256(data).hexdigest(), registry.sklearn_version(), registry.features_version()
        )


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_what_is_not_trusted_is_never_executed(saved: Saved, tmp_path: Path) -> None:
    mark = tmp_path / "exploded"
    joblib.dump(Bomb(mark), saved.folder / "model.joblib")
    with pytest.raises(ModelUnfit, match="It is not loaded"):
        load(saved)
    assert not mark.exists()
    pickle.loads(pickle.dumps(Bomb(mark)))
    assert mark.exists(), "the bomb is one"


# what is not written


@pytest.mark.parametrize("fails_at", [1, 2])
def test_nothing_half_written_remains(
    model: Triage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    write, written = registry._write, []

    def full_disk(path: Path, data: bytes) -> None:
        written.append(path.name)
        if len(written) == fails_at:
            path.write_bytes(data[:100])
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(registry, "_write", full_disk)
    with pytest.raises(ModelUnfit, match="cannot be written: No space left on device"):
        registry.save(model, tmp_path / "models", "m1", {})
    assert list((tmp_path / "models").iterdir()) == []


def test_a_model_is_never_written_over_another(model: Triage, saved: Saved) -> None:
    before = (saved.folder / "model.joblib").read_bytes()
    with pytest.raises(ModelUnfit, match="cannot be written"):
        registry.save(model, saved.folder.parent, "m1", {"examples": 1})
    assert (saved.folder / "model.joblib").read_bytes() == before
    assert [one.name for one in saved.folder.parent.iterdir()] == ["m1"]


def test_a_place_that_cannot_be_written_to_is_named(model: Triage, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ModelUnfit, match="cannot be written") as caught:
        registry.save(model, tmp_path / "models", "m1", {})
    assert caught.value.where == str(tmp_path / "models")


def learnt_of(module: str) -> set[str]:
    """The modules of bot/learn that a module of it needs, and those that they need."""
    tree = ast.parse((Path(registry.__file__).parent / f"{module}.py").read_text(encoding="utf-8"))
    froms = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    direct = {
        (node.module or "").removeprefix("bot.learn.") for node in froms if (node.module or "").startswith("bot.learn.")
    }
    direct |= {alias.name for node in froms if node.module == "bot.learn" for alias in node.names}
    return direct.union(*(learnt_of(name) for name in direct - {"lexicon"}))


def test_the_mark_of_the_feature_code_is_of_all_of_it() -> None:
    assert {"concepts", "features", "signals", "lexicon"} <= learnt_of("pipeline")
    assert learnt_of("pipeline") | {"pipeline", "model"} == {*registry._CODE, "lexicon"}


def test_a_model_that_other_feature_code_built_is_outdated(saved: Saved) -> None:
    with pytest.raises(ModelOutdated, match="another version of amends"):
        registry.load(saved.folder, saved.sha256, registry.sklearn_version(), "0" * 16)

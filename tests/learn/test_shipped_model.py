"""The model that ships."""

from __future__ import annotations

import hashlib
import json

import pytest

from bot.learn import registry, shipped
from bot.learn.model import LABELS, Triage
from bot.packaged import packaged
from tests.learn.hostile import HOSTILE

FOLDER = packaged("models") / shipped.ID
FILE = FOLDER / "model.joblib"


def test_its_hash_in_the_code_is_that_of_the_file() -> None:
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == shipped.SHA256


def test_it_is_small_enough_to_ship() -> None:
    assert FILE.stat().st_size <= 12 * 1024 * 1024


def test_it_lies_alone_beside_its_card_and_the_card_is_its_own() -> None:
    assert sorted(one.name for one in FOLDER.iterdir()) == ["card.json", "model.joblib"]
    card = json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))
    assert (card["sha256"], card["sklearn"]) == (shipped.SHA256, shipped.SKLEARN)
    assert card["bytes"] == FILE.stat().st_size
    assert card["gate"]["passed"] is True


def test_it_loads_and_tells_complaints_from_the_rest(shipped_model: Triage) -> None:
    assert shipped_model.id == shipped.ID
    texts = [
        "You charged my card twice for order 1182 and nobody has answered my last three emails. I want my money back.",
        "Thank you so much, the kettle is lovely and came a day early!",
        "How long does delivery to Orkney take?",
    ]
    complaint, thanks, question = shipped_model.judge(texts, 0.2)
    assert complaint.labels == frozenset(LABELS)
    assert complaint.severity >= 1
    assert not thanks.labels | question.labels
    assert max(thanks.mistake, question.mistake) < complaint.mistake


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_it_has_a_verdict_on_every_text(shipped_model: Triage, text: str) -> None:
    (verdict,) = shipped_model.judge([text], 0.2)
    assert 0 <= verdict.mistake <= 1
    json.dumps([clue.text for clue in verdict.clues], ensure_ascii=False).encode()


def test_it_was_built_with_a_scikit_learn_that_the_project_allows() -> None:
    assert shipped.SKLEARN.split(".")[0] == "1"
    assert int(shipped.SKLEARN.split(".")[1]) >= 6
    assert registry.sklearn_version()

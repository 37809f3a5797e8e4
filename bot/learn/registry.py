"""Models on disk. A model is code: it is loaded only when the hash of the bytes in memory is one that we trust."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib

from bot import __version__
from bot.errors import ModelOutdated, ModelUnfit
from bot.learn.model import Triage
from bot.packaged import packaged

_LARGEST = 64 * 1024 * 1024
# What decides which features a text has, and what a model makes of them.
_CODE = ("features", "signals", "concepts", "pipeline", "model")
# What the numbers of a model can depend on.
_LIBRARIES = ("google-re2", "joblib", "numpy", "scikit-learn", "scipy")
_RETRAIN = "`amends retrain` makes a new one."


@dataclass(frozen=True, slots=True)
class Saved:
    """A model written to disk."""

    id: str
    folder: Path
    sha256: str
    size: int


def sklearn_version() -> str:
    """The installed scikit-learn; models of another version are not loaded, for their bytes mean something else."""
    return version("scikit-learn")


def features_version() -> str:
    """A mark of the code that turns texts into features; a model that learnt from other features reads nonsense."""
    home = Path(__file__).parent
    parts = [*(home / f"{name}.py" for name in _CODE), *sorted((home / "lexicon").glob("*.[pt][yx]*"))]
    code = b"".join(part.read_bytes() for part in parts)
    return hashlib.sha256(code).hexdigest()[:16]


def built_by() -> dict[str, Any]:
    """What a card says of the code and the libraries that made its model."""
    versions = {"amends": __version__, **{name: version(name) for name in _LIBRARIES}}
    versions["python"] = platform.python_version()
    return {"sklearn": sklearn_version(), "features": features_version(), "versions": versions}


def new_id(now: datetime) -> str:
    """A name that sorts by time."""
    return f"{now:%Y%m%dT%H%M%SZ}"


def save(model: Triage, models: Path, model_id: str, card: dict[str, Any]) -> Saved:
    """Write `models/<id>/{model.joblib,card.json}`, whole or not at all. Raises ModelUnfit."""
    buffer = io.BytesIO()
    joblib.dump(replace(model, id=model_id, explainer=None), buffer, compress=("zlib", 6))
    data = buffer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    told = {
        "id": model_id,
        **built_by(),
        "sha256": digest,
        "bytes": len(data),
        **card,
    }
    try:
        models.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=models))
        try:
            _write(making / "model.joblib", data)
            _write(making / "card.json", json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n")
            making.chmod(0o755)
            making.rename(models / model_id)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as problem:
        raise ModelUnfit(f"The model cannot be written: {problem.strerror}.", where=str(models)) from None
    return Saved(model_id, models / model_id, digest, len(data))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def load(folder: Path, sha256: str, sklearn: str, features: str) -> Triage:
    """The model in `folder`, if its bytes are the trusted ones. Raises ModelUnfit with the reason."""
    if sklearn != sklearn_version():
        raise ModelOutdated(
            f"The model was built with scikit-learn {sklearn}, and {sklearn_version()} is installed.",
            where=str(folder), advice=_RETRAIN,
        )  # fmt: skip
    if features != features_version():
        raise ModelOutdated("The model was built by another version of amends.", where=str(folder), advice=_RETRAIN)
    data = _read(folder / "model.joblib")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelUnfit(
            "The model file is not the one that was trained: its hash is not known. It is not loaded.",
            where=str(folder / "model.joblib"), advice=f"Restore it, or {_RETRAIN}",
        )  # fmt: skip
    try:
        model = joblib.load(io.BytesIO(data))
    except Exception as problem:
        reason = f"The model file cannot be read ({type(problem).__name__})."
        raise ModelUnfit(reason, where=str(folder), advice=_RETRAIN) from problem
    assert isinstance(model, Triage)
    return model


def read_card(folder: Path) -> dict[str, Any]:
    """What a model says of itself. Raises ModelUnfit."""
    try:
        told: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        where = str(folder / "card.json")
        raise ModelUnfit(f"The model's card cannot be read ({type(problem).__name__}).", where=where) from None
    return told


def _read(path: Path) -> bytes:
    """All bytes at once: what is hashed is what is loaded."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as problem:
        raise ModelUnfit(f"The model cannot be read: {problem.strerror}.", where=str(path), advice=_RETRAIN) from None
    if len(data) > _LARGEST:
        raise ModelUnfit("The model file is too large to be one of ours.", where=str(path), advice=_RETRAIN)
    return data


_SHIPPED = '''"""The model that ships: only these very bytes are trusted. `amends retrain --ship` writes this file."""

ID = "{id}"
SHA256 = "{sha256}"
SKLEARN = "{sklearn}"
FEATURES = "{features}"
'''


def ship(model: Triage, card: dict[str, Any]) -> str:
    """Write the model into this clone as the one that ships, in place of the one before; returns its id."""
    models, module = packaged("models"), Path(__file__).with_name("shipped.py")
    model_id = "shipped"
    shutil.rmtree(models / model_id, ignore_errors=True)
    saved = save(model, models, model_id, card)
    told = _SHIPPED.format(
        id=model_id, sha256=saved.sha256, sklearn=sklearn_version(), features=features_version()
    )  # fmt: skip
    module.write_text(told, encoding="utf-8")
    return model_id

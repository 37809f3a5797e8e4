"""Where the files that ship with amends lie: beside `bot/` in a clone, inside the package when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def packaged(name: str) -> Path:
    """The path of a shipped file or folder such as `models`, `training_data` or `config.example.toml`."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.exists() else _PACKAGE.parent / name


def demo_inbox() -> Path:
    """The folder of the bundled inbox that `amends demo` plays."""
    return _PACKAGE / "demo"

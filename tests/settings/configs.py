"""Configs for tests."""

from __future__ import annotations

from pathlib import Path


def write(folder: Path, text: str) -> Path:
    """A config file in that folder."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file

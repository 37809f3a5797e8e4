"""Where the files that ship with amends lie: beside `bot/` in a clone, inside the package when installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_PACKAGE = Path(__file__).resolve().parent


def packaged(name: str) -> Path:
    """The path of a shipped file or folder such as `models`, `training_data` or `config.example.toml`."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.exists() else _PACKAGE.parent / name


def demo_slack() -> ModuleType:
    """The Slack on loopback that the tests talk to; it ships for the demo. Nothing of it runs before it is asked to."""
    folder = packaged("tests/fakes/slack")
    spec = importlib.util.spec_from_file_location("amends_demo_slack", folder / "__init__.py")
    assert spec is not None  # it ships
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def demo_inbox() -> Path:
    """The folder of the bundled inbox that `amends demo` plays."""
    return _PACKAGE / "demo"

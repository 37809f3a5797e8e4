"""The command line as a person has it: in a folder of their own, without a config, with no state from elsewhere."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import bot
from bot import opening
from bot.cli import run_command
from bot.store.store import SqlStore


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """What it said in JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """What it said in JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(state: Path) -> dict[str, str]:
    """That of a process whose state is there, and that a person with a plain terminal starts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AMENDS_", "XDG_"))}
    home = str(Path(bot.__file__).resolve().parents[1])
    return kept | {"XDG_STATE_HOME": str(state), "PYTHONPATH": home, "COLUMNS": "200", "NO_COLOR": "1"}


def process(*args: str, here: Path, code: tuple[str, ...] = ("-m", "bot"), stdin: bytes = b"", **env: str) -> Done:
    """A process of its own, as a shell starts it."""
    ran = subprocess.run(
        [sys.executable, *code, *args], input=stdin, capture_output=True, cwd=here, check=False,
        env=environment(here / "state") | env,
    )  # fmt: skip
    return Done(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


@dataclass
class Amends:
    """Runs commands in this process, which has scikit-learn loaded already: the same code, a second sooner."""

    here: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    stores: list[SqlStore] = field(default_factory=list)

    def __call__(self, *args: object, stdin: bytes = b"") -> Done:
        self.monkeypatch.setattr(sys, "argv", ["amends", *map(str, args)])
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        self.capsys.readouterr()
        try:
            code = run_command()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        out, err = self.capsys.readouterr()
        while self.stores:  # a process would let go of them by ending
            self.stores.pop().close()
        return Done(code, out, err)

    def write(self, name: str, content: str) -> Path:
        file = self.here / name
        file.write_text(content, encoding="utf-8")
        return file


@pytest.fixture
def amends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Amends:
    for name in set(os.environ) - set(environment(tmp_path)):
        monkeypatch.delenv(name)
    for name, value in environment(tmp_path / "state").items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    runner, open_store = Amends(tmp_path, monkeypatch, capsys), opening.open_store

    def remembered(*args: Any, **other: Any) -> SqlStore:
        runner.stores.append(open_store(*args, **other))
        return runner.stores[-1]

    monkeypatch.setattr(opening, "open_store", remembered)
    return runner


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    """`amends demo --json --keep`, played once: what it said, and the database that it kept."""
    here = tmp_path_factory.mktemp("demo")
    return process("demo", "--json", "--keep", "demo.db", here=here), here / "demo.db"

"""`amends run` as a process of its own, in a folder with a config: over a private mailbox and a Slack on loopback."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import postbag

HOME = Path(__file__).resolve().parent.parent
USER, PASSWORD, CHANNEL = "support", "a secret", "C0123456789"
_TOKEN_VARIABLE = "AMENDS_BENCHMARK_SLACK_TOKEN"
_CONFIG = """
[store]
url = "sqlite:///amends.db"
[team]
addresses = ["{ours}"]
[[mailbox]]
name = "support"
host = "127.0.0.1"
port = {port}
tls = "off"
user = "{user}"
password_file = "mailbox.password"
folders = [{folders}]
sent = "Sent"
poll = "{poll}"
max_connections = {connections}
[slack]
alert_channel = "{channel}"
bot_token_env = "{token}"
api_url = "{api_url}"
"""


@dataclass
class Installation:
    """A folder of its own; `program` is the module that is run as `amends` (and its first arguments)."""

    folder: Path
    port: int
    api_url: str
    slack_token: str
    poll: str = "2s"
    folders: Sequence[str] = ("INBOX",)
    program: Sequence[str] = ("bot",)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "mailbox.password").write_text(f"{PASSWORD}\n")
        folders = ", ".join(f'"{name}"' for name in self.folders)
        text = _CONFIG.format(
            ours=postbag.OURS, port=self.port, user=USER, folders=folders, poll=self.poll, channel=CHANNEL,
            connections=len(self.folders) + 1, token=_TOKEN_VARIABLE, api_url=self.api_url,
        )  # fmt: skip
        (self.folder / "config.toml").write_text(text)
        self.database = Database(self.folder / "amends.db")

    def start(self) -> None:
        """`amends run`, whose log goes on where the last one's ended."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command("run"), stdout=log, stderr=log, start_new_session=True,
                                            **self._place)  # fmt: skip

    def amends(self, *arguments: str) -> None:
        """Another command, to its end."""
        subprocess.run(self._command(*arguments), check=False, stdout=subprocess.DEVNULL, **self._place)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self) -> None:
        """Whatever happened, nothing is left running."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _command(self, *arguments: str) -> list[str]:
        module, *point = self.program if arguments[0] == "run" else ("bot",)
        return [sys.executable, "-m", module, *point, *arguments, "--config", str(self.folder / "config.toml")]

    @property
    def _place(self) -> dict[str, Any]:
        known = {"PYTHONPATH": str(HOME), "XDG_STATE_HOME": str(self.folder / "state")}
        environment = os.environ | known | {_TOKEN_VARIABLE: self.slack_token}
        return {"cwd": self.folder, "env": environment, "stdin": subprocess.DEVNULL}


class Database:
    """What amends has written down, looked at from outside."""

    def __init__(self, file: Path) -> None:
        """It need not be there yet."""
        self._file = file

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What it answers; nothing while there is no such table yet."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=30)) as connection:
                return list(connection.execute(query))
        except sqlite3.OperationalError:  # not made yet, or just being made
            return []

    def number(self, query: str) -> int:
        found = self.rows(query)
        return int(found[0][0]) if found else 0

    @property
    def places(self) -> int:
        return self.number("SELECT count(*) FROM place")

    @property
    def held(self) -> int:
        return self.number("SELECT count(*) FROM message WHERE held_for IS NOT NULL")

    @property
    def decided(self) -> int:
        return self.number("SELECT count(*) FROM message WHERE held_for IS NULL")

    @property
    def unsaid(self) -> int:
        return self.number("SELECT count(*) FROM outbox WHERE state IN ('pending', 'carried', 'sending', 'unknown')")

    @property
    def quarantined(self) -> int:
        return self.number("SELECT count(*) FROM quarantine WHERE ended_at IS NULL")


def until(condition: Callable[[], bool], seconds: float, going: Callable[[], bool] = lambda: True) -> bool:
    """Whether it came true in time, and while it could."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline and going():
        time.sleep(0.05)
    return met

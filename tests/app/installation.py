"""One installation of amends: a folder with its config, a mailbox, a Slack, and the real command, run as a process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, select, update

from bot.opening import SystemClock
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.fakes.boxes import OURS, Box, answer, mail
from tests.fakes.dovecot import wait_until
from tests.fakes.slack import FakeSlack

HOME = Path(__file__).resolve().parents[2]
CHANNEL, ON_CALL = "C0123456789", "S0123456789"
TOKEN_VARIABLE = "AMENDS_TEST_SLACK_TOKEN"
SOON = 60.0  # seconds until a test gives up; a busy machine is not a bug
COMPLAINT = "Nobody has answered my last three emails. I am still waiting, and I was charged twice!"
QUESTION = "How long does delivery to Spain take?"

CONFIG = """
[store]
url = "sqlite:///amends.db"
[team]
addresses = ["{ours}"]
[[mailbox]]
name = "support"
host = "127.0.0.1"
port = {port}
ca_file = "{ca_file}"
user = "{user}"
password_file = "mailbox.password"
sent = "Sent"
poll = "1s"
[slack]
alert_channel = "{channel}"
bot_token_env = "{token}"
api_url = "{api_url}"
on_call = "{on_call}"
[[escalation.policy]]
name = "default"
rungs = [{{ after = "{first}", notify = "channel" }}, {{ after = "{second}", notify = "on_call" }}]
[health]
listen = "{health}"
canary_channel = "{canary}"
"""


class Run:
    """A process of amends. What it says is kept line by line."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._heard, self._changed = {"stdout": "", "stderr": ""}, threading.Condition()
        self._process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": str(HOME), **environment}, umask=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self._ears = [threading.Thread(target=self._listen, args=(name,), daemon=True) for name in self._heard]
        for ear in self._ears:
            ear.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """It never outlives its test."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self.code()

    @property
    def log(self) -> str:
        with self._changed:
            return self._heard["stderr"]

    @property
    def output(self) -> str:
        with self._changed:
            return self._heard["stdout"]

    def says(self, words: str, on: str = "stderr") -> Self:
        """Waits until these words were said."""
        with self._changed:
            self._changed.wait_for(lambda: words in self._heard[on] or not self._listened(), SOON)
            assert words in self._heard[on], f"“{words}” was not said:\n{self._heard['stdout']}{self._heard['stderr']}"
        return self

    def watches(self) -> Self:
        """Waits until it is at work."""
        return self.says("watching support (127.0.0.1)")

    def signal(self, number: signal.Signals) -> Self:
        self._process.send_signal(number)
        return self

    def code(self) -> int:
        """Waits for its end; the exit code, or minus the signal that ended it."""
        code = self._process.wait(SOON)
        for ear in self._ears:
            ear.join(SOON)
        return code

    def left_behind(self) -> list[str]:
        """The processes of its group that still live."""
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, group = status.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
                if group == str(self._process.pid) and state != "Z":
                    found.append(status.parent.joinpath("cmdline").read_text())
        return found

    def _listened(self) -> bool:
        return any(ear.is_alive() and ear is not threading.current_thread() for ear in self._ears)

    def _listen(self, name: str) -> None:
        with getattr(self._process, name) as stream:
            for line in stream:
                with self._changed:
                    self._heard[name] += line
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


@dataclass
class Installation:
    """A folder with a config for this mailbox and this Slack. Nothing runs yet."""

    folder: Path
    box: Box
    slack: FakeSlack
    runs: list[Run] = field(default_factory=list)
    _store: SqlStore | None = None

    def __post_init__(self) -> None:
        self.password(self.box.password)
        self.configure()

    def configure(self, *, first: str = "15m", second: str = "1h", **other: Any) -> None:
        """Write its config; `other` names what differs in CONFIG."""
        right = self.box.right
        known = {
            "ours": OURS, "port": right.port, "ca_file": right.ca_file, "user": right.user, "channel": CHANNEL,
            "token": TOKEN_VARIABLE, "api_url": self.slack.api_url, "on_call": ON_CALL, "first": first,
            "second": second, "health": "", "canary": "",
        }  # fmt: skip
        self.config.write_text(CONFIG.format(**(known | other)))

    def password(self, password: str) -> None:
        (self.folder / "mailbox.password").write_text(f"{password}\n")

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    # running

    def amends(self, *arguments: str, by: str = "bot", **environment: str) -> Run:
        """`amends …` with this config; `by` is the module that is run instead of it."""
        command = [sys.executable, "-m", *by.split(), *arguments, "--config", str(self.config)]
        run = Run(command, self.folder, {TOKEN_VARIABLE: self.slack.token, **environment})
        self.runs.append(run)
        return run

    def run(self, *options: str) -> Run:
        return self.amends("run", *options)

    def run_lightly(self, point: str = "never") -> Run:
        """`amends run` with a rule in place of the classifier, which takes seconds to load."""
        return self.amends("run", by=f"tests.app.dying {point}")

    def run_and_die(self, point: str) -> Run:
        """The same, which dies at a point of tests.app.dying."""
        return self.run_lightly(point)

    def close(self) -> None:
        for run in self.runs:
            run.__exit__()
        if self._store:
            self._store.close()

    # what customers and colleagues do

    def customer(self, text: str, number: int) -> bytes:
        """Customer number so-and-so writes; their mail."""
        sent = mail(text, f"Customer {number} <c{number}@customer.example>", Subject=f"Order {number}")
        self.box.server.deliver(self.box.user, "INBOX", sent)
        return sent

    def answer(self, sent: bytes) -> None:
        """One of us answers that mail; the answer lies in our Sent folder."""
        self.box.server.append(self.box.user, "Sent", answer(sent))

    # what came of it

    @property
    def store(self) -> SqlStore:
        """Its database, once it has one."""
        if self._store is None:
            self._store = SqlStore(f"sqlite:///{self.folder / 'amends.db'}", SystemClock(), create=False)
        return self._store

    def store_is_made(self) -> None:
        """As by an earlier run."""
        self._store = SqlStore(f"sqlite:///{self.folder / 'amends.db'}", SystemClock())

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        return self.store.read(lambda connection: [tuple(row) for row in connection.execute(select(*columns))])

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Waits for something that only the database knows."""
        if not wait_until(lambda: bool(condition()), SOON):
            logs = "".join(run.log for run in self.runs)
            raise AssertionError(f"{what}: this did not come true. Outbox: {self.outbox()}. The logs:\n{logs}")

    def outbox(self) -> dict[str, str]:
        """State by key."""
        return dict(self.rows(t.outbox.c.key, t.outbox.c.state))

    def says_once(self, *reasons: str) -> None:
        """Waits until all alerts are sent; there is one for each of these reasons, and the channel shows each once."""
        self.until(lambda: list(self.outbox().values()) == ["sent"] * len(reasons), f"{len(reasons)} alerts are sent")
        told = self.rows(t.outbox.c.opens, t.outbox.c.reason)
        assert sorted("card" if opens else reason for opens, reason in told) == sorted(reasons)
        shown = self.slack.messages(CHANNEL)
        seen = Counter(message["metadata"]["event_payload"]["key"] for message in shown)
        assert seen == Counter(self.outbox().keys())

    def hears(self, alerts: int) -> list[dict[str, Any]]:
        """Waits for so many messages in the channel, and gives them."""
        self.slack.wait_for(lambda slack: len(slack.messages(CHANNEL)) >= alerts, SOON)
        return self.slack.messages(CHANNEL)

    def time_passes(self, length: timedelta) -> None:
        """All that was written down moves into the past, so that deadlines come now."""
        self.store.transact(lambda tx: _move(tx.connection, -length))


def _move(connection: Connection, by: timedelta) -> None:
    for table in (t.thread, t.message, t.case, t.outbox):
        moments = [column for column in table.c if isinstance(column.type, t.Utc)]
        for row in connection.execute(select(table)).all():
            told = row._mapping
            moved = {column.name: told[column] + by for column in moments if told[column] is not None}
            connection.execute(update(table).where(table.c.id == row.id).values(moved))

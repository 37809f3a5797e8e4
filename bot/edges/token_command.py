"""Access tokens that another program knows how to get: what it prints is the token."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import IO

from bot.errors import Retriable

_TIMEOUT = 30.0
_LARGEST = 64 * 1024
_TOKEN = re.compile(rb"[\x21-\x7e]+")
_ADVICE = "Try token_command in a terminal."


@dataclass(frozen=True, slots=True)
class Command:
    """The program and its arguments, run without a shell; `mailbox` is its name, for messages, `timeout` in seconds."""

    mailbox: str
    argv: tuple[str, ...]
    timeout: float = _TIMEOUT


class CommandTokens:
    """Runs the command for every login: how long its token lasts only the command knows."""

    def __init__(self, command: Command) -> None:
        """Nothing is run yet."""
        self._command = command

    def access_token(self) -> str:
        """The first line that it prints. Raises Retriable, which names the program and nothing that it said."""
        found = self._printed().partition(b"\n")[0].strip()
        if not _TOKEN.fullmatch(found):
            raise self._failed("printed no token on its first line")
        return found.decode("ascii")

    def forget(self) -> None:
        """Nothing is kept here."""

    def _printed(self) -> bytes:
        try:
            process = subprocess.Popen(  # noqa: S603, running what the config names is the purpose
                self._command.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else "its name is not one"
            raise self._failed(f"cannot be run: {reason}") from None
        assert process.stdout is not None
        with process.stdout as output:
            try:
                return self._read(process, output)
            finally:
                _end(process)

    def _read(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> bytes:
        deadline = time.monotonic() + self._command.timeout
        found = b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(output, selectors.EVENT_READ)
            while len(found) <= _LARGEST:
                if not waiting.select(max(deadline - time.monotonic(), 0.0)):
                    raise self._late()
                if not (piece := os.read(output.fileno(), 4096)):
                    break
                found += piece
        if len(found) > _LARGEST:
            raise self._failed("printed far more than a token")
        try:
            code = process.wait(max(deadline - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            raise self._late() from None
        if code:
            raise self._failed(f"ended with {code}")
        return found

    def _late(self) -> Retriable:
        return self._failed(f"did not end within {self._command.timeout:.0f} s")

    def _failed(self, how: str) -> Retriable:
        program = self._command.argv[0]
        return Retriable(f"The token command “{program}” {how}.", where=self._command.mailbox, advice=_ADVICE)


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it started, unless it ended as it should. Until it is reaped, the number is its own."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

"""A server on loopback that says what a test tells it to, and remembers every byte that it heard.

Real servers (see `dovecot`, `cyrus`, `courier`) show what is usual. This one is for what they would not do on demand:
answers that are cut, torn into packets, out of order or no IMAP at all. It waits for nothing but the client.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Self

from .dovecot import HOST, wait_until

# One answer: as it is, or in pieces of which the client reads each before the next is sent; None: says nothing.
Answer = str | bytes | tuple[str | bytes, ...] | None
Told = Answer | list[Any]  # a list: the answers to the first, the second …
LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r?\n$")  # RFC 9051, 4.3; with a "+" nobody waits for leave (RFC 7888)
PATIENCE = 30.0  # seconds; a client that neither reads nor writes for that long has been forgotten by its test


def literal(data: bytes | str) -> bytes:
    """As a server sends bytes that may be anything: their number, then they (RFC 9051, 4.3)."""
    raw = data.encode() if isinstance(data, str) else data
    return b"{%d}\r\n" % len(raw) + raw


class ScriptedImap:
    """Answers each command as told, and those that it was told nothing of as a good server would.

    A command is called by its name, "UID FETCH" being FETCH; GREETING answers a connection, LITERAL a literal that
    waits for leave, DONE the end of an IDLE. `{tag}` stands for the command's tag. An answer that does not end with a
    line's end is cut off there: the server hangs up. After an answer that begins with "+", IDLE goes on until DONE.
    """

    GOOD: ClassVar[dict[str, Told]] = {
        "GREETING": "* OK ready\r\n",
        "CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n",
        "SELECT": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] good\r\n{tag} OK [READ-WRITE] done\r\n",
        "EXAMINE": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] good\r\n{tag} OK [READ-ONLY] done\r\n",
        "SEARCH": "* SEARCH 1 2 3\r\n{tag} OK done\r\n",
        "LITERAL": "+ go ahead\r\n",
        "IDLE": "+ idling\r\n",
        "LOGOUT": "* BYE goodbye\r\n{tag} OK done\r\n",
    }

    def __init__(self, *connections: Mapping[str, Told], **answers: Told) -> None:
        """`answers` go for all connections; what one of `connections` says, for the first, the second … of them.

        The last of `connections` goes for all that follow. A list holds the answers to the first, the second … of a
        command, on whatever connection; its last goes on.
        """
        self._answers = _by_turns(self.GOOD) | _by_turns(answers)
        self._own = [_by_turns(one) for one in connections]
        self._talks: list[Talk] = []
        self._changed = threading.Condition()
        talk: Any = self._talk  # called with a connection, its address and the server, as a handler's class would be
        self._server = socketserver.ThreadingTCPServer((HOST, 0), talk)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.hang_up()

    @property
    def connections(self) -> int:
        """How many came so far."""
        return len(self._talks)

    @property
    def heard(self) -> bytes:
        """Every byte, connection by connection."""
        return b"".join(bytes(talk.heard) for talk in self._talks)

    @property
    def commands(self) -> list[bytes]:
        """Without tag and line's end, but with their literals, connection by connection."""
        return [command for talk in self._talks for command in talk.commands]

    def push(self, *pieces: str | bytes, connection: int | None = None) -> None:
        """Says this to the client that idles, each piece once the one before has been read. Waits until one idles.

        `connection`, from 0, tells which it has to be, where several idle.
        """

        def idling() -> list[Talk]:
            return [t for n, t in enumerate(self._talks) if t.idling and connection in (None, n)]

        with self._changed:
            if not self._changed.wait_for(lambda: bool(idling()), PATIENCE):
                raise RuntimeError("No client idles.")
            talk = idling()[0]
        talk.say(pieces)

    def hang_up(self) -> None:
        """On all present clients, without a word."""
        for talk in self._talks:
            with contextlib.suppress(OSError):  # it is over
                talk.line.shutdown(socket.SHUT_RDWR)

    def _talk(self, line: socket.socket, _address: object, _server: object) -> None:
        line.settimeout(PATIENCE)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            own = self._own[min(len(self._talks), len(self._own) - 1)] if self._own else {}
            talk = Talk(line, self._answers | own, self._changed)
            self._talks.append(talk)
        with contextlib.suppress(OSError), line.makefile("rb") as client:
            talk.run(client)


class Talk:
    """One connection."""

    def __init__(self, line: socket.socket, answers: dict[str, list[Answer]], changed: threading.Condition) -> None:
        self.line, self._answers, self._changed = line, answers, changed
        self.heard = bytearray()
        self.commands: list[bytes] = []
        self._idle_tag: str | None = None

    def run(self, client: BinaryIO) -> None:
        """Until one of the two hangs up."""
        try:
            going_on = _goes_on(self._answer("GREETING", ""))
            while going_on and (line := self._line(client)):
                going_on = self._hear(client, line)
        finally:
            self._idles(None)

    def say(self, pieces: tuple[str | bytes, ...], tag: str = "") -> bytes:
        """What was said."""
        said = b""
        for number, piece in enumerate(pieces):
            if number:
                wait_until(self._all_is_read, PATIENCE)
            raw = (piece.encode() if isinstance(piece, str) else piece).replace(b"{tag}", tag.encode())
            self.line.sendall(raw)
            said += raw
        return said

    @property
    def idling(self) -> bool:
        return self._idle_tag is not None

    def _hear(self, client: BinaryIO, line: bytes) -> bool:
        """Whether the connection goes on after the command that begins with this line."""
        if (tag := self._idle_tag) is not None:
            self._idles(None)
            if line.strip().upper() != b"DONE":
                return _goes_on(self.say(("* BYE only DONE ends an IDLE",)))
            self.commands.append(b"DONE")
            return _goes_on(self._answer("DONE", tag))
        tag, *words = line.decode("latin-1").split() or [""]
        while announced := LITERAL.search(line):
            if not announced[2] and not _bids(leave := self._answer("LITERAL", tag)):
                return _goes_on(leave)
            line += self._heard(client.read(int(announced[1]))) + self._line(client)
        self.commands.append(line.partition(b" ")[2].removesuffix(b"\n").removesuffix(b"\r"))
        name = next((word.upper() for word in words if word.upper() != "UID"), "")
        said = self._answer(name, tag)
        if name == "IDLE" and _bids(said):
            self._idles(tag)
        return _goes_on(said)

    def _answer(self, name: str, tag: str) -> bytes | None:
        """What was said; None for nothing."""
        turns = self._answers.get(name, ["{tag} OK done\r\n"])
        answer = turns.pop(0) if len(turns) > 1 else turns[0]
        return None if answer is None else self.say(answer if isinstance(answer, tuple) else (answer,), tag)

    def _idles(self, tag: str | None) -> None:
        with self._changed:
            self._idle_tag = tag
            self._changed.notify_all()

    def _line(self, client: BinaryIO) -> bytes:
        return self._heard(client.readline())

    def _heard(self, data: bytes) -> bytes:
        self.heard += data
        return data

    def _all_is_read(self) -> bool:
        """As the kernel knows it: nothing is under way to the client, and nothing lies there unread."""
        try:
            here, there = (f":{name[1]:04X}" for name in (self.line.getsockname(), self.line.getpeername()))
        except OSError:  # the client is gone
            return True
        for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            local, remote, _state, queues = row.split()[1:5]
            unsent, unread = (int(size, 16) for size in queues.split(":"))
            if local.endswith(here) and remote.endswith(there) and unsent:
                return False
            if local.endswith(there) and remote.endswith(here) and unread:
                return False
        return True


def _by_turns(told: Mapping[str, Told]) -> dict[str, list[Answer]]:
    return {name: list(said) if isinstance(said, list) else [said] for name, said in told.items()}


def _goes_on(said: bytes | None) -> bool:
    return said is None or said.endswith(b"\r\n")


def _bids(said: bytes | None) -> bool:
    """Whether the client is to go on with what it has begun (RFC 9051, 7.6)."""
    return said is not None and said.startswith(b"+")

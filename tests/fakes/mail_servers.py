"""What the private Cyrus and the private Courier have in common: an account of their own, users, mail over IMAP."""

from __future__ import annotations

import contextlib
import imaplib
import itertools
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from imapclient.imap_utf7 import decode as mailbox_name  # type: ignore[import-untyped, unused-ignore]

from .dovecot import HOST, quoted
from .unpack import Unpacked

NUMBERS = itertools.count(1)
LISTED = re.compile(rb'\((?![^)]*\\Noselect)[^)]*\) (?:"."|NIL) (?:"((?:[^"\\]|\\.)*)"|(\S+))$')


class MailServer(ABC):
    """One server over one directory. Its port, users and mail outlive stop, kill and restart.

    Folders are named as the server names them to its clients, whose own name for the sent mail is `sent`.
    """

    unpacked: ClassVar[Unpacked]
    sent: ClassVar[str]

    def __init__(self, base: Path) -> None:
        self.base = base.resolve()
        self.owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        ids = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        self.as_owner: dict[str, Any] = {"cwd": self.base, "stdin": subprocess.DEVNULL}
        self.as_owner |= ids if os.getuid() == 0 else {}
        self.passwords: dict[str, str] = {}
        self.port = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> Self:
        """Returns once the server greets; on the same port as before when it ran before."""

    @abstractmethod
    def stop(self) -> None:
        """Orderly."""

    @abstractmethod
    def kill9(self) -> None:
        """As when the machine loses power: no client hears a word."""

    @abstractmethod
    def add_user(self, name: str, password: str, folders: Iterable[str] | None = None) -> None:
        """With an INBOX and those folders, by default the one for sent mail."""

    def restart(self) -> Self:
        self.stop()
        return self.start()

    def box(self, *folders: str, password: str = "a secret") -> Mailbox:
        """A new user's, with the folder for sent mail and those."""
        user = f"user{next(NUMBERS)}"
        self.add_user(user, password, (self.sent, *folders))
        return Mailbox(self, user, password)

    def deliver(self, user: str, folder: str, raw: bytes) -> None:
        """By APPEND, where a server has no file to drop a mail into."""
        self.append(user, folder, raw)

    def append(
        self, user: str, folder: str, raw: bytes, flags: Iterable[str] = (), arrived: datetime | None = None
    ) -> int:
        """As another mail program does it, with line ends made CRLF. Returns the UID."""
        when = imaplib.Time2Internaldate(arrived) if arrived else ""
        with self.client(user) as client:
            done, answer = client.append(quoted(folder), " ".join(flags), when, raw)
        expect_ok((done, answer))
        found = re.search(rb"APPENDUID \d+ (\d+)", answer[0])
        if found is None:
            raise RuntimeError(f"It did not say under which UID it keeps the message: {answer[0]!r}")
        return int(found[1])

    def flags(self, user: str, folder: str) -> dict[int, tuple[bytes, ...]]:
        """Every message's flags by UID, read without touching them; less \\Recent, which is the session's."""
        with self.client(user) as client:
            expect_ok(client.select(quoted(folder), readonly=True))
            _, lines = client.uid("FETCH", "1:*", "(FLAGS)")
        found = [_uid_and_flags(line) for line in lines if line]
        return {uid: tuple(one for one in flags if one != b"\\Recent") for uid, flags in found}

    def folders(self, user: str) -> list[str]:
        """The names of those that can be selected, in order."""
        with self.client(user) as client:
            _, lines = client.list()
        found = [named for line in lines if isinstance(line, bytes) and (named := LISTED.search(line))]
        names = [named[2] if named[1] is None else re.sub(rb"\\(.)", rb"\1", named[1]) for named in found]
        return sorted(mailbox_name(name) for name in names)

    def client(self, user: str) -> imaplib.IMAP4:
        """Logged in. An APPEND is sent in two pieces; without TCP_NODELAY the second waits for 40 ms."""
        client = imaplib.IMAP4(HOST, self.port, timeout=10)
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(user, self.passwords[user])
        return client

    def log(self) -> str:
        path = self.base / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def make_directory(self, path: Path) -> None:
        if not path.is_dir():
            self.make_directory(path.parent)
            path.mkdir()
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def let_pass(self) -> None:
        """Opens our own directories between the temporary one and base to the server's user."""
        temporary = Path(tempfile.gettempdir()).resolve()
        os.chown(self.base, self.owner.pw_uid, self.owner.pw_gid)
        for directory in (self.base, *self.base.parents):
            if temporary in directory.parents and directory.stat().st_uid == os.getuid():
                directory.chmod(directory.stat().st_mode | 0o711)


Served = TypeVar("Served", bound=MailServer)


@contextlib.contextmanager
def served(kind: type[Served]) -> Iterator[Served]:
    """A server of that kind in a directory of its own, gone in the end."""
    base = Path(tempfile.mkdtemp(prefix="amends-"))
    try:
        with kind(base) as running:
            yield running
    finally:
        shutil.rmtree(base, ignore_errors=True)


@dataclass(frozen=True)
class Mailbox:
    """A user of a private server: how to reach it, and what the test does to it behind a client's back."""

    server: MailServer
    user: str
    password: str
    host: str = HOST

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def sent(self) -> str:
        return self.server.sent

    def deliver(self, *raw: bytes, folder: str = "INBOX") -> None:
        for one in raw:
            self.server.deliver(self.user, folder, one)

    def append(self, raw: bytes, folder: str = "INBOX", arrived: datetime | None = None) -> int:
        return self.server.append(self.user, folder, raw, arrived=arrived)

    def flags(self, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        return self.server.flags(self.user, folder)

    def folders(self) -> list[str]:
        return self.server.folders(self.user)


def expect_ok(answer: tuple[str, list[Any]]) -> None:
    """imaplib returns a NO as it returns an OK."""
    if answer[0] != "OK":
        raise RuntimeError(f"The server refused: {answer[1][0]!r}")


def _uid_and_flags(line: bytes) -> tuple[int, list[bytes]]:
    """Of a FETCH answer, whose items a server sends in whatever order it likes."""
    uid, flags = re.search(rb"UID (\d+)", line), re.search(rb"FLAGS \(([^)]*)\)", line)
    if uid is None or flags is None:
        raise ValueError(f"{line!r} has no UID or no FLAGS")
    return int(uid[1]), flags[1].split()

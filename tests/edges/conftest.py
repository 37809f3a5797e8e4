"""A mail server for all tests of the edges, a user of it for each, and a server that says what a test tells it to."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import imapclient
import pytest

from bot.domain.message import Arrival, Message, Unreadable
from bot.edges.mailbox import Account, Connection, Folder
from bot.service.ports import Cursor
from tests.conftest import do_without
from tests.fakes.clock import SimulatedClock
from tests.fakes.dovecot import HOST, Certificate, Dovecot, available

OURS = "support@acme.example"
PASSWORD = "tr0ub4dor & 3"
NUMBERS = itertools.count(1)
Read = Arrival | Unreadable


def mail(text: str, sender: str = "Mo <mo@customer.example>", **headers: str) -> bytes:
    """A mail as it lies in a folder; `headers` replaces or adds some, `_` standing for `-`."""
    known = {"From": sender, "To": OURS, "Subject": "Order 17", "Message-ID": f"<{next(NUMBERS)}@mail.example>"}
    told = known | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


@dataclass
class Reader:
    """Reads an account as amends does; what was opened is closed when the test ends."""

    right: Account
    opened: list[Folder] = field(default_factory=list)

    def account(self, **other: Any) -> Account:
        """How to reach it; `other` names fields of Account that are to be wrong."""
        return replace(self.right, **other)

    def folder(self, name: str = "INBOX", now: datetime | None = None, *, sent: bool = False, **other: Any) -> Folder:
        account = self.account(**other)
        clock = SimulatedClock(now or datetime.now(UTC))
        found = Folder(Connection(account), account, name, clock, ours=(OURS,), proven_ours=sent)
        self.opened.append(found)
        return found

    def close(self) -> None:
        for folder in self.opened:
            folder.close()


class Box(Reader):
    """A user's mailbox on a Dovecot."""

    def __init__(self, server: Dovecot, user: str, password: str = PASSWORD) -> None:
        self.server, self.user = server, user
        super().__init__(
            Account(
                name="support", host=HOST, port=server.tls_port, tls="implicit", user=user,
                password=lambda: password, ca_file=server.ca_file, since_days=14,
            )
        )  # fmt: skip

    def deliver(self, *texts: str, folder: str = "INBOX") -> None:
        for text in texts:
            self.server.deliver(self.user, folder, mail(text))

    def client(self) -> Any:
        """Another mail program of the same user."""
        client = imapclient.IMAPClient(HOST, self.server.port, ssl=False, timeout=10)
        client.login(self.user, self.right.password())
        return client

    def moves_in(self, text: str, arrived: datetime, folder: str = "INBOX") -> None:
        """As when a colleague moves a mail here that arrived at that time."""
        with self.client() as client:
            client.append(folder, mail(text), (), arrived)

    def files(self, folder: str = "INBOX") -> dict[str, bytes]:
        """The mails as they lie on the server's disk: a file's name holds its flags."""
        root = self.server.base / "mail" / self.user / "Maildir"
        here = root if folder == "INBOX" else root / f".{folder}"
        found = sorted(file for part in ("new", "cur") for file in (here / part).iterdir())
        return {str(file.relative_to(here)): file.read_bytes() for file in found}

    def folders(self) -> list[str]:
        with self.client() as client:
            return sorted(name for _, _, name in client.list_folders())

    def flags(self, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        return self.server.flags(self.user, folder)


def read(folder: Folder, cursor: Cursor | None = None) -> list[Read]:
    """All that lies behind the cursor."""
    return [one for batch in folder.unread(lambda _account, _folder: cursor) for one in batch]


def messages(found: list[Read]) -> list[Message]:
    assert all(isinstance(one, Arrival) for one in found), found
    return [one.message for one in found if isinstance(one, Arrival)]


def texts(found: list[Read]) -> list[str]:
    return [message.new_text for message in messages(found)]


def uids(found: list[Read]) -> list[int]:
    return [one.place.uid for one in found if one.place]


def cursor_after(found: list[Read]) -> Cursor:
    """Where the folder would be read on from, had these been stored."""
    place = found[-1].place
    assert place is not None
    return Cursor(place.uidvalidity, place.uid)


@contextlib.contextmanager
def served(certificate: Certificate = "valid", capability: str = "") -> Iterator[Dovecot]:
    base = Path(tempfile.mkdtemp(prefix="amends-"))
    try:
        with Dovecot(base, certificate, capability) as running:
            yield running
    finally:
        shutil.rmtree(base, ignore_errors=True)


def add_box(server: Dovecot, *folders: str, password: str = PASSWORD) -> Box:
    user = f"box{next(NUMBERS)}"
    server.add_user(user, password, ("Sent", *folders))
    return Box(server, user, password)


SERVER = pytest.StashKey[Dovecot]()


@pytest.fixture(scope="session")
def dovecot(pytestconfig: pytest.Config) -> Dovecot:
    """One server for all tests that leave it running, whichever of the conftests they have this fixture from."""
    if missing := available():
        do_without(missing)
    if SERVER not in pytestconfig.stash:
        running = contextlib.ExitStack()
        pytestconfig.stash[SERVER] = running.enter_context(served())
        pytestconfig.add_cleanup(running.close)
    return pytestconfig.stash[SERVER]


@pytest.fixture
def box(dovecot: Dovecot) -> Iterator[Box]:
    """A user of that server, with INBOX and Sent."""
    made = add_box(dovecot)
    yield made
    made.close()


Serve = Callable[..., Box]


@pytest.fixture
def own_box() -> Iterator[Serve]:
    """A mailbox on a server that the test may end, or that differs; the arguments are those of `served`."""
    if missing := available():
        do_without(missing)
    with contextlib.ExitStack() as stack:

        def serve(**other: Any) -> Box:
            made = add_box(stack.enter_context(served(**other)))
            stack.callback(made.close)
            return made

        yield serve


class Scripted:
    """A server on loopback that answers each command as told, and remembers every byte that it heard.

    `{tag}` stands for the command's tag. An answer that does not end with a line's end is cut off there: the server
    hangs up. Commands that the script does not name are answered as a good server would.
    """

    GOOD: ClassVar[dict[str, str]] = {
        "CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n",
        "EXAMINE": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] good\r\n{tag} OK [READ-ONLY] done\r\n",
        "SEARCH": "* SEARCH 1 2 3\r\n{tag} OK done\r\n",
    }

    def __init__(self, **answers: str | list[str]) -> None:
        """`UID FETCH` is called FETCH; a list holds the answers to the first, the second … of a command."""
        given = {name: [said] if isinstance(said, str) else list(said) for name, said in answers.items()}
        self._answers = {name: [said] for name, said in self.GOOD.items()} | given
        self._heard = bytearray()
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

    @property
    def heard(self) -> bytes:
        return bytes(self._heard)

    def reader(self, **other: Any) -> Reader:
        """Of an account there, without TLS; `other` names fields of Account."""
        account = Account(
            name="support", host=HOST, port=self.port, tls="off", user="mo", password=lambda: PASSWORD, ca_file=None,
            since_days=14,
        )  # fmt: skip
        return Reader(replace(account, **other))

    def _talk(self, connection: Any, _address: object, _server: object) -> None:
        connection.settimeout(30)
        with contextlib.suppress(OSError), connection.makefile("rb") as lines:
            connection.sendall(b"* OK ready\r\n")
            for line in lines:
                self._heard += line
                answer = self._answer(line.decode("latin-1").split()).encode()
                connection.sendall(answer)
                if not answer.endswith(b"\r\n"):
                    return

    def _answer(self, words: list[str]) -> str:
        tag, name, *_ = [word for word in words if word != "UID"]
        told = self._answers.get(name.upper(), ["{tag} OK done\r\n"])
        return (told.pop(0) if len(told) > 1 else told[0]).replace("{tag}", tag)


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred columns, whatever terminal the tests are started from."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")

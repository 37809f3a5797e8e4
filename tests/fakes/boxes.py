"""Mailboxes on real and on scripted servers, the mails in them, and what reads them as amends does."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import imapclient  # type: ignore[import-untyped, unused-ignore]

from bot.domain.house import House
from bot.domain.message import Arrival, Message, Unreadable
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import Folder
from bot.edges.imap.reading import Reader
from bot.edges.sign_in import Password
from bot.service.ports import Cursor
from tests.fakes.clock import SimulatedClock
from tests.fakes.dovecot import HOST, Certificate, Dovecot
from tests.fakes.mail_servers import Mailbox
from tests.fakes.scripted_imap import ScriptedImap

OURS = "support@acme.example"
HOUSE = House(frozenset({OURS}))
PASSWORD = "tr0ub4dor & 3"
NUMBERS = itertools.count(1)
Read = Arrival | Unreadable


def mail(text: str, sender: str = "Mo <mo@customer.example>", **headers: str) -> bytes:
    """A mail as it lies in a folder; `headers` replaces or adds some, `_` standing for `-`; empty ones are left out."""
    known = {"From": sender, "To": OURS, "Subject": "Order 17", "Message-ID": f"<{next(NUMBERS)}@mail.example>"}
    known["Content-Type"] = "text/plain; charset=utf-8"
    told = known | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return f"{head}\r\n{text}\r\n".encode()


def answer(to: bytes, text: str = "We are sorry; it is on its way back.") -> bytes:
    """A colleague's answer to that mail, as it lies in our Sent folder."""
    head = to.decode("ascii", "replace").partition("\r\n\r\n")[0]
    told = dict(line.split(": ", 1) for line in head.split("\r\n"))
    subject = f"Re: {told['Subject']}"
    return mail(text, f"Ana <{OURS}>", To=told["From"], Subject=subject, In_Reply_To=told["Message-ID"])


def scripted_account(server: ScriptedImap, **other: Any) -> Account:
    """How a server that says what a test tells it to is reached, without TLS; `other` names fields of Account."""
    account = Account("support", HOST, server.port, "off", "mo", Password(lambda: PASSWORD))
    return replace(account, **other)


def account_of(box: Mailbox, **other: Any) -> Account:
    """The same for a user of a private Cyrus or Courier."""
    account = Account("support", box.host, box.port, "off", box.user, Password(lambda: box.password))
    return replace(account, **other)


def opened_for_writing(box: Mailbox) -> None:
    """As by any mail program: Courier writes down the UIDs of a folder only then, and counts anew until it has."""
    with box.server.client(box.user) as client:
        for folder in ("INBOX", box.sent):
            client.select(folder)


@dataclass
class Opener:
    """Opens folders of an account as amends does; what was opened is closed by `close`."""

    right: Account
    opened: list[Folder] = field(default_factory=list)

    def account(self, *, password: str | None = None, **other: Any) -> Account:
        """How to reach it; `other` names fields of Account that are to be wrong."""
        if password is not None:
            other["sign_in"] = Password(lambda: password)
        return replace(self.right, **other)

    def connection(self, **other: Any) -> Connection:
        return Connection(self.account(**other))

    def folder(
        self, name: str = "INBOX", now: datetime | None = None, *, sent: bool = False,
        on: Connection | None = None, clock: SimulatedClock | None = None, **other: Any,
    ) -> Folder:  # fmt: skip
        """Over a connection of its own, unless it is to share one."""
        clock = clock or SimulatedClock(now or datetime.now(UTC))
        found = Folder(on or self.connection(**other), name, clock, Reader(HOUSE, proven_ours=sent))
        self.opened.append(found)
        return found

    def close(self) -> None:
        for folder in self.opened:
            folder.close()


class Box(Opener):
    """A user's mailbox on a Dovecot."""

    def __init__(self, server: Dovecot, user: str, password: str = PASSWORD) -> None:
        self.server, self.user, self.password = server, user, password
        super().__init__(
            Account("support", HOST, server.tls_port, "implicit", user, Password(lambda: password), server.ca_file)
        )

    def deliver(self, *texts: str, folder: str = "INBOX") -> None:
        for text in texts:
            self.server.deliver(self.user, folder, mail(text))

    def receives(self, *mails: bytes, folder: str = "INBOX", arrived: datetime | None = None) -> None:
        """These very bytes are delivered, as if at that time."""
        for raw in mails:
            self.server.deliver(self.user, folder, raw)
            if arrived is not None:
                file = max((self.maildir(folder) / "new").iterdir())
                os.utime(file, (arrived.timestamp(), arrived.timestamp()))

    def client(self) -> Any:
        """Another mail program of the same user."""
        client = imapclient.IMAPClient(HOST, self.server.port, ssl=False, timeout=10)
        client.login(self.user, self.password)
        return client

    def moves_in(self, text: str, arrived: datetime, folder: str = "INBOX") -> None:
        """As when a colleague moves a mail here that arrived at that time."""
        with self.client() as client:
            client.append(folder, mail(text), (), arrived)

    def maildir(self, folder: str = "INBOX") -> Path:
        root = self.server.base / "mail" / self.user / "Maildir"
        return root if folder == "INBOX" else root / f".{folder}"

    def files(self, folder: str = "INBOX") -> dict[str, bytes]:
        """The mails as they lie on the server's disk: a file's name holds its flags."""
        here = self.maildir(folder)
        found = sorted(file for part in ("new", "cur") for file in (here / part).iterdir())
        return {str(file.relative_to(here)): file.read_bytes() for file in found}

    def folders(self) -> list[str]:
        with self.client() as client:
            return sorted(name for _, _, name in client.list_folders())

    def flags(self, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        return self.server.flags(self.user, folder)


def read(folder: Folder, cursor: Cursor | None = None) -> list[Read]:
    """All that lies behind the cursor."""
    return [one for batch in folder.read(folder.look(lambda _account, _folder: cursor)) for one in batch]


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
    """A Dovecot in a directory of its own, gone in the end."""
    base = Path(tempfile.mkdtemp(prefix="amends-"))
    running = Dovecot(base, certificate, capability)
    try:
        yield running.start()
    finally:
        running.kill9()  # an orderly end takes a second
        shutil.rmtree(base, ignore_errors=True)


def add_box(server: Dovecot, *folders: str, password: str = PASSWORD) -> Box:
    """A new user's, with INBOX, Sent and those."""
    user = f"box{next(NUMBERS)}"
    server.add_user(user, password, ("Sent", *folders))
    return Box(server, user, password)

"""A world for each case, and mailboxes on real servers that are watched in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import imapclient  # type: ignore[import-untyped, unused-ignore]
import pytest

from bot.edges.imap.account import Account
from tests.fakes.boxes import Box, account_of, mail, opened_for_writing
from tests.fakes.build import IGNORED, MISTAKE
from tests.fakes.mail_servers import Mailbox
from tests.fakes.mailroom import WatchedMail
from tests.fakes.world import World

COMPLAINT, AGAIN, QUESTION = "I was charged twice.", "Nobody answers me!", "How long does delivery to Spain take?"
KINDS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("dovecot", "cyrus", "courier")]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """It begins now: no server can be told what time it is."""
    with World.at(tmp_path, start=datetime.now(UTC).replace(microsecond=0)) as world:
        world.judge.script |= {COMPLAINT: MISTAKE, AGAIN: IGNORED}
        yield world


@pytest.fixture
def watched(world: World) -> Iterator[WatchedMail]:
    made = WatchedMail(world)
    yield made
    made.close()


@dataclass
class AnyBox:
    """A user's mailbox on any of the servers; folders are named as that server names them."""

    account: Account
    sent: str
    deliver: Callable[..., None]
    client: Callable[[], Any]
    flags: Callable[[], dict[int, tuple[bytes, ...]]]
    files: Callable[[], dict[str, bytes]]
    reset: Callable[[], object]
    kind: str = ""
    delivered: list[bytes] = field(default_factory=list)

    def receives(self, *mails: bytes, folder: str = "INBOX") -> None:
        self.delivered += mails
        self.deliver(*mails, folder=folder)

    def writes(self, *texts: str) -> None:
        """Customers, each a different one."""
        for text in texts:
            number = len(self.delivered) + 1
            self.receives(mail(text, f"Customer {number} <c{number}@customer.example>", Subject=f"Order {number}"))

    def expunge(self, uid: int) -> None:
        """As when a colleague deletes it elsewhere."""
        with self.client() as client:
            client.select_folder("INBOX")
            client.add_flags([uid], [imapclient.DELETED])
            client.expunge()


@pytest.fixture(params=KINDS)
def anybox(request: pytest.FixtureRequest) -> AnyBox:
    """The same case on each kind of server."""
    kind: str = request.param
    if kind == "dovecot":
        box: Box = request.getfixturevalue("box")
        return AnyBox(
            box.account(), "Sent", box.receives, box.client, box.flags,
            lambda: {str(box.maildir() / name): raw for name, raw in box.files().items()},
            lambda: box.server.reset_uidvalidity(box.user, "INBOX"), kind,
        )  # fmt: skip
    made: Mailbox = request.getfixturevalue(kind).box()
    reset: Any = made.server

    def client() -> Any:
        other = imapclient.IMAPClient(made.host, made.port, ssl=False, timeout=10)
        other.login(made.user, made.password)
        return other

    def files() -> dict[str, bytes]:
        """Known by what is in them: Cyrus does not name its directories after users."""
        spool = [path for path in made.server.base.rglob("*") if path.parent.name in ("cur", "new")
                 or (path.name.endswith(".") and path.name[:-1].isdigit())]  # fmt: skip
        held = {str(path): path.read_bytes() for path in spool if path.is_file()}
        own = {raw.replace(b"\r\n", b"\n") for raw in found.delivered}
        return {path: raw for path, raw in held.items() if raw.replace(b"\r\n", b"\n") in own}

    found = AnyBox(
        account_of(made), made.sent, made.deliver, client, made.flags, files,
        lambda: reset.reset_uidvalidity(made.user, "INBOX"), kind,
    )  # fmt: skip
    opened_for_writing(made)
    return found

"""What `amends mail check` finds: every folder looked at as `amends run` would, and nothing changed by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import AUTO, Folder
from bot.errors import AmendsError
from bot.opening import SystemClock, existing_store
from bot.service.ports import Cursor, Look
from bot.settings import MailboxSettings, Settings
from bot.watching import account, folders

# What amends makes use of; whatever else a server can do changes nothing.
_USED = ("IDLE", "SPECIAL-USE", "STARTTLS", "AUTH=PLAIN", "AUTH=XOAUTH2", "AUTH=OAUTHBEARER")


@dataclass(frozen=True, slots=True)
class FolderReport:
    """A folder. Round trips in milliseconds; `idle_ms` is None without IDLE, and all are None if it cannot be read."""

    name: str
    is_sent: bool
    waiting: int | None = None
    begins: bool = False
    since: date | None = None
    noop_ms: float | None = None
    idle_ms: float | None = None
    error: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class MailboxReport:
    """A mailbox: what its server can do, its folders, what there is besides."""

    name: str
    where: str
    user: str
    tls: str
    capabilities: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    folders: tuple[FolderReport, ...] = ()
    error: str = ""
    advice: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether amends could watch all of it."""
        return not self.error and not any(folder.error for folder in self.folders)


CursorOf = Callable[[str, str], Cursor | None]


def check(settings: Settings) -> Iterator[MailboxReport]:
    """A report a mailbox, as they are made. Cursors are looked up where there is a database; none is made."""
    store = existing_store(settings)
    try:
        for box in settings.mailboxes:
            yield check_mailbox(settings, box, store_cursor(store))
    finally:
        if store is not None:
            store.close()


def store_cursor(store: object) -> CursorOf:
    """Where `amends run` stands, if it ever ran."""
    from bot.store.store import SqlStore

    if not isinstance(store, SqlStore):
        return lambda _account, _folder: None
    return lambda name, folder: store.transact(lambda tx: tx.cursor(name, folder))


def check_mailbox(settings: Settings, box: MailboxSettings, cursor_of: CursorOf) -> MailboxReport:
    """Log in once and look at each folder in turn."""
    connection = Connection(account(box))
    head = MailboxReport(box.name, f"{box.host}:{box.port}", box.user, box.tls)
    try:
        able = tuple(name for name in connection.capabilities() if name in _USED)
        there = [name for flags, name in connection.folders() if "\\noselect" not in flags]
        found = tuple(
            _folder(folder, connection, cursor_of, is_sent=folder.proves_ours)
            for folder in folders(box, lambda: connection, settings.house, SystemClock())
        )
    except AmendsError as problem:
        return MailboxReport(box.name, head.where, box.user, box.tls, error=problem.what, advice=problem.advice)
    finally:
        connection.close()
    watched = {report.name for report in found}
    others = tuple(sorted(name for name in there if name not in watched))
    return MailboxReport(box.name, head.where, box.user, box.tls, able, others, found)


def _folder(folder: Folder, connection: Connection, cursor_of: CursorOf, *, is_sent: bool) -> FolderReport:
    try:
        look: Look = folder.look(cursor_of)
        noop = _milliseconds(connection.noop)
        idle = _milliseconds(lambda: connection.idle(0.0)) if connection.has("IDLE") else None
    except AmendsError as problem:
        name = "Sent" if folder.folder == AUTO else folder.folder
        return FolderReport(name, is_sent, error=problem.what, advice=problem.advice)
    since = look.cursor.since if look.begins else None
    return FolderReport(folder.folder, is_sent, len(look.uids), look.begins, since, noop, idle)


def _milliseconds(command: Callable[[], object]) -> float:
    begun = time.perf_counter()
    command()
    return round((time.perf_counter() - begun) * 1000, 1)

"""The database: opened, upgraded, and written by one first-in-first-out thread a process."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
)

from bot.domain.escalation import OnCall
from bot.errors import CannotHold, Retriable, SettingsError, StoreUnfit
from bot.service.ports import Clock
from bot.store.cards import CardRows
from bot.store.cases import CaseRows
from bot.store.chat import ChatRows
from bot.store.complaints import ComplaintRows
from bot.store.desk import DeskRows
from bot.store.digests import DigestRows
from bot.store.folders import FolderRows
from bot.store.held import HeldRows
from bot.store.inbound import InboundRows
from bot.store.messages import MessageRows
from bot.store.outbox import OutboxRows
from bot.store.reviews import ReviewRows

T = TypeVar("T")
# The newest migration; a database at this revision is opened without loading Alembic.
REVISION = "0004"
_BUSY_SECONDS = 10.0
_TRIES = 100
# What SQLite's driver says of a value that it cannot bind.
_NOT_STORABLE = (sqlite3.InterfaceError, sqlite3.ProgrammingError)


class SqlTransaction(
    CaseRows, MessageRows, HeldRows, FolderRows, OutboxRows, CardRows, DigestRows, ReviewRows, ComplaintRows,
    InboundRows, DeskRows, ChatRows,
):  # fmt: skip
    """One transaction over all tables; `now` is taken once, when it begins."""

    def __init__(self, connection: Connection, now: datetime, on_call: OnCall) -> None:
        """Over an open connection."""
        self.connection = connection
        self.now = now
        self.on_call = on_call

    def savepoint(self) -> AbstractContextManager[object]:
        """Undo what fails inside, and only that."""
        return self.connection.begin_nested()


class SqlStore:
    """SQLite or PostgreSQL by URL. Work is done by one thread in the order of arrival."""

    def __init__(self, url: str, clock: Clock, on_call: OnCall | None = None, *, create: bool = True) -> None:
        """Open and, where needed, create or upgrade. Raises SettingsError, StoreUnfit or Retriable."""
        self._url = _parse(url)
        self._clock = clock
        self._on_call = on_call or OnCall()
        self.engine = _engine(self._url)
        _prepare_file(self._url, create=create)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            with _translated(self._url):
                _upgrade(self.engine)
        except BaseException:
            self.close()
            raise

    def transact(self, work: Callable[[SqlTransaction], T]) -> T:
        """`work` in one transaction, after all that was asked for before it. Raises what it raises, or Retriable."""
        return self._writer.submit(self._run, work).result()

    def _run(self, work: Callable[[SqlTransaction], T]) -> T:
        with _translated(self._url), self.engine.begin() as connection:
            return work(SqlTransaction(connection, self._clock.now(), self._on_call))

    def read(self, work: Callable[[Connection], T]) -> T:
        """`work` with a connection, for looking only."""
        with _translated(self._url), _looking(self.engine) as connection:
            return work(connection)

    def close(self) -> None:
        """Finish what was begun and let go of the database."""
        self._writer.shutdown(wait=True)
        self.engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            "The store's url cannot be read.", advice="Write sqlite:///amends.db, for example."
        ) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(
            f"amends keeps its data in SQLite or PostgreSQL, not in {parsed.get_backend_name()}.",
            advice="Write sqlite:///amends.db or postgresql+psycopg://user@host/name.",
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        advice = "Write sqlite:///amends.db, for example."
        raise SettingsError("amends forgets nothing, so it needs a file.", advice=advice)
    return parsed


def _prepare_file(url: URL, *, create: bool) -> None:
    """A SQLite file is made by us, mode 0600, before SQLite would make it readable by others."""
    if url.get_backend_name() != "sqlite":
        return
    path = Path(str(url.database))
    try:
        if path.exists():
            return
        if not create:
            raise StoreUnfit(
                "There is no such database.", where=str(path), advice="`amends run` or `amends demo` makes one."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as problem:
        raise StoreUnfit(f"The database cannot be made: {problem.strerror}.", where=str(path)) from None


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "postgresql":
            return create_engine(url, pool_pre_ping=True)
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
    except (ModuleNotFoundError, NoSuchModuleError):
        raise SettingsError(
            "The driver for this database is missing.", advice="pip install 'amends[postgres]'"
        ) from None
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    """WAL lets readers read while we write; FULL makes a commit survive a power cut."""
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite does not wait where two processes turn a new file to WAL at the same moment; so we do."""
    for _ in range(_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem):
                raise
            time.sleep(_BUSY_SECONDS / _TRIES)
        else:
            return
    connection.execute("PRAGMA journal_mode=WAL")


def _sqlite_begin(connection: Connection) -> None:
    """Take the write lock at once: a transaction that upgrades later would fail without waiting."""
    looking = connection.get_execution_options().get("looking")
    connection.exec_driver_sql("BEGIN" if looking else "BEGIN IMMEDIATE")


def _looking(engine: Engine) -> Connection:
    """A connection that only reads; in SQLite it neither waits for a writer nor makes one wait."""
    return engine.connect().execution_options(looking=True)


def _upgrade(engine: Engine) -> None:
    """Bring the schema to REVISION. Alembic is loaded only when there is something to do."""
    with _looking(engine) as connection:
        if inspect(connection).has_table("alembic_version"):
            found = connection.execute(select(text("version_num")).select_from(text("alembic_version"))).scalar()
            if found == REVISION:
                return
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it reports each of its plugins as it is loaded
    from bot.store.migrate import upgrade

    upgrade(engine)


class _translated(AbstractContextManager[None]):  # noqa: N801  (reads as a word in `with`)
    """Driver errors become ours: whose move is it?"""

    def __init__(self, url: URL) -> None:
        self._where = url.render_as_string(hide_password=True)

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        if not isinstance(problem, DBAPIError):
            return
        reason = str(problem.orig).strip().splitlines()[0] if problem.orig else "unknown"
        if isinstance(problem.orig, sqlite3.OperationalError) and "locked" in reason:
            raise Retriable("The database is locked by another process.", where=self._where) from problem
        if isinstance(problem.orig, sqlite3.DatabaseError) and "not a database" in reason:
            raise StoreUnfit("This file is not a database of amends.", where=self._where) from problem
        if problem.connection_invalidated or "connect" in reason:
            raise Retriable(f"The database does not answer: {reason}", where=self._where) from problem
        if isinstance(problem, IntegrityError):
            raise CannotHold(f"The database refused: {reason}", where=self._where) from problem
        if isinstance(problem, DataError) or isinstance(problem.orig, _NOT_STORABLE):
            # which value it was is not told: it may be a customer's words
            raise CannotHold(
                f"The database refused a value ({type(problem).__name__}).", where=self._where
            ) from problem
        raise StoreUnfit(f"The database refused: {reason}", where=self._where) from problem

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

from bot.errors import CannotHold, DiskFull, Retriable, SettingsError, StoreUnfit
from bot.service.ports import Clock
from bot.store.cards import CardRows
from bot.store.cases import CaseRows
from bot.store.chat import ChatRows
from bot.store.complaints import ComplaintRows
from bot.store.desk import DeskRows
from bot.store.digests import DigestRows
from bot.store.due import DueRows
from bot.store.folders import FolderRows
from bot.store.held import HeldRows
from bot.store.inbound import InboundRows
from bot.store.leases import LeaseRows
from bot.store.messages import MessageRows
from bot.store.outbox import OutboxRows
from bot.store.pulses import PulseRows
from bot.store.reviews import ReviewRows
from bot.store.shifts import ShiftRows
from bot.store.waiting import Waiting

T = TypeVar("T")
# The newest migration; a database at this revision is opened without loading Alembic.
REVISION = "0005"
_BUSY_SECONDS = 10.0
_STOPPED_SECONDS = 5.0
_CONNECT_SECONDS = 10
# SQLSTATE classes of what passes by itself: rollbacks, resources, interventions, the system (PostgreSQL, appendix A).
_PASSING = ("40", "53", "57", "58")
_TRIES = 100
# SQLSTATE disk_full (PostgreSQL, appendix A).
_FULL = "53100"
_UNDONE = "The database has undone the transaction by itself."
_ROOM = "Make room on its disk; amends goes on by itself."
# What SQLite's driver says of a value that it cannot bind.
_NOT_STORABLE = (sqlite3.InterfaceError, sqlite3.ProgrammingError)


class SqlTransaction(
    CaseRows, MessageRows, HeldRows, FolderRows, OutboxRows, CardRows, DigestRows, ReviewRows, ComplaintRows,
    InboundRows, DeskRows, ChatRows, DueRows, LeaseRows, ShiftRows, PulseRows,
):  # fmt: skip
    """One transaction over all tables; `now` is taken once, when it begins."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        """Over an open connection."""
        self.connection = connection
        self.now = now

    def savepoint(self) -> AbstractContextManager[object]:
        """Undo what fails inside, and only that."""
        return self.connection.begin_nested()


class SqlStore:
    """SQLite or PostgreSQL by URL. Work is done by one thread in the order of arrival."""

    def __init__(self, url: str, clock: Clock, *, create: bool = True) -> None:
        """Open and, where needed, create or upgrade. Raises SettingsError, StoreUnfit or Retriable."""
        self._url = _parse(url)
        self._clock = clock
        self.engine = _engine(self._url)
        self._waiting = Waiting(self.engine)
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
        self._waiting.begins()
        try:
            with _translated(self._url), self.engine.begin() as connection:
                self._waiting.ends()
                result = work(SqlTransaction(connection, self._clock.now()))
                self._waiting.begins()  # until it is committed
            return result
        finally:
            self._waiting.ends()

    @property
    def waiting_since(self) -> float | None:
        """Since when (time.monotonic) the database keeps the writer waiting; None: it does not."""
        return self._waiting.since

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
            engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_SECONDS})
            event.listen(engine, "connect", _postgresql_connect)
            return engine
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
    except (ModuleNotFoundError, NoSuchModuleError):
        raise SettingsError(
            "The driver for this database is missing.", advice="pip install 'amends[postgres]'"
        ) from None
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    event.listen(engine, "before_cursor_execute", _sqlite_goes_on)
    event.listen(engine, "commit", _sqlite_commits)
    return engine


def _postgresql_connect(connection: Any, _record: object) -> None:
    """Whoever is stopped within a transaction loses it: else all others would wait for what it has locked."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = {_STOPPED_SECONDS * 1000:.0f}")
    connection.commit()


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


def _sqlite_goes_on(_connection: Connection, cursor: sqlite3.Cursor, statement: str, *_: object) -> None:
    """Where it finds no room SQLite undoes the whole transaction: what came after would be written without the rest."""
    if not cursor.connection.in_transaction and not statement.startswith("BEGIN"):
        raise Retriable(_UNDONE)


def _sqlite_commits(connection: Connection) -> None:
    """The same where whoever was told of it has kept it to themselves."""
    driver = connection.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
        raise Retriable(_UNDONE)


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


def _full(problem: BaseException | None) -> DBAPIError | None:
    """That there is no room, behind whatever came of it in the same transaction."""
    while problem is not None:
        if isinstance(problem, DBAPIError) and "is full" in str(problem.orig):
            return problem
        problem = problem.__context__
    return None


def _sqlstate(problem: DBAPIError) -> str:
    return getattr(problem.orig, "sqlstate", "") or ""


class _translated(AbstractContextManager[None]):  # noqa: N801  (reads as a word in `with`)
    """Driver errors become ours: whose move is it?"""

    def __init__(self, url: URL) -> None:
        self._where = url.set(query={}).render_as_string(hide_password=True)

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        problem = _full(problem) or problem
        if not isinstance(problem, DBAPIError):
            return
        reason = str(problem.orig).strip().splitlines()[0] if problem.orig else "unknown"
        if isinstance(problem.orig, sqlite3.OperationalError) and "locked" in reason:
            raise Retriable("The database is locked by another process.", where=self._where) from problem
        if (isinstance(problem.orig, sqlite3.OperationalError) and "is full" in reason) or _sqlstate(problem) == _FULL:
            raise DiskFull(f"The database cannot grow: {reason}.", where=self._where, advice=_ROOM) from problem
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
        if str(getattr(problem.orig, "sqlstate", None) or "")[:2] in _PASSING:
            raise Retriable(f"The database does not do it now: {reason}", where=self._where) from problem
        raise StoreUnfit(f"The database refused: {reason}", where=self._where) from problem

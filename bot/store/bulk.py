"""Many rows in one statement. A tick has a tenth of a millisecond for a case, and the ORM-free Core takes three.

SQLite runs a prepared statement once a row; PostgreSQL takes whole columns as arrays (`unnest`), which spares it to
parse, bind and answer a hundred times. Both are asked through the driver, with values made ready here.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[tuple[Any, ...]]
_DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Insert:
    """Into these columns of a table; a row whose `once` is there already is left out. JSON is given as text."""

    table: Table
    columns: tuple[str, ...]
    once: str = ""

    @functools.cached_property
    def for_sqlite(self) -> str:
        """A row at a time."""
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.table.name} ({_names(self.columns)}) VALUES ({marks}){self._conflict}"  # noqa: S608

    @functools.cached_property
    def for_postgresql(self) -> str:
        """A column at a time."""
        names = _names(self.columns)
        arrays = _arrays(self.table.c[name] for name in self.columns)
        return f"INSERT INTO {self.table.name} ({names}) SELECT * FROM unnest({arrays}){self._conflict}"  # noqa: S608

    @property
    def _conflict(self) -> str:
        return f" ON CONFLICT ({self.once}) DO NOTHING" if self.once else ""


@dataclass(frozen=True)
class Update:
    """Of these columns where all of `where` are equal. A row holds first the values, then what they are told by."""

    table: Table
    columns: tuple[str, ...]
    where: tuple[str, ...]

    @functools.cached_property
    def for_sqlite(self) -> str:
        """A row at a time."""
        values = ", ".join(f'"{name}" = ?' for name in self.columns)
        told_by = " AND ".join(f'"{name}" = ?' for name in self.where)
        return f"UPDATE {self.table.name} SET {values} WHERE {told_by}"  # noqa: S608

    @functools.cached_property
    def for_postgresql(self) -> str:
        """A column at a time."""
        news, olds = [f"new_{name}" for name in self.columns], [f"old_{name}" for name in self.where]
        values = ", ".join(f'"{name}" = v.{new}' for name, new in zip(self.columns, news, strict=True))
        told_by = " AND ".join(f'o."{name}" = v.{old}' for name, old in zip(self.where, olds, strict=True))
        arrays = _arrays(self.table.c[name] for name in (*self.columns, *self.where))
        source = f"unnest({arrays}) AS v({', '.join((*news, *olds))})"
        return f"UPDATE {self.table.name} AS o SET {values} FROM {source} WHERE {told_by}"  # noqa: S608


def run(connection: Connection, what: Insert | Update, rows: Rows) -> int:
    """Carry it out; how many rows of the table were written."""
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        ready = [tuple(_text(v) if type(v) is datetime else v for v in row) for row in rows]
        return connection.exec_driver_sql(what.for_sqlite, ready).rowcount
    columns = tuple(list(column) for column in zip(*rows, strict=True))
    return connection.exec_driver_sql(what.for_postgresql, columns).rowcount


@functools.lru_cache(maxsize=4096)
def _text(moment: datetime) -> str:
    """As SQLAlchemy writes moments into SQLite; rows of one batch share most of theirs."""
    if moment.utcoffset():
        raise ValueError("moments are UTC here")
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _arrays(columns: Any) -> str:
    return ", ".join(f"%s::{_kind(column)}[]" for column in columns)


def _kind(column: Column[Any]) -> str:
    return column.type.compile(_DIALECTS["postgresql"])

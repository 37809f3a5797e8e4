"""Many rows in one statement. A tick has a tenth of a millisecond for a case, and the ORM-free Core takes three.

SQLite runs a prepared statement once a row; PostgreSQL takes all rows as one JSON text (`json_to_recordset`), which
spares it to parse, bind and answer for each, and the driver to put arrays together in Python, which took longer.
Both are asked through the driver, with values made ready here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table
from sqlalchemy.dialects import postgresql

Rows = Sequence[tuple[Any, ...]]
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


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
        """All rows at once."""
        told = [self.table.c[name] for name in self.columns]
        values = ", ".join(_value(column, place) for place, column in enumerate(told))
        into = f"INSERT INTO {self.table.name} ({_names(self.columns)})"
        return f"{into} SELECT {values} FROM {_records(told)}{self._conflict}"  # noqa: S608

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
        """All rows at once."""
        told = [self.table.c[name] for name in (*self.columns, *self.where)]
        named = [(f'"{column.name}"', _value(column, place)) for place, column in enumerate(told)]
        values = ", ".join(f"{name} = {value}" for name, value in named[: len(self.columns)])
        told_by = " AND ".join(f"o.{name} = {value}" for name, value in named[len(self.columns) :])
        return f"UPDATE {self.table.name} AS o SET {values} FROM {_records(told)} WHERE {told_by}"  # noqa: S608


def run(connection: Connection, what: Insert | Update, rows: Rows) -> int:
    """Carry it out; how many rows of the table were written."""
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        ready = [tuple([_text(v) if type(v) is datetime else v for v in row]) for row in rows]
        return connection.exec_driver_sql(what.for_sqlite, ready).rowcount
    records = [{f"c{place}": value for place, value in enumerate(row)} for row in rows]
    told = json.dumps(records, default=datetime.isoformat, ensure_ascii=False, separators=(",", ":"))
    return connection.exec_driver_sql(what.for_postgresql, (told,)).rowcount


@functools.lru_cache(maxsize=4096)
def _text(moment: datetime) -> str:
    """As SQLAlchemy writes moments into SQLite; rows of one batch share most of theirs."""
    if moment.utcoffset():
        raise ValueError("moments are UTC here")
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _records(columns: Sequence[Column[Any]]) -> str:
    """The one parameter as a table whose columns are c0, c1 …"""
    kinds = ", ".join(f"c{place} {_held_as(column)}" for place, column in enumerate(columns))
    return f"json_to_recordset(%s::json) AS v({kinds})"


def _held_as(column: Column[Any]) -> str:
    """What is JSON already is carried as a text, or it would become a JSON string."""
    return "text" if isinstance(column.type, JSON) else _kind(column)


def _value(column: Column[Any], place: int) -> str:
    return f"v.c{place}::{_kind(column)}" if isinstance(column.type, JSON) else f"v.c{place}"


def _kind(column: Column[Any]) -> str:
    return column.type.compile(_POSTGRESQL)

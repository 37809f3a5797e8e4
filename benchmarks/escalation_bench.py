"""The two databases that escalation is measured on, on SQLite and on PostgreSQL, and the tick that goes over them."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import make_url, select

from benchmarks.escalation_cases import make_due, open_cases
from bot.edges.processes import is_gone, own_name
from bot.opening import SystemClock
from bot.service.tick import Ticked, tick
from bot.service.ticking import TickLease
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import POLICY
from tests.fakes.postgres import Postgres

T = TypeVar("T")


@dataclass(frozen=True)
class Server:
    """Where databases are made: `fresh` gives the url of a new one, empty or a copy of another that is closed."""

    name: str
    fresh: Callable[[str | None], str]


@contextmanager
def sqlite() -> Iterator[Server]:
    """Files in a directory of their own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Server("SQLite", lambda like: _file(Path(folder), like))


def _file(folder: Path, like: str | None) -> str:
    path = folder / f"{len(list(folder.iterdir()))}.db"
    if like is not None:
        shutil.copy(str(make_url(like).database), path)
    return f"sqlite:///{path}"


@contextmanager
def postgresql() -> Iterator[Server]:
    """A server of our own that waits for the disk, as those do that people trust: the job store commits every job."""
    with Postgres(is_durable=True) as server:
        yield Server("PostgreSQL", lambda like: server.fresh(like.rpartition("/")[2] if like else "template1"))


class Watched(SqlStore):
    """Knows of each transaction how long its caller waited, and when it began and was committed."""

    def __init__(self, url: str) -> None:
        """Open or create."""
        super().__init__(url, SystemClock())
        self.committed: dict[datetime, datetime] = {}
        self.last = threading.local()

    def transact(self, work: Callable[[SqlTransaction], T]) -> T:
        """The same, watched."""
        asked = time.perf_counter()
        began, result = super().transact(lambda tx: (tx.now, work(tx)))
        self.last.ms = (time.perf_counter() - asked) * 1000
        self.committed[began] = datetime.now(UTC)
        return result


class Bench:
    """A database of many open cases, and the same with ten times as many."""

    def __init__(self, server: Server, opened: int, most: int, due: int) -> None:
        """Makes them; nothing is due yet."""
        self.server, self.opened, self.most, self.due = server, opened, most, due
        self._storms = 0
        url = server.fresh(None)
        with closing(Watched(url)) as store:
            open_cases(store, opened)
        larger = server.fresh(url)
        self.store, self.large = Watched(url), Watched(larger)
        self._fences = {id(store): TickLease(own_name(), is_gone) for store in (self.store, self.large)}

    def grow(self) -> None:
        """So many more cases in the larger one; that takes minutes."""
        open_cases(self.large, self.most)

    def tick(self, store: SqlStore | None = None) -> Ticked:
        """As `amends run` does, on the smaller one if nothing else is said."""
        ticked = store or self.store
        return tick(ticked, POLICY, self._fences[id(ticked)])

    def storm(self, step: int = 1, due_at: Callable[[int], datetime] | None = None, number: int = 0) -> int:
        """Make some due that were not due before, `step` apart; the round of their ladders that they are in."""
        self._storms += 1
        number = number or self.due
        first = self._storms * (self.due if step == 1 else 1) % max(self.opened - (number - 1) * step, 1)
        now = datetime.now(UTC)
        moments = [due_at(rank) if due_at else now for rank in range(number)]
        make_due(self.store, range(first + 1, first + 1 + number * step, step), moments, self._storms)
        return self._storms

    def queued(self, storm: int) -> list[Any]:
        """What a storm left to be said: case, moment."""
        o = t.outbox.c
        wanted = select(o.case_id, o.queued_at).where(o.loop == storm).order_by(o.id)
        return list(self.store.read(lambda c: c.execute(wanted).all()))

    def close(self) -> None:
        """Let go of both."""
        self.store.close()
        self.large.close()

"""Folders on no server: what lies in them, when it comes and what goes wrong is in a test's hands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.domain.message import Arrival, Message, Place, Unreadable
from bot.errors import Retriable
from bot.service.gate import Gate
from bot.service.lease import Lease
from bot.service.ports import Cursor, Look
from bot.service.settle import Settling
from bot.service.watch import Desk, Watch
from tests.fakes.build import MINUTE, message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

Batch = list[Arrival | Unreadable]
Found = Message | str  # a message, or what is wrong with it


@dataclass
class FakeFolder:
    """A folder whose first mail has the UID 1.

    `arrives`: what comes at the n-th look (1 = first). `troubles`: what each look fails with, None for none.
    `breaks`: at each reading after how many batches the connection is lost. `meanwhile` happens before each batch.
    """

    name: str = "support/INBOX"
    mails: list[Found] = field(default_factory=list)
    arrives: dict[int, list[Found]] = field(default_factory=dict)
    troubles: list[Exception | None] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    batch: int = 1
    uidvalidity: int = 1
    can_wait: bool = False
    goal: int = 10**9
    stop: threading.Event = field(default_factory=threading.Event)
    looks: int = 0
    waits: list[float] = field(default_factory=list)
    closed: int = 0
    interrupted: int = 0
    fetched: list[int] = field(default_factory=list)

    @property
    def account(self) -> str:
        return self.name.partition("/")[0]

    @property
    def folder(self) -> str:
        return self.name.partition("/")[2]

    def look(self, cursor_of: Callable[[str, str], Cursor | None]) -> Look:
        self.looks += 1
        if self.looks >= self.goal:
            self.stop.set()
        self.mails += self.arrives.get(self.looks, [])
        if self.troubles and (trouble := self.troubles.pop(0)):
            raise trouble
        cursor, last = cursor_of(self.account, self.folder), len(self.mails)
        if cursor is None or cursor.uidvalidity != self.uidvalidity:
            day = MONDAY.date()
            return Look(Cursor(self.uidvalidity, 0, day, last), tuple(range(1, last + 1)), begins=True)
        return Look(cursor, tuple(range(cursor.last_uid + 1, last + 1)))

    def read(self, look: Look) -> Iterator[Batch]:
        until = self.breaks.pop(0) if self.breaks else None
        for number, start in enumerate(range(0, len(look.uids), self.batch)):
            if number == until:
                raise Retriable("broke off")
            self.meanwhile()
            uids = look.uids[start : start + self.batch]
            self.fetched += uids
            yield [self._read(uid, look.cursor.history_until) for uid in uids]

    def _read(self, uid: int, history_until: int) -> Arrival | Unreadable:
        found, place = self.mails[uid - 1], Place(self.account, self.folder, self.uidvalidity, uid)
        if isinstance(found, str):
            return Unreadable(place, b"", found)
        return Arrival(found, place, b"", uid <= history_until)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.can_wait

    def interrupt(self) -> None:
        self.interrupted += 1

    def close(self) -> None:
        self.closed += 1


def numbered(*numbers: int) -> list[Found]:
    """A customer's mails that have nothing to do with each other."""
    return [message(f"Number {n}", subject=f"Order {n}", rfc_id=f"<n{n}@customer.example>") for n in numbers]


@dataclass
class Mailbox:
    """An account with its folders, each watched, in a world; nothing runs by itself."""

    world: World
    folders: Sequence[FakeFolder]
    poll_seconds: float = 30.0
    desk: Desk = field(init=False)
    watches: list[Watch] = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As a new process: all that was known is in the database."""
        world = self.world
        account = self.folders[0].account
        lease = Lease(world.store, world.clock, f"mailbox {account}", "we", lambda _holder: False)
        lease.keep()
        gate = Gate(one.name for one in self.folders)
        settling = Settling(world.store, world.judge, world.policy)
        intake = replace(world.intake)
        self.desk = Desk(intake, settling, world.store, world.clock, gate, lease)
        self.watches = [Watch(one, self.desk, self.poll_seconds) for one in self.folders]

    def look(self, *names: str) -> None:
        """Each of these folders (all, if none is named) is looked at once; then alerts go out."""
        stop = threading.Event()
        for watch in self.watches:
            if not names or watch.source.name in names:
                watch.once(stop)
        self.world.delivery.run()

    def passes(self, length: timedelta, every: timedelta = MINUTE / 2) -> None:
        """Time goes by, and everything is looked at again and again."""
        end = self.world.clock.now() + length
        while self.world.clock.now() < end:
            self.world.clock.advance(min(every, end - self.world.clock.now()))
            self.look()

"""Mailboxes watched over a world: servers and connections are real, time and the channel are in a test's hands."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.house import House
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import Folder
from bot.edges.imap.reading import Reader
from bot.service.gate import Gate
from bot.service.health import check_watches
from bot.service.lease import Lease
from bot.service.settle import Settling
from bot.service.watch import Desk, Rotation, Watch
from tests.fakes.boxes import HOUSE
from tests.fakes.dovecot import wait_until
from tests.fakes.world import World

SOON = 60.0  # seconds until a test gives up; a busy machine is not a bug
Connect = Callable[[Account], Connection]


class WatchedMail:
    """Everything that `amends run` builds of its [[mailbox]]es; `close` when the test ends."""

    def __init__(self, world: World, *, house: House = HOUSE, poll: float = 30.0, holder: str = "this process") -> None:
        self.world, self.house, self.poll, self.holder = world, house, poll, holder
        self.intake = replace(world.intake, wake=self._deliver_while_running)
        self.settling = Settling(world.store, world.judge, world.policy, wake=self._deliver_while_running)
        self.watches: list[Watch] = []
        self.leases: list[Lease] = []
        self.stop = threading.Event()
        self._running, self._delivering = False, threading.Lock()

    def add(
        self, account: Account, *folders: str, sent: str = "Sent", connect: Connect = Connection, shared: bool = False
    ) -> list[Watch]:
        """Watch these folders (INBOX, if none is named) and the one for sent mail, over a connection each or one."""
        world = self.world
        one = connect(account)
        sources = [
            Folder(one if shared else connect(account), name, world.clock, Reader(self.house, proven_ours=name == sent))
            for name in (*(folders or ("INBOX",)), *filter(None, [sent]))
        ]
        lease = Lease(world.store, world.clock, f"mailbox {account.name}", self.holder, lambda _holder: False)
        gate = Gate(source.name for source in sources)
        desk = Desk(self.intake, self.settling, world.store, world.clock, gate, lease)
        added = [Watch(source, desk, self.poll) for source in sources]
        self.leases.append(lease)
        self.watches += added
        return added

    def look(self, *, times: int = 1, apart: float = 0.0) -> None:
        """So often, each folder once in turn, `apart` seconds between; what is to be said is said after each."""
        for _ in range(times):
            self.world.clock.advance(timedelta(seconds=apart))
            for lease in self.leases:
                lease.keep()
            for watch in self.watches:
                if watch.desk.lease.held:
                    watch.once(self.stop)
                    self.world.delivery.run()

    def a_second_passes(self) -> bool:
        """While it runs; False, to be asked for again and again."""
        self.world.clock.advance(timedelta(seconds=1))
        for lease in self.leases:
            lease.keep()
        return False

    def check(self) -> None:
        """What is done every few seconds: whether every folder is read."""
        intervals = {(one.source.account, one.source.name): timedelta(seconds=self.poll) for one in self.watches}
        check_watches(self.world.store, intervals)
        self.world.delivery.run()

    @contextlib.contextmanager
    def running(self, *runners: Watch | Rotation) -> Iterator[None]:
        """A thread for each watch, or for each of `runners`, as `amends run` has them; alerts go out as they come."""
        for lease in self.leases:
            lease.keep()
        these = runners or tuple(self.watches)
        threads = [threading.Thread(target=one.run, args=(self.stop,), daemon=True) for one in these]
        self._running = True
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for one in these:
                one.interrupt()
            for thread in threads:
                thread.join(SOON)
            assert not [thread for thread in threads if thread.is_alive()], "told to stop, it did not"
            self._running = False

    def close(self) -> None:
        for watch in self.watches:
            watch.source.close()

    def _deliver_while_running(self) -> None:
        if self._running:
            with self._delivering:
                self.world.delivery.run()


def soon(condition: Callable[[], object], what: str) -> None:
    """Waits for something that servers and threads bring about in their own time."""
    assert wait_until(lambda: bool(condition()), SOON), f"{what}: this did not come true"


def rows(world: World, *columns: Any) -> list[tuple[Any, ...]]:
    """In the order of the table's own key, as a rule."""
    return [tuple(row) for row in world.store.read(lambda connection: connection.execute(select(*columns)).all())]

"""Amends as processes that a test tells what to do and when: what is killed or stopped here really is.

They have the clock of the test, one database and one channel, which is a file, so that it outlives them.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn, Self

from sqlalchemy import select

from bot.domain.alert import Alert, AlertKey, CaseId, Notice
from bot.domain.triage import Policy
from bot.errors import Retriable
from bot.service import feedback
from bot.service.deliver import Delivery
from bot.service.ports import Clock, Ref
from bot.service.recover import recover
from bot.service.tick import Ticked, tick
from bot.service.ticking import TickLease
from bot.store import store
from bot.store import tables as t
from bot.store.store import SqlTransaction
from tests.app.dying import commit, die
from tests.fakes.build import MISTAKE, POLICY
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

SOON = 60.0  # seconds until a test gives up; a busy machine is not a bug
Deed = Callable[[Any], Any]
# A server that has everything loaded and forks: a process of its own in milliseconds.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


class FileChannel:
    """A channel that is a file with a line a post."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path, self.clock = path, clock

    def post(self, alert: Alert | Notice, root: Ref | None, *, plainly: bool = False) -> Ref:
        ref = Ref(f"{os.getpid()}.{len(self.lines()) + 1}")
        line = {"ref": ref, "key": alert.key, "root": root, "at": self.clock.now().isoformat()}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        return ref

    def find(self, key: AlertKey, root: Ref | None, since: datetime, *, to: str = "") -> list[Ref]:
        found = (x for x in self.lines() if (x["key"], x["root"]) == (key, root))
        return [Ref(x["ref"]) for x in found if datetime.fromisoformat(x["at"]) >= since]

    def redraw(self, ref: Ref, alert: Alert, *, plainly: bool = False) -> None:
        with self.path.with_suffix(".cards").open("a") as file:
            file.write(json.dumps([alert.state, alert.generation]) + "\n")

    def delete(self, ref: Ref) -> None:
        raise AssertionError(f"{ref} stands there twice")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def shown(self) -> list[tuple[str, int]]:
        """As what the card was redrawn, one after the other: state and generation."""
        cards = self.path.with_suffix(".cards")
        return [tuple(json.loads(line)) for line in cards.read_text().splitlines()] if cards.exists() else []

    def standing(self) -> Counter[AlertKey]:
        return Counter(AlertKey(line["key"]) for line in self.lines())


# what they are told to do


def complain(world: World) -> int:
    world.customer("You charged me twice.", MISTAKE, received_at=MONDAY, rfc_id="<1@customer.example>")
    return say(world)


def complain_until_taken(world: World) -> str:
    """What could not be taken in is read again, as a watch does."""
    while True:
        try:
            complain(world)
        except Retriable:
            continue
        return "taken"


def acknowledge(world: World) -> str:
    deed = {"who": "ana", "whence": "slack"}
    return feedback.act(world.store, world.policy, lambda team: team.claim(the_case(world)), **deed)


def the_case(world: World) -> CaseId:
    """The number of the only one: of an insertion that was undone PostgreSQL does not use the number again."""
    return CaseId(world.store.read(lambda c: c.execute(select(t.case.c.id)).scalar_one()))


def fire(world: World) -> Ticked:
    return tick(world.store, world.policy)


def say(world: World) -> int:
    recover(world.store, world.channel)
    return world.delivery.run()


def fire_in_turn(life: Life) -> Ticked:
    """Under the lease, as engines on several machines do: nobody knows of another that it is dead."""
    return tick(life.store, life.policy, life.lease)


def beat(world: World) -> Ticked:
    """What the ticker does each second."""
    return world.engine()


# where they die


def after_doing(method: str) -> Callable[[], None]:
    """In the middle of a transaction: right after it did this."""

    def arm() -> None:
        real = getattr(SqlTransaction, method)
        setattr(SqlTransaction, method, lambda *given, **named: die(real(*given, **named)))

    return arm


def call(method: str, *, after: bool) -> Callable[[], None]:
    """Around a call to the channel: it has been made and nobody has read its answer, or it has not."""
    real = getattr(FileChannel, method)
    dead: Callable[..., NoReturn] = (lambda *given, **named: die(real(*given, **named))) if after else die
    return lambda: setattr(FileChannel, method, dead)


def stopped_within(method: str) -> Callable[[], None]:
    """In the middle of a transaction it is stopped, and holds all that it has locked."""

    def arm() -> None:
        real = getattr(SqlTransaction, method)
        store._STOPPED_SECONDS = 1.0

        def stopping(*given: Any, **named: Any) -> Any:
            done = real(*given, **named)
            os.kill(os.getpid(), signal.SIGSTOP)
            return done

        setattr(SqlTransaction, method, stopping)

    return arm


WITHIN = ("remember", "open_case", "change_case", "change_cases", "plan_pings", "queue", "withdraw")
COMMITS = ("open_case", "change_cases", "withdraw", "_lease", "settle", "stale_card", "card_drawn", "release")
POINTS: dict[str, Callable[[], None]] = {
    "never": lambda: None,
    "stopped_within_change_cases": stopped_within("change_cases"),
    **{f"within_{method}": after_doing(method) for method in WITHIN},
    **{f"before_commit_of_{method}": commit(method, after=False) for method in COMMITS},
    **{f"after_commit_of_{method}": commit(method, after=True) for method in COMMITS},
    **{f"before_{method}": call(method, after=False) for method in ("post", "find", "redraw")},
    **{f"after_{method}": call(method, after=True) for method in ("post", "find", "redraw")},
}


class Life(World):
    """A world in which it is not told at each step what is heard: it is looked at afterwards."""

    def __init__(self, url: str, policy: Policy = POLICY, start: datetime = MONDAY) -> None:
        super().__init__(url, policy, start)
        self.lease = TickLease(f"engine {os.getpid()}", lambda _: False)

    def _nothing_unheard(self) -> None:
        """All may be."""


def over(url: str, channel: Path) -> Life:
    """A life whose channel is that file."""
    life = Life(url)
    life.channel = FileChannel(channel, life.clock)  # type: ignore[assignment]
    life.delivery = Delivery(life.store, life.channel, life.clock)
    return life


def _work(pipe: Connection, url: str, channel: Path, point: str) -> None:
    """The process itself: one deed after the other, each at the moment it is told."""
    POINTS[point]()
    world = over(url, channel)
    pipe.send("ready")
    while (order := pipe.recv()) is not None:
        deed, moment = order
        world.clock.set(moment)
        pipe.send(deed(world))
    world.store.close()


class Engine:
    """Such a process, between enter and exit; it dies at `point`."""

    def __init__(self, url: str, channel: Path, point: str = "never") -> None:
        self._pipe, other = _processes.Pipe()
        self._process = _processes.Process(target=_work, args=(other, url, channel, point), daemon=True)
        self._process.start()
        other.close()
        assert self.answer() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def does(self, deed: Deed, at: datetime = MONDAY) -> Any:
        """What came of it; None when it died of it."""
        self.is_told(deed, at)
        return self.answer()

    def is_told(self, deed: Deed, at: datetime) -> None:
        """To begin; `answer` waits for its end."""
        self._pipe.send((deed, at))

    def answer(self) -> Any:
        assert self._pipe.poll(SOON), "the process does not answer"
        try:
            return self._pipe.recv()
        except (EOFError, ConnectionResetError):
            self._process.join(SOON)
            return None

    @property
    def died(self) -> bool:
        """Whether it was killed by its point."""
        return self._process.exitcode == -signal.SIGKILL

    @property
    def is_stopped(self) -> bool:
        status = Path(f"/proc/{self._process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.join(SOON)

    def signal(self, number: signal.Signals) -> None:
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)

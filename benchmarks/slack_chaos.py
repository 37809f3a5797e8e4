"""Delivery under fire: processes killed and stopped at random, over a Slack that fails more than one call in ten.

    python -m benchmarks.slack_chaos                        # 1,000 posts, 100 kills, some minutes; SQLite
    python -m benchmarks.slack_chaos --database postgres    # over a private PostgreSQL
    python -m benchmarks.slack_chaos --posts 5000 --kills 500 --processes 8 --seed 7

5% each of 429, 500, answers lost after the call was carried out and, around a post or redraw, pauses longer than the
lease; 1% are carried out seconds after everybody gave up. Times are those of benchmarks.slack_worker: a lease of 2.5 s
instead of 15. Exit code 1 when anything was lost, stands there twice, out of order or as it no longer is.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, func, select

from benchmarks.slack_worker import CHANNEL, TIMING, Place, work
from bot.domain.alert import AlertKey, CaseId, Notice, Reason, Say, Topic
from bot.domain.case import Entry
from bot.domain.escalation import Notify
from bot.domain.message import Person
from bot.opening import SystemClock
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.slack import FakeSlack
from tests.store.rows import open_case

_PAUSE = 1.5 * (TIMING.lease + TIMING.settle).total_seconds()
_RELEASE = 5.0  # seconds after which Slack carries out what it held
_PATIENCE = 240.0  # seconds until a campaign that makes no progress is given up
_FEW = 5  # rows that wait at the same time: more would become a list
_STEP = 0.02


@dataclass(frozen=True)
class Plan:
    """How much of what."""

    posts: int = 1000
    kills: int = 100
    processes: int = 6
    seed: int = 1
    failing: float = 0.05
    late: float = 0.01


@dataclass
class Report:
    """What came of it."""

    posts: int = 0
    kills: int = 0
    pauses: int = 0
    redraws: int = 0
    seconds: float = 0.0
    listed: int = 0  # what waited together with too many others and stands in a list
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    twins: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.twice or self.unknown or self.out_of_order or self.outdated)

    def __str__(self) -> str:
        return "\n".join((
            f"{self.posts} posts ({self.listed} of them in lists) and {self.redraws} redraws in {self.seconds:.0f} s",
            f"{self.kills} kills, {self.pauses} pauses longer than the lease",
            f"lost {len(self.lost)}, visible twice {len(self.twice)}, out of order {len(self.out_of_order)}",
            f"cards outdated {len(self.outdated)}; twins that lived for a moment: {len(self.twins)}",
        ))  # fmt: skip


class Fleet:
    """The processes; each that is killed is replaced."""

    def __init__(self, place: Place, many: int, dice: random.Random) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["benchmarks.slack_worker", "tests.fakes.slack", "tests.store.rows"])
        self._place, self._dice = place, dice
        self._stopped_since: dict[int, float] = {}
        self.kills = self.pauses = 0
        self._all = [self._start() for _ in range(many)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._all:
            process.kill()
            process.join()

    def _start(self) -> Any:
        process = self._context.Process(target=work, args=(replace(self._place, seed=self._dice.randrange(2**32)),))
        process.start()
        return process

    def kill(self) -> None:
        """One of them that is awake, at whatever it is doing."""
        awake = [number for number, process in enumerate(self._all) if not _is_stopped(process.pid)]
        if not awake:
            return
        number = self._dice.choice(awake)
        self._all[number].kill()
        self._all[number].join()
        self._all[number] = self._start()
        self.kills += 1

    def wake(self) -> None:
        """Those that have slept for longer than a lease."""
        for process in self._all:
            pid, now = process.pid, time.monotonic()
            if not _is_stopped(pid):
                self._stopped_since.pop(pid, None)
            elif now - self._stopped_since.setdefault(pid, now) > _PAUSE:
                self.pauses += 1
                del self._stopped_since[pid]
                os.kill(pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] == "T"
    return False


class Feeder:
    """What is to be said: cards, replies, cases that change, and notices; a few at a time."""

    def __init__(self, store: SqlStore, posts: int, dice: random.Random) -> None:
        self._store, self._posts, self._dice = store, posts, dice
        self._cases: list[CaseId] = []
        self._replies: dict[CaseId, int] = {}
        self.queued = self.changes = 0

    @property
    def done(self) -> bool:
        return self.queued >= self._posts

    def feed(self) -> None:
        """As long as little waits."""
        if not self.done and self._store.read(_pending) < _FEW:
            self._store.transact(self._one)

    def _one(self, tx: SqlTransaction) -> None:
        roll = self._dice.random()
        if roll < 0.25 or not self._cases:
            number = len(self._cases)
            case = open_case(tx, Person(f"c{number}@customer.example", f"Customer {number}"))
            self._say(tx, case, Reason.MISTAKE, 0)
            self._cases.append(case)
        elif roll < 0.55:
            case = self._dice.choice(self._cases[-20:])
            self._replies[case] = rung = self._replies.get(case, 0) + 1
            self._say(tx, case, Reason.STILL_UNANSWERED, rung)
        elif roll < 0.75:
            told = Notice(AlertKey(f"review:{self.queued}"), Topic.REVIEW, f"List {self.queued}", ("a",), "")
            tx.announce(told)
            self.queued += 1
        else:
            self._change(tx, self._dice.choice(self._cases[-20:]))

    def _say(self, tx: SqlTransaction, case: CaseId, reason: Reason, rung: int) -> None:
        tx.queue(case, Say(reason, Notify.CHANNEL, 0, rung))
        self.queued += 1

    def _change(self, tx: SqlTransaction, number: CaseId) -> None:
        case = tx.case(number)
        assert case is not None
        changed = replace(case, severity=self._dice.choice((1, 2, 3)))
        tx.change_case(changed, Entry(tx.now, "amends", "mail", "severity", case.state, case.state, ""))
        self.changes += 1


def _pending(connection: Connection) -> int:
    o = t.outbox.c
    return int(connection.execute(select(func.count()).where(o.state == "pending")).scalar_one())


def _unfinished(connection: Connection) -> int:
    """Rows that have not ended, twins still to be looked for, cards to be redrawn."""
    o, d = t.outbox.c, t.card.c
    ended = o.state.in_(("sent", "dead", "withdrawn")) & o.twins_due_at.is_(None)
    rows = connection.execute(select(func.count()).where(~ended)).scalar_one()
    return int(rows + connection.execute(select(func.count()).where(d.wanted > d.drawn)).scalar_one())


def campaign(url: str, plan: Plan) -> Report:
    """Play it to its end; the database is new."""
    dice, began, beat = random.Random(plan.seed), time.monotonic(), threading.Event()
    store = SqlStore(url, SystemClock())
    with FakeSlack((CHANNEL,), epoch=int(time.time()), clock=time.time) as slack:
        _fail(slack, plan)
        feeder = Feeder(store, plan.posts, dice)
        place = Place(url, slack.api_url, slack.token, plan.failing, plan.seed)
        released = progressed = time.monotonic()
        unfinished = 1
        with Fleet(place, plan.processes, dice) as fleet:
            while not (feeder.done and unfinished == 0):
                beat.wait(_STEP)
                fleet.wake()
                before = feeder.queued, unfinished
                feeder.feed()
                if fleet.kills < plan.kills * feeder.queued // plan.posts:
                    fleet.kill()
                if time.monotonic() - released > _RELEASE:
                    slack.release()
                    released = time.monotonic()
                if feeder.done:
                    unfinished = store.read(_unfinished)
                progressed = time.monotonic() if (feeder.queued, unfinished) != before else progressed
                assert time.monotonic() - progressed < _PATIENCE, "nothing moves any more"
            slack.release()
        report = Report(feeder.queued, fleet.kills, fleet.pauses, feeder.changes, time.monotonic() - began)
        _judge(report, store, slack)
    store.close()
    return report


def _fail(slack: FakeSlack, plan: Plan) -> None:
    rates: dict[Any, float] = {"429": plan.failing, "500": plan.failing, "reset_after": plan.failing}
    slack.chance("*", rates, plan.seed)
    slack.chance("chat.postMessage", {**rates, "slow": plan.late}, plan.seed + 1)
    slack.chance("chat.update", {**rates, "slow": plan.late}, plan.seed + 2)


def _judge(report: Report, store: SqlStore, slack: FakeSlack) -> None:
    """By what can be seen in the channel, not by what the database believes."""
    o, d = t.outbox.c, t.card.c
    rows = store.read(lambda c: c.execute(select(o.id, o.key, o.case_id, o.carried_by).order_by(o.id)).all())
    keys = [(row.key, row.case_id) for row in rows if row.carried_by is None]
    report.listed = len(rows) - len(keys)
    generations = dict(
        store.read(lambda c: [(r.ref, r.generation) for r in c.execute(
            select(d.ref, t.case.c.generation).join(t.case, t.case.c.id == d.case_id)
        )])
    )  # fmt: skip
    visible = slack.visible()
    # what stands in a list is said if the list is, which has a row of its own
    report.lost = [key for key, _ in keys if not visible[key]]
    report.twice = [key for key, count in visible.items() if count > 1]
    report.unknown = sorted(visible.keys() - {key for key, _ in keys})
    report.twins = slack.twins()
    messages = slack.messages(CHANNEL)
    stands = {m["metadata"]["event_payload"]["key"]: m["ts"] for m in messages if "metadata" in m}
    for case in {case for _, case in keys if case is not None}:
        moments = [stands.get(key, "") for key, about in keys if about == case]
        if moments != sorted(moments):
            report.out_of_order.append(f"case {case}")
    shown = {f"{CHANNEL}:{message['ts']}": message["text"] for message in messages}
    report.outdated = [
        f"{ref}: {shown.get(ref)}" for ref, generation in generations.items()
        if f"(generation {generation})" not in shown.get(ref, "")
    ]  # fmt: skip


@contextlib.contextmanager
def database(kind: str) -> Iterator[str]:
    """The url of a new database."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/amends.db"
        return
    from tests.fakes.postgres import Postgres

    with Postgres() as server:
        yield server.fresh()


def main() -> int:
    """The campaign as asked for on the command line, and its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    for name in ("posts", "kills", "processes", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Plan, name))
    asked = vars(parser.parse_args())
    with database(asked.pop("database")) as url:
        report = campaign(url, Plan(**asked))
    print(report)
    for name in ("lost", "twice", "unknown", "out_of_order", "outdated"):
        for line in getattr(report, name)[:20]:
            print(f"{name}: {line}")
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())

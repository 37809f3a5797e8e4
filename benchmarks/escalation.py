"""What escalation costs: idle, in a storm, beside APScheduler's own job store, and to those who write meanwhile.

    python -m benchmarks.escalation                          # SQLite and PostgreSQL, a quarter of an hour
    python -m benchmarks.escalation --store sqlite storm     # one store, one part: idle, storm, lateness, intake

The tick is that of `amends run`, with its lease, over cases that have messages, a log, sent alerts and cards.
A storm is 5,000 cases that opened one after the other, half of them at their first rung, half at the second, which
pings somebody. Its rivals run in the same minutes: a busy machine slows both.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

from sqlalchemy import event

from benchmarks.escalation_bench import Bench, Server, Watched, postgresql, sqlite
from benchmarks.escalation_peer import ms_a_job
from benchmarks.run import Figure, tell
from bot.domain.message import Arrival, Person
from bot.edges.ticker import Ticker
from bot.errors import Retriable
from bot.service.intake import Intake
from tests.fakes.build import MISTAKE, POLICY, message
from tests.fakes.world import ScriptedJudge

OPEN, MOST, JOBS, STORM = 100_000, 1_000_000, 50_000, 5_000
IDLE_TICKS, STORMS, INTAKE_STORMS = 1_000, 5, 8
TICK_SECONDS, A_SECOND, LATE_FOR = 1.0, 100, 20
IDLE_MS, CASE_MS, FASTER, GROWTH, LATE_MS, COMMIT_MS = 5.0, 0.1, 40.0, 2.0, 1000.0, 50.0
WORDS = "You charged me twice, and the money is still missing."


def idle(bench: Bench) -> Iterator[Figure]:
    """Nothing is due. Both databases tick in turn, so that what slows the machine slows both."""
    yield _plan(bench)
    bench.grow()
    few, many = [], []
    for _ in range(IDLE_TICKS):
        few.append(_ms(lambda: bench.tick(bench.store)))
        many.append(_ms(lambda: bench.tick(bench.large)))
    detail = f"p50 {statistics.median(few):.2f} ms, {IDLE_TICKS} ticks"
    yield Figure(f"idle tick, {bench.opened:,} open, p99", _p99(few), IDLE_MS, "ms", detail=detail)
    detail = f"p50 {statistics.median(many):.2f} ms, p99 {_p99(many):.2f} ms"
    yield Figure(f"the same, {bench.most:,} open", _p99(many) / _p99(few), GROWTH, "times", detail=detail)


def _plan(bench: Bench) -> Figure:
    """What the database says of how it searches for what is due."""
    asked: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "next_due_at <=" in statement and "EXPLAIN" not in statement:
            asked.append((statement, parameters))

    event.listen(bench.store.engine, "before_cursor_execute", hear)
    bench.tick()
    how = "EXPLAIN QUERY PLAN" if bench.store.engine.dialect.name == "sqlite" else "EXPLAIN"
    plans = [_explained(bench, f"{how} {sql}", given) for sql, given in asked]
    event.remove(bench.store.engine, "before_cursor_execute", hear)
    searched = [plan for plan in plans if "ix_case_next_due_at" in plan and "Seq Scan" not in plan]
    share = len(searched) / max(len(plans), 1)
    return Figure("searches for what is due by its index", share, 1, "of all", True, detail="; ".join(plans))


def _explained(bench: Bench, statement: str, parameters: Any) -> str:
    rows = bench.store.read(lambda connection: connection.exec_driver_sql(statement, parameters).all())
    return " ".join(str(row[-1]).strip() for row in rows)


def storm(bench: Bench) -> Iterator[Figure]:
    """Thousands are due at once; the job store has as many due, of as many open as there is patience for."""
    jobs = min(bench.opened, JOBS)
    bench.storm(number=200)
    bench.tick()  # the first is not counted
    ours = [_fire(bench) for _ in range(STORMS)]
    theirs = ms_a_job(bench.server.fresh(None), jobs, bench.due)
    ours += [_fire(bench) for _ in range(STORMS)]
    spread = [_fire(bench, step=bench.opened // bench.due) for _ in range(3)]
    each = statistics.median(one for one, _cpu in ours)
    detail = (
        f"best {min(ours)[0]:.3f} ms, our CPU time {statistics.median(cpu for _wall, cpu in ours):.3f} ms; "
        f"due cases spread over all: {statistics.median(one for one, _cpu in spread):.3f} ms"
    )
    yield Figure(f"{bench.due:,} due at once: a case", each, CASE_MS, "ms", detail=detail)
    detail = f"{theirs:.2f} ms a job of {jobs:,}"
    if bench.server.name == "SQLite":
        detail += f"; with WAL {ms_a_job(bench.server.fresh(None), jobs, bench.due, write_ahead=True):.2f} ms"
    yield Figure("the same, beside APScheduler's job store", theirs / each, FASTER, "times faster", True, detail)


def _fire(bench: Bench, step: int = 1) -> tuple[float, float]:
    """Milliseconds a case, and those of CPU time of this process (for PostgreSQL the server's come on top)."""
    number = bench.storm(step)
    cpu = time.process_time()
    taken = _ms(bench.tick)
    cpu = time.process_time() - cpu
    queued = len(bench.queued(number))
    if queued != bench.due:
        raise RuntimeError(f"{queued} of {bench.due} were queued")
    return taken / bench.due, cpu * 1000 / bench.due


def lateness(bench: Bench) -> Iterator[Figure]:
    """A hundred fall due each second, the clock ticks once a second: from then until their alerts are queued."""
    begin, number = datetime.now(UTC) + timedelta(seconds=3), A_SECOND * LATE_FOR
    due = [begin + timedelta(seconds=rank / A_SECOND) for rank in range(number)]
    storm = bench.storm(due_at=lambda rank: due[rank], number=number)
    ticker = Ticker()
    ticker.every(TICK_SECONDS, bench.tick, "tick")
    ticker.start()
    threading.Event().wait((due[-1] - datetime.now(UTC)).total_seconds() + 3 * TICK_SECONDS)
    ticker.stop()
    told = bench.queued(storm)
    if len(told) != number:
        raise RuntimeError(f"{len(told)} of {number} were queued")
    first = min(case for case, _ in told)
    late = [(queued - due[case - first]).total_seconds() * 1000 for case, queued in told]
    seen = [(bench.store.committed[queued] - due[case - first]).total_seconds() * 1000 for case, queued in told]
    detail = f"p50 {statistics.median(late):.0f} ms, longest {max(late):.0f} ms; committed p99 {_p99(seen):.0f} ms"
    yield Figure(f"{A_SECOND} due a second: lateness, p99", _p99(late), LATE_MS, "ms", detail=detail)


def intake(bench: Bench) -> Iterator[Figure]:
    """New complaints come in one after the other while storms of cases fire, one after the other as well."""
    rest = _taken_in(bench, "rest", lambda: threading.Event().wait(3.0))
    bench.storm(number=INTAKE_STORMS * bench.due)  # before: to make that many due is one long transaction
    taken = _taken_in(bench, "storm", bench.tick)
    detail = f"p50 {statistics.median(taken):.1f} ms of {len(taken)}; without a storm p99 {_p99(rest):.1f} ms; "
    detail += f"written by another process: {_elsewhere(bench)}"
    yield Figure("a complaint's commit in a storm, p99", _p99(taken), COMMIT_MS, "ms", detail=detail)


def _taken_in(bench: Bench, name: str, meanwhile: Callable[[], object]) -> list[float]:
    taken: list[float] = []
    stop = threading.Event()
    thread = threading.Thread(target=_complain, args=(bench.store, stop.is_set, taken, name))
    thread.start()
    try:
        meanwhile()
    finally:
        stop.set()
        thread.join()
    return taken


def _complain(store: Watched, stopped: Callable[[], bool], taken: list[float], name: str) -> None:
    """Customers who were never seen before; of each the milliseconds of the transaction that opens the case."""
    taking = Intake(store, ScriptedJudge({WORDS: MISTAKE}), POLICY)
    while not stopped():
        customer = Person(f"c{name}-{len(taken)}@customer.example", "Customer")
        began = time.perf_counter()
        try:
            taking.take([Arrival(message(WORDS, sender=customer, received_at=datetime.now(UTC)))])
        except Retriable:  # SQLite was locked by the other process for longer than anybody waits; that counts as well
            taken.append((time.perf_counter() - began) * 1000)
        else:
            taken.append(store.last.ms)


def _elsewhere(bench: Bench) -> str:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    bench.storm(number=INTAKE_STORMS * bench.due)
    url = bench.store.engine.url.render_as_string(hide_password=False)
    process = multiprocessing.get_context("spawn").Process(target=_complain_elsewhere, args=(url, theirs))
    process.start()
    ours.recv()
    bench.tick()
    ours.send("stop")
    taken: Sequence[float] = ours.recv()
    process.join()
    return f"p50 {statistics.median(taken):.1f} ms, p99 {_p99(taken):.1f} ms of {len(taken)}"


def _complain_elsewhere(url: str, pipe: Pipe) -> None:
    taken: list[float] = []
    with closing(Watched(url)) as store:
        pipe.send("begun")
        _complain(store, pipe.poll, taken, "elsewhere")
    pipe.send(taken)


def _ms(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def _p99(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "idle": idle, "storm": storm, "lateness": lateness, "intake": intake,
}  # fmt: skip
SERVERS: dict[str, Callable[[], AbstractContextManager[Server]]] = {"sqlite": sqlite, "postgresql": postgresql}


def measure(name: str, parts: Sequence[str], opened: int, most: int, due: int) -> int:
    """One store; 1 when a figure misses its limit."""
    with SERVERS[name]() as server:
        print(f"{server.name}: {opened:,} cases are opened", flush=True)
        with closing(Bench(server, opened, most, due)) as bench:
            return max(tell(PARTS[part](bench)) for part in parts)


def main() -> int:
    """All parts, or those that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("part", nargs="*", help=f"one of {', '.join(PARTS)}; all by default")
    parser.add_argument("--store", choices=[*SERVERS, "both"], default="both")
    parser.add_argument("--open", type=int, default=OPEN, help="open cases")
    parser.add_argument("--most", type=int, default=MOST, help="open cases of the larger database")
    parser.add_argument("--due", type=int, default=STORM, help="due at once")
    asked = parser.parse_args()
    stores = list(SERVERS) if asked.store == "both" else [asked.store]
    return max(measure(name, asked.part or list(PARTS), asked.open, asked.most, asked.due) for name in stores)


if __name__ == "__main__":
    sys.exit(main())

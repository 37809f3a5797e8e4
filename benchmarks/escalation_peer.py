"""The peer of escalation: APScheduler's own SQLAlchemyJobStore, one job a case, whose function does nothing."""

from __future__ import annotations

import pickle
import threading
import time
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_SUBMITTED, JobSubmissionEvent
from apscheduler.executors.debug import DebugExecutor
from apscheduler.job import Job
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import event, insert

GAP = timedelta(hours=1)


def nothing(_case: int) -> None:
    """What a job does; it has to be importable."""


def ms_a_job(url: str, jobs: int, due: int, *, write_ahead: bool = False) -> float:
    """Milliseconds for each of the `due` jobs: read, run, and written again with their next moment.

    Jobs run in the scheduler's own thread, which spares it a pool. `write_ahead`: with SQLite's WAL, which it does not
    turn on by itself.
    """
    scheduler = BackgroundScheduler(
        timezone=UTC, executors={"default": DebugExecutor()},
        job_defaults={"coalesce": True, "misfire_grace_time": None},
    )  # fmt: skip
    store = SQLAlchemyJobStore(url=url)
    if write_ahead:
        event.listen(store.engine, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode = WAL"))
    scheduler.add_jobstore(store)
    scheduler.start(paused=True)
    try:
        _fill(scheduler, store, jobs, due)
        return _run(scheduler, due)
    finally:
        scheduler.shutdown()


def _fill(scheduler: BackgroundScheduler, store: SQLAlchemyJobStore, jobs: int, due: int) -> None:
    """In one statement: to add them one by one takes minutes."""
    now = datetime.now(UTC)
    rows = []
    for number in range(jobs):
        at = now - timedelta(seconds=1) if number < due else now + timedelta(days=1, seconds=number)
        job = Job(
            scheduler, id=str(number), func=nothing, args=(number,), kwargs={}, name="nothing", executor="default",
            trigger=IntervalTrigger(seconds=int(GAP.total_seconds()), start_date=at, timezone=UTC),
            misfire_grace_time=None, coalesce=True, max_instances=1, next_run_time=at,
        )  # fmt: skip
        state = pickle.dumps(job.__getstate__(), pickle.HIGHEST_PROTOCOL)
        rows.append({"id": job.id, "next_run_time": at.timestamp(), "job_state": state})
    with store.engine.begin() as connection:
        connection.execute(insert(store.jobs_t), rows)


def _run(scheduler: BackgroundScheduler, due: int) -> float:
    """The scheduler tells of all submissions when it has gone through all jobs that were due."""
    told: list[JobSubmissionEvent] = []
    done = threading.Event()

    def hear(one: JobSubmissionEvent) -> None:
        told.append(one)
        if len(told) == due:
            done.set()

    scheduler.add_listener(hear, EVENT_JOB_SUBMITTED)
    begin = time.perf_counter()
    scheduler.resume()
    if not done.wait(600.0):
        raise RuntimeError(f"only {len(told)} of {due} jobs were run")
    return (time.perf_counter() - begin) / due * 1000

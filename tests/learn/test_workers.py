"""Many texts on all cores: the same verdicts in the same order, whatever becomes of the processes."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator

import pytest
from joblib.externals.loky import get_reusable_executor

from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.learn import judge
from bot.learn.dataset import Example
from bot.learn.features import Asked
from bot.learn.judge import ModelJudge, judge_many
from bot.learn.model import Triage
from tests.fakes import build

# from Python 3.12 on; the workers use no thread of ours
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
FATAL = 700


def whole(verdict: Verdict) -> Verdict:
    return verdict


def where(_verdict: Verdict) -> int:
    return os.getpid()


def whole_and_where(verdict: Verdict) -> tuple[Verdict, int]:
    return verdict, os.getpid()


def fatally(verdict: Verdict) -> Verdict:
    """Dies in the midst of the work, as under the kernel's out-of-memory killer; here it does not."""
    if verdict.unanswered == FATAL and multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return verdict


@pytest.fixture(scope="module")
def texts(examples: list[Example]) -> list[Asked]:
    """Each is told apart by its number."""
    return [Asked(f"{number}. {examples[number % len(examples)].text}", number) for number in range(1200)]


@pytest.fixture(scope="module", autouse=True)
def _alone(model: Triage) -> None:
    """Training has left a thread with processes of its own."""
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


@pytest.fixture(autouse=True)
def _no_process_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Beside another thread nothing is forked; those that other tests have left idle do not count."""
    idle = threading.active_count()
    monkeypatch.setattr(judge, "_forks", lambda: threading.active_count() == idle)
    monkeypatch.setattr(judge, "_WORTH_FORKING", 1)
    yield
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [2, 3, None])
def test_any_number_of_workers_gives_the_same_verdicts_in_order(
    model: Triage, texts: list[Asked], workers: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    alone = list(judge_many(model, texts, 0.2, whole, workers=1))
    assert [verdict.unanswered for verdict in alone] == list(range(len(texts)))
    assert list(judge_many(model, texts, 0.2, whole, workers=workers)) == alone


def test_many_texts_are_judged_by_others_and_few_here(
    model: Triage, texts: list[Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = os.getpid()
    assert here not in set(judge_many(model, texts, 0.2, where, workers=2))
    assert set(judge_many(model, texts[:200], 0.2, where, workers=2)) == {here}
    assert set(judge_many(model, texts, 0.2, where, workers=1)) == {here}
    monkeypatch.setattr(judge, "_WORTH_FORKING", 10**9)
    assert set(judge_many(model, texts, 0.2, where, workers=2)) == {here}
    assert list(judge_many(model, [], 0.2, where, workers=2)) == []


def test_a_worker_that_is_killed_loses_nothing_and_changes_nothing(
    model: Triage, texts: list[Asked], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        told = list(judge_many(model, texts, 0.2, fatally, workers=2))
    assert told == list(judge_many(model, texts, 0.2, whole, workers=1))
    assert ["a judging process died" in record.getMessage() for record in caplog.records] == [True]


def test_who_stops_asking_leaves_no_process_behind(model: Triage, texts: list[Asked]) -> None:
    asking = judge_many(model, texts, 0.2, whole, workers=2)
    assert next(asking).unanswered == 0
    assert multiprocessing.active_children()
    asking.close()  # type: ignore[attr-defined]


def test_beside_other_threads_workers_are_started_anew(
    model: Triage, texts: list[Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that a thread held at the moment of a fork would never open again in the worker."""
    monkeypatch.setattr(judge, "_WORTH_STARTING", 1)
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        told, places = zip(*judge_many(model, texts[:300], 0.2, whole_and_where, workers=2), strict=True)
    finally:
        done.set()
        other.join()
    assert os.getpid() not in places
    assert list(told) == list(judge_many(model, texts[:300], 0.2, whole, workers=1))


def test_a_judge_shares_a_history_among_workers(model: Triage, examples: list[Example]) -> None:
    messages = [build.message(examples[number % len(examples)].text) for number in range(600)]
    earlier = [Earlier(number % 4) for number in range(600)]
    judging = ModelJudge(model, 0.2)
    alone = judging.judge(messages, earlier, explain="where_needed")
    assert [verdict.unanswered for verdict in alone] == [one.count for one in earlier]
    assert judging.judge(messages, earlier, explain="where_needed", workers=2) == alone

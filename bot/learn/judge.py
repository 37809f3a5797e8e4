"""A loaded model as the Judge of the services, and as a scorer of many texts on all cores."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from bot.domain.message import Message
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.learn.dataset import join
from bot.learn.features import LONGEST, Asked
from bot.learn.model import Explain, Triage
from bot.workers import end_with_parent

T = TypeVar("T")
Texts = Sequence[str | Asked]
log = logging.getLogger(__name__)

# As many are judged together, whoever judges them: in another company the last bits of a sum may differ.
_BATCH = 256
_WARM = 64
# So many characters at least are worth workers: forked ones are there at once, others import everything anew.
_WORTH_FORKING, _WORTH_STARTING = 400_000, 8_000_000


@dataclass(slots=True)
class ModelJudge:
    """Judges messages at the configured prior. `model` may be replaced at any time; a batch is judged by one."""

    model: Triage
    prior: float

    def judge(
        self, messages: Sequence[Message], earlier: Sequence[Earlier] = (), *, explain: Explain = "everywhere",
        workers: int = 1,
    ) -> list[Verdict]:  # fmt: skip
        """The subject counts only where it begins a thread: a reply carries it along, whatever it says now.

        For histories: `explain="where_needed"` leaves out the clues of quiet messages, which only `amends show --json`
        and the card of an older case would tell, and `workers` processes share the work.
        """
        known = earlier or [Earlier()] * len(messages)
        texts = [_asked(m, e) for m, e in zip(messages, known, strict=True)]
        return list(judge_many(self.model, texts, self.prior, _itself, explain=explain, workers=workers))


@dataclass(frozen=True, slots=True)
class HistoryJudge:
    """The same judge for a whole history at once: on all cores, and with clues only where somebody sees them."""

    of: ModelJudge

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        """One verdict a message, in order; the same as for a mail of today."""
        return self.of.judge(messages, earlier, explain="where_needed", workers=os.cpu_count() or 1)


def _asked(message: Message, earlier: Earlier) -> Asked:
    text = join("" if message.references else message.subject, message.new_text)
    return Asked(text, earlier.count, earlier.waiting_hours(message.received_at))


def _itself(verdict: Verdict) -> Verdict:
    return verdict


def judge_many(
    model: Triage, texts: Texts, prior: float, shape: Callable[[Verdict], T], *, explain: Explain = "everywhere",
    workers: int | None = None,
) -> Iterator[T]:  # fmt: skip
    """`shape` of a verdict a text, in order: the same for any number of workers (by default one a core).

    Few texts are judged here, and so is what is left to do when a worker dies. `shape` must be a plain function.
    """
    batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
    judged = partial(_shaped, prior=prior, shape=shape, explain=explain)
    jobs = min(os.cpu_count() or 1 if workers is None else workers, len(batches))
    done = 0
    if jobs > 1 and sum(min(len(_text(text)), LONGEST) for text in texts) >= _worth():
        model.judge(texts[:_WARM], prior, explain=explain)  # what it remembers is inherited
        try:
            for shaped in _in_workers(model, batches, judged, jobs):
                yield from shaped
                done += 1
        except BrokenProcessPool:
            log.warning("a judging process died; the other %d batches of texts are judged without", len(batches) - done)
    for batch in batches[done:]:
        yield from judged(model, batch)


def _text(asked: str | Asked) -> str:
    return asked.text if isinstance(asked, Asked) else asked


def _shaped(model: Triage, texts: Texts, *, prior: float, shape: Callable[[Verdict], T], explain: Explain) -> list[T]:
    return [shape(verdict) for verdict in model.judge(texts, prior, explain=explain)]


# workers


def _forks() -> bool:
    """Whether workers can be forked: a lock that another thread holds would stay locked in them for ever."""
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


def _worth() -> int:
    return _WORTH_FORKING if _forks() else _WORTH_STARTING


def _in_workers(
    model: Triage, batches: Sequence[Texts], judged: Callable[[Triage, Texts], list[T]], jobs: int
) -> Iterator[list[T]]:
    """What is judged of each batch, in order. Raises BrokenProcessPool; whatever happens, no process stays."""
    forks = _forks()
    context = multiprocessing.get_context("fork" if forks else "spawn")
    # forked ones share the model in memory, others are sent it once
    given = model if forks else replace(model, explainer=None)
    gc.freeze()  # what is there stays there: forked workers need not look at it again and again
    pool = ProcessPoolExecutor(jobs, context, _take, (given,))
    try:
        yield from pool.map(partial(_in_worker, judged), batches)
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


_taken: dict[str, Triage] = {}


def _take(model: Triage) -> None:
    end_with_parent()
    _taken["model"] = model


def _in_worker(judged: Callable[[Triage, Texts], list[T]], batch: Texts) -> list[T]:
    return judged(_taken["model"], batch)

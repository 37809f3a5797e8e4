"""A loaded model as the Judge of the services, and as a scorer of many texts on all cores."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

from joblib import Parallel, delayed

from bot.domain.message import Message
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.learn.dataset import join
from bot.learn.features import Asked
from bot.learn.model import Triage

T = TypeVar("T")

_BATCH = 512
_WARM = 64
# Fewer texts than this are judged faster here than in workers that must first be started.
_WORTH_WORKERS = 1500

_forked: dict[str, Any] = {}


@dataclass(slots=True)
class ModelJudge:
    """Judges messages at the configured prior. `model` may be replaced at any time; a batch is judged by one."""

    model: Triage
    prior: float

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        """The subject counts only where it begins a thread: a reply carries it along, whatever it says now."""
        known = earlier or [Earlier()] * len(messages)
        return self.model.judge([_asked(m, e) for m, e in zip(messages, known, strict=True)], self.prior)


def _asked(message: Message, earlier: Earlier) -> Asked:
    text = join("" if message.references else message.subject, message.new_text)
    return Asked(text, earlier.count, earlier.waiting_hours(message.received_at))


def judge_many(model: Triage, texts: Sequence[str | Asked], prior: float, shape: Callable[[Verdict], T]) -> Iterator[T]:
    """`shape` of a verdict a text, in order; on all cores when there are many. `shape` must be a plain function."""
    jobs = os.cpu_count() or 1
    if len(texts) < _WORTH_WORKERS or jobs == 1 or not hasattr(os, "fork"):
        yield from chain.from_iterable(_shaped(model, batch, prior, shape) for batch in _batches(texts))
        return
    # forked workers share the model in memory: nothing is loaded or imported twice; it is warmed up first
    model.judge(texts[:_WARM], prior)
    _forked["model"] = model
    gc.freeze()  # what is there stays there: the workers need not look at it again and again
    with Parallel(n_jobs=jobs, backend="multiprocessing") as pool:
        yield from chain.from_iterable(pool(delayed(_forked_shaped)(batch, prior, shape) for batch in _batches(texts)))
    gc.unfreeze()
    _forked.clear()


def _batches(texts: Sequence[str | Asked]) -> Iterator[Sequence[str | Asked]]:
    for start in range(0, len(texts), _BATCH):
        yield texts[start : start + _BATCH]


def _shaped(model: Triage, texts: Sequence[str | Asked], prior: float, shape: Callable[[Verdict], T]) -> list[T]:
    return [shape(verdict) for verdict in model.judge(texts, prior)]


def _forked_shaped(texts: Sequence[str | Asked], prior: float, shape: Callable[[Verdict], T]) -> list[T]:
    return _shaped(_forked["model"], texts, prior, shape)

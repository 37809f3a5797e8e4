"""A message arrives: judged before, then stored, decided, queued and its cursor moved in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.message import Arrival, Direction, Message, Unreadable
from bot.domain.silence import thread_names
from bot.domain.triage import Policy, on_message
from bot.domain.verdict import Verdict
from bot.errors import LostRace
from bot.service.act import carry_out
from bot.service.ports import Judge, Store, Transaction

log = logging.getLogger(__name__)
_RACES = 5


@dataclass(slots=True)
class Taken:
    """What an intake did: messages stored for the first time, known ones, quarantined ones, alerts queued."""

    new: int = 0
    known: int = 0
    quarantined: int = 0
    queued: int = 0


@dataclass(frozen=True, slots=True)
class Intake:
    """The way in. `wake` is called after a commit that queued something."""

    store: Store
    judge: Judge
    policy: Policy
    wake: Callable[[], None] = field(default=lambda: None)

    def take(self, arrivals: Sequence[Arrival | Unreadable]) -> Taken:
        """Take what was read, in order. Reading the same again changes nothing."""
        taken = Taken()
        for run in _runs(arrivals):
            self._take(run, taken)
        if taken.queued:
            self.wake()
        return taken

    def _take(self, arrivals: Sequence[Arrival | Unreadable], taken: Taken) -> None:
        verdicts = self._verdicts([a for a in arrivals if isinstance(a, Arrival)])
        for arrival in arrivals:
            if isinstance(arrival, Unreadable):
                self.store.transact(lambda tx, it=arrival: _quarantine(tx, it))  # type: ignore[misc]
                taken.quarantined += 1
                log.warning("quarantined UID %d of %s: %s", arrival.place.uid, arrival.place.folder, arrival.error)
                continue
            queued = self._store(arrival, verdicts.get(id(arrival.message)))
            taken.new, taken.known = taken.new + (queued is not None), taken.known + (queued is None)
            taken.queued += queued or 0

    def _verdicts(self, arrivals: Sequence[Arrival]) -> dict[int, Verdict]:
        """Verdicts by object identity, for customers' messages only; judged before any transaction begins."""
        asked: list[Message] = [a.message for a in arrivals if a.message.direction is Direction.FROM_CUSTOMER]
        if not asked:
            return {}
        known = self.store.transact(lambda tx: [tx.earlier(message) for message in asked])
        verdicts = self.judge.judge(asked, known)
        return {id(m): v for m, v in zip(asked, verdicts, strict=True)}

    def _store(self, arrival: Arrival, verdict: Verdict | None) -> int | None:
        for attempt in range(_RACES):
            try:
                return self.store.transact(lambda tx: self._one(tx, arrival, verdict))
            except LostRace:
                if attempt == _RACES - 1:
                    raise
        raise AssertionError("unreachable")

    def _one(self, tx: Transaction, arrival: Arrival, verdict: Verdict | None) -> int | None:
        thread = tx.remember(arrival, verdict)
        if arrival.place is not None:
            tx.move_cursor(arrival.place)
        if thread is None:
            return None
        facts = tx.facts(arrival.message, verdict, thread)
        return carry_out(tx, on_message(facts, self.policy, tx.now))


def _runs(arrivals: Sequence[Arrival | Unreadable]) -> Iterator[list[Arrival | Unreadable]]:
    """Stretches in which no thread comes twice: what went before a message is stored before it is judged."""
    run: list[Arrival | Unreadable] = []
    names: set[tuple[str, str]] = set()
    for arrival in arrivals:
        own = thread_names(arrival.message) if isinstance(arrival, Arrival) else frozenset()
        if own & names:
            yield run
            run, names = [], set()
        run.append(arrival)
        names |= own
    if run:
        yield run


def _quarantine(tx: Transaction, unreadable: Unreadable) -> None:
    tx.quarantine(unreadable)
    tx.move_cursor(unreadable.place)

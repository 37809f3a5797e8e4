"""A message arrives: judged before, then stored, decided, queued and its cursor moved in one transaction."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.message import Arrival, Direction, Message, Place, Unreadable
from bot.domain.silence import thread_names
from bot.domain.triage import Policy, on_message
from bot.domain.verdict import Verdict
from bot.errors import AmendsError, CannotHold, LostRace, Retriable
from bot.service.act import carry_out
from bot.service.defects import defect, frames
from bot.service.ports import Judge, Store, Transaction
from bot.service.quarantine import tell
from bot.service.races import until_won

log = logging.getLogger(__name__)
# A message on which judging or storing fails so often is put aside, and the others go on without it.
TRIES = 3
READ_AFTER_ALL = "amends"


@dataclass(slots=True)
class Taken:
    """What an intake did: messages stored for the first time, known ones, quarantined ones, alerts queued."""

    new: int = 0
    known: int = 0
    quarantined: int = 0
    queued: int = 0


@dataclass(frozen=True, slots=True)
class Intake:
    """The way in. `wake` is called after a commit that queued something, or may have changed a card."""

    store: Store
    judge: Judge
    policy: Policy
    wake: Callable[[], None] = field(default=lambda: None)
    _failures: Counter[Place] = field(default_factory=Counter)

    def take(self, arrivals: Sequence[Arrival | Unreadable]) -> Taken:
        """Take what was read, in order. Reading the same again changes nothing.

        Raises Retriable when a message cannot be taken in; what came before it is, and at the third time it is put
        into quarantine.
        """
        taken = Taken()
        try:
            for run in _runs(arrivals):
                self._take(run, taken)
        finally:
            if taken.queued or taken.new:  # an answer says nothing new, and its card is redrawn
                self.wake()
        return taken

    def try_again(self, arrivals: Sequence[Arrival | Unreadable]) -> Taken:
        """Take what lay in quarantine; what fails once more goes back there at once."""
        for arrival in arrivals:
            if arrival.place is not None:
                self._failures[arrival.place] = TRIES - 1
        return self.take(arrivals)

    def keep(self, arrivals: Sequence[Arrival | Unreadable], account: str) -> Taken:
        """Store what was read in one folder; nothing is judged or decided until the account has caught up."""
        taken = Taken()
        try:
            self.store.transact(lambda tx: self._keep(tx, arrivals, account, taken))
        except (Retriable, LostRace):
            raise
        except Exception as problem:
            told = "storing %d messages at once failed; they are stored one by one: %s"
            log.warning(told, len(arrivals), frames(problem))
            for arrival in arrivals:
                self._guarded(arrival, lambda one=arrival: self._keep_alone(one, account, taken), taken)  # type: ignore[misc]
        return taken

    def _keep(self, tx: Transaction, arrivals: Sequence[Arrival | Unreadable], account: str, taken: Taken) -> None:
        readable = tx.in_order([one for one in arrivals if isinstance(one, Arrival)])
        new = tx.keep(readable, account)
        aside = sum(_quarantine(tx, one) for one in arrivals if isinstance(one, Unreadable))
        tx.end_quarantine_among([one.place for one in readable if one.place is not None], READ_AFTER_ALL)
        if arrivals and (last := arrivals[-1].place):
            tx.move_cursor(last)
        taken.new, taken.known = taken.new + new, taken.known + len(readable) - new
        taken.quarantined += aside

    def _keep_alone(self, arrival: Arrival | Unreadable, account: str, taken: Taken) -> None:
        self.store.transact(lambda tx: self._keep(tx, [arrival], account, taken))

    def _take(self, arrivals: Sequence[Arrival | Unreadable], taken: Taken) -> None:
        verdicts = self._verdicts([a for a in arrivals if isinstance(a, Arrival)])
        for arrival in arrivals:
            self._guarded(arrival, lambda one=arrival: self._take_one(one, verdicts, taken), taken)  # type: ignore[misc]

    def _take_one(self, arrival: Arrival | Unreadable, verdicts: dict[int, Verdict | Exception], taken: Taken) -> None:
        if isinstance(arrival, Unreadable):
            self._put_aside(arrival, taken)
            return
        verdict = verdicts.get(id(arrival.message))
        if isinstance(verdict, Exception):
            raise verdict
        queued = self._store(arrival, verdict)
        taken.new, taken.known = taken.new + (queued is not None), taken.known + (queued is None)
        taken.queued += queued or 0

    def _verdicts(self, arrivals: Sequence[Arrival]) -> dict[int, Verdict | Exception]:
        """Verdicts by object identity, for customers' messages only; judged before any transaction begins."""
        asked: list[Message] = [a.message for a in arrivals if a.message.direction is Direction.FROM_CUSTOMER]
        if not asked:
            return {}
        earlier = self.store.transact(lambda tx: [tx.earlier(message) for message in asked])
        try:
            verdicts: Sequence[Verdict | Exception] = self.judge.judge(asked, earlier)
        except Exception as problem:
            if len(asked) == 1:
                return {id(asked[0]): problem}
            return {key: value for one in arrivals for key, value in self._verdicts([one]).items()}
        return {id(m): v for m, v in zip(asked, verdicts, strict=True)}

    def _guarded(self, arrival: Arrival | Unreadable, work: Callable[[], None], taken: Taken) -> None:
        """Do it; what fails on this very message, and not because the world does, is not tried for ever."""
        try:
            work()
        except AmendsError as problem:
            if not isinstance(problem, CannotHold):
                raise
            self._failed(arrival, problem, taken)
        except Exception as problem:
            self._failed(arrival, problem, taken)
        else:
            if arrival.place is not None:
                self._failures.pop(arrival.place, None)

    def _failed(self, arrival: Arrival | Unreadable, problem: Exception, taken: Taken) -> None:
        place, said = arrival.place, defect(problem)
        if place is None:
            raise problem
        self._failures[place] += 1
        if self._failures[place] < TRIES or isinstance(arrival, Unreadable):
            raise Retriable(f"UID {place.uid} cannot be taken in: {said}.", where=f"{place.account}/{place.folder}")
        self._put_aside(Unreadable(place, arrival.raw, said, arrival.message.direction is Direction.FROM_US), taken)
        del self._failures[place]

    def _put_aside(self, unreadable: Unreadable, taken: Taken) -> None:
        def aside(tx: Transaction) -> bool:
            new = _quarantine(tx, unreadable)
            if new:  # else it was passed before
                tx.move_cursor(unreadable.place)
            return new

        if self.store.transact(aside):
            taken.quarantined += 1
            taken.queued += 1
            place = unreadable.place
            log.warning("quarantined UID %d of %s/%s: %s", place.uid, place.account, place.folder, unreadable.error)

    def _store(self, arrival: Arrival, verdict: Verdict | None) -> int | None:
        return until_won(self.store, lambda tx: self._one(tx, arrival, verdict))

    def _one(self, tx: Transaction, arrival: Arrival, verdict: Verdict | None) -> int | None:
        (arrival,) = tx.in_order([arrival])
        thread = tx.remember(arrival, verdict)
        # what lay in quarantine was passed before, perhaps under another UIDVALIDITY
        place = arrival.place
        if place is not None and not tx.end_quarantine_at(place, READ_AFTER_ALL) and arrival.moves_cursor:
            tx.move_cursor(place)
        if thread is None:
            return None
        facts = tx.facts(arrival.message, verdict, thread, is_history=arrival.is_history)
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


def _quarantine(tx: Transaction, unreadable: Unreadable) -> bool:
    """Put it aside, and say so; False if that was done before."""
    return tx.quarantine(unreadable) and tell(tx, unreadable)

"""A mailbox has caught up: what was stored meanwhile is judged and decided, thread by thread.

Whoever was answered in the meantime is no case and alerts nobody, however long amends was away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.alert import Reason
from bot.domain.message import Direction, Message, MessageId, ThreadId
from bot.domain.silence import Earlier, Turn, earlier_in
from bot.domain.triage import Action, ChangeCase, OpenCase, Policy, on_message
from bot.domain.verdict import Verdict
from bot.errors import LostRace, Retriable
from bot.service.act import carry_out
from bot.service.defects import frames
from bot.service.known import Known
from bot.service.ports import Held, Judge, Store, Transaction
from bot.service.races import until_won

log = logging.getLogger(__name__)
# Threads whose messages are judged at once, and those that are decided in one transaction.
_JUDGED, _DECIDED = 8000, 50
Verdicts = dict[MessageId, Verdict]
UNJUDGED = Verdict(0.5, 0.5, frozenset(), 0, unsure=True)


@dataclass(frozen=True, slots=True)
class Settling:
    """Decides what was held. `wake` is called after a commit that queued something.

    `historian` judges what lay in a folder before amends first looked there: tens of thousands at once, perhaps.
    """

    store: Store
    judge: Judge
    policy: Policy
    wake: Callable[[], None] = field(default=lambda: None)
    historian: Judge | None = None
    _at_work: set[object] = field(default_factory=set)

    @property
    def is_long(self) -> bool:
        """Whether so much is being decided that what comes of it should be said together, when it is done."""
        return bool(self._at_work)

    def settle(self, account: str) -> int:
        """Decide all that is held for an account; how many threads there were."""
        done, threads = 0, self._next(account, ThreadId(0))
        run = object()  # an account of several threads: whoever is done first is not done for the others
        try:
            while threads:
                if len(threads) > _DECIDED:
                    self._at_work.add(run)
                    log.info("%s: caught up; %d threads are judged", account, len(threads))
                self._settle(threads)
                done, threads = done + len(threads), self._next(account, threads[-1])
                if done > _DECIDED:
                    log.info("%s: %d threads decided", account, done)
        finally:
            self._at_work.discard(run)
        if done:
            self.wake()
        return done

    def _next(self, account: str, beyond: ThreadId) -> list[ThreadId]:
        return self.store.transact(lambda tx: tx.held_threads(account, beyond, _JUDGED))

    def _settle(self, threads: Sequence[ThreadId]) -> None:
        held, turns = self.store.transact(lambda tx: (tx.held(threads), tx.turns(threads)))
        every = [one for thread in threads for one in held.get(thread, ())]
        verdicts, seen = self._judged(every, turns), {one.id for one in every}
        for start in range(0, len(threads), _DECIDED):
            self._decided(threads[start : start + _DECIDED], verdicts, seen)

    def _judged(self, held: Sequence[Held], turns: dict[ThreadId, list[Turn]]) -> Verdicts:
        before: dict[MessageId, Earlier] = {}
        for thread in turns.values():
            before |= earlier_in(thread)
        asked = [one for one in held if one.verdict is None and one.message.direction is Direction.FROM_CUSTOMER]
        known = {one.id: one.verdict for one in held if one.verdict is not None}
        history, others = ([one for one in asked if one.is_history is wanted] for wanted in (True, False))
        judged = self._asked(self.historian or self.judge, history, before)
        return known | judged | self._asked(self.judge, others, before)

    def _asked(self, judge: Judge, asked: Sequence[Held], before: dict[MessageId, Earlier]) -> Verdicts:
        """One that cannot be judged is stored already: people find it among those of which amends is unsure."""
        if not asked:
            return {}
        messages: list[Message] = [one.message for one in asked]
        try:
            verdicts = judge.judge(messages, [before.get(one.id, Earlier()) for one in asked])
        except Exception as problem:
            if len(asked) == 1:
                log.error("message %d cannot be judged; people will review it: %s", asked[0].id, frames(problem))
                return {asked[0].id: UNJUDGED}
            middle = len(asked) // 2
            return self._asked(judge, asked[:middle], before) | self._asked(judge, asked[middle:], before)
        return {one.id: verdict for one, verdict in zip(asked, verdicts, strict=True)}

    def _decided(self, threads: Sequence[ThreadId], verdicts: Verdicts, seen: set[MessageId]) -> None:
        """All in one transaction; where that fails, each in a savepoint of its own, which costs more than deciding."""
        try:
            self._tried(threads, verdicts, seen, self._unguarded)
        except _UndecidableError:
            self._tried(threads, verdicts, seen, self._guarded)

    def _tried(self, threads: Sequence[ThreadId], verdicts: Verdicts, seen: set[MessageId], how: _How) -> None:
        until_won(self.store, lambda tx: self._all(tx, threads, verdicts, seen, how))

    def _all(
        self, tx: Transaction, threads: Sequence[ThreadId], verdicts: Verdicts, seen: set[MessageId], how: _How
    ) -> None:
        """Loaded anew, since another process may have decided some of them meanwhile.

        Where a message came after the others were judged, whoever stored it settles its thread.
        """
        busy = tx.busy(threads)  # first, since it waits for whoever decides in them at this moment
        held, turns = tx.held(threads), tx.turns(threads)
        decided: dict[MessageId, Verdict | None] = {}
        for thread, messages in held.items():
            if not all(one.id in seen for one in messages):
                continue
            waits = thread in busy or not _is_answered(turns[thread])
            if not waits or how(tx, messages, verdicts, Known(thread, turns[thread], is_busy=thread in busy)):
                decided |= {one.id: verdicts.get(one.id) for one in messages}
        tx.decided_on(decided)

    def _unguarded(self, tx: Transaction, held: Sequence[Held], verdicts: Verdicts, known: Known) -> bool:
        """One thread among others, all of which are undone where it fails."""
        try:
            return self._thread(tx, held, verdicts, known)
        except (LostRace, Retriable):
            raise
        except Exception as problem:
            raise _UndecidableError from problem

    def _guarded(self, tx: Transaction, held: Sequence[Held], verdicts: Verdicts, known: Known) -> bool:
        """One thread in its own savepoint: one that cannot be decided stays held, and stops no other."""
        try:
            with tx.savepoint():
                return self._thread(tx, held, verdicts, known)
        except (LostRace, Retriable):
            raise
        except Exception as problem:
            told = "thread %d cannot be decided; it is tried again at the next look: %s"
            log.error(told, known.thread, frames(problem))
            return False

    def _thread(self, tx: Transaction, held: Sequence[Held], verdicts: Verdicts, known: Known) -> bool:
        is_new, is_untouched = False, not known.is_busy
        for number, one in enumerate(held):
            asked = (one.message, verdicts.get(one.id))
            loaded = None if is_untouched else tx.facts(*asked, known.thread, is_history=one.is_history)
            facts = loaded or known.facts(*asked, is_history=one.is_history)
            if one.message.direction is Direction.FROM_US:
                facts = replace(facts, overtaken=known.is_overtaken(one.message, {x.id for x in held[number:]}))
            actions = on_message(facts, self.policy, tx.now)
            carry_out(tx, [_about(one, action, is_new=is_new) for action in actions])
            is_new = is_new or any(isinstance(action, OpenCase) for action in actions)
            is_untouched = is_untouched and not actions
        return True


class _UndecidableError(Exception):
    """One of many threads cannot be decided."""


_How = Callable[[Transaction, Sequence[Held], Verdicts, Known], bool]


def _is_answered(turns: Sequence[Turn]) -> bool:
    """Whether nobody wrote to us after our last word, or only machines did."""
    people = [turn for turn in turns if turn.direction is not Direction.AUTOMATIC]
    return not people or people[-1].direction is Direction.FROM_US


def _about(one: Held, action: Action, *, is_new: bool) -> Action:
    """A card is about what opened its case; one that is new to everybody gets no replies about what came after it."""
    if isinstance(action, OpenCase):
        return replace(action, message=one.id)
    if not (is_new and isinstance(action, ChangeCase)):
        return action
    says = tuple(say for say in action.say if say.reason is not Reason.WROTE_AGAIN)
    return ChangeCase(action.case, action.entry, says, action.withdraw)

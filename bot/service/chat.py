"""What people write in Slack is taken in like mail; here it can also be changed and taken back, in any order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from bot.domain.chat import (
    ACCOUNT,
    Deleted,
    Edited,
    Places,
    Said,
    Words,
    message_of,
    micros,
    moment,
    name_of,
    place_of,
)
from bot.domain.message import Arrival, Direction, Medium, Message, Person, Place, ThreadId
from bot.domain.second_thoughts import Change, Retraction, on_edit, on_retraction
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.errors import CannotHold
from bot.service.act import carry_out
from bot.service.chat_ports import People, Stored
from bot.service.defects import frames
from bot.service.ports import Judge, Store, Transaction
from bot.service.races import until_won
from bot.service.settle import UNJUDGED, Settling

log = logging.getLogger(__name__)
# Stored in one transaction.
_TOGETHER = 100
# What is unknown when it is changed is taken as new for so long, and what is deleted so soon may still be told of.
_STILL_NEW, _STILL_COMING = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Chat:
    """The way in for Slack. What is said is stored first and decided by `settling`, so that whoever was answered
    among what is taken together is no case and alerts nobody."""

    settling: Settling
    people: People
    places: Places

    @property
    def _store(self) -> Store:
        return self.settling.store

    def take(self, words: Sequence[Words], history_until: int = 0) -> int:
        """Take what was said, changed and taken back, in this order; how many messages were new.

        Taking the same again changes nothing. What stands at a UID up to `history_until` is history. Raises Retriable
        or Refused where Slack cannot tell who wrote, and CannotHold when all but what cannot be stored is.
        """
        listed = [one for one in words if self.places.medium(_channel(one)) is not None]
        new = 0
        for is_said, run in groupby(listed, key=lambda one: isinstance(one, Said)):
            if is_said:
                new += self._hear([one for one in run if isinstance(one, Said)], history_until)
                continue
            for one in run:
                new += self._edit(one.said) if isinstance(one, Edited) else self._take_back(one)  # type: ignore[arg-type]
        return new

    # said

    def _hear(self, said: Sequence[Said], history_until: int) -> int:
        new = 0
        problem: CannotHold | None = None
        for start in range(0, len(said), _TOGETHER):
            batch = said[start : start + _TOGETHER]
            fresh = self._store.transact(lambda tx, some=batch: _new_ones(tx, some))  # type: ignore[misc]
            arrivals = [self._arrival(one, history_until) for one in fresh]
            verdicts = self._judged([one.message for one in arrivals])
            found, failed = self._keep(list(zip(fresh, arrivals, verdicts, strict=True)))
            new, problem = new + found, problem or failed
        self.settling.settle(ACCOUNT)
        if problem is not None:
            raise problem
        return new

    def _arrival(self, said: Said, history_until: int) -> Arrival:
        message = message_of(said, self.people.who(said.author), self.places)
        is_history = micros(said.ts) <= history_until
        return Arrival(message, place_of(said.channel, said.ts), is_history=is_history, moves_cursor=False)

    def _judged(self, messages: Sequence[Message]) -> list[Verdict | None]:
        """Before any transaction. One that cannot be judged is for people to review."""
        asked = [one for one in messages if one.direction is Direction.FROM_CUSTOMER]
        earlier = self._store.transact(lambda tx: [tx.earlier(one) for one in asked]) if asked else []
        verdicts = iter(_judged(self.settling.judge, asked, earlier))
        return [next(verdicts) if one.direction is Direction.FROM_CUSTOMER else None for one in messages]

    def _keep(self, fresh: Sequence[_Fresh]) -> tuple[int, CannotHold | None]:
        """How many were new; where not all can be stored together each is stored alone, and one that failed told."""
        try:
            return self._store.transact(lambda tx: sum(_keep(tx, *one) for one in fresh)), None
        except (CannotHold, ValueError, ArithmeticError) as problem:  # the latter are a driver's
            if len(fresh) == 1:
                return 0, _refused(problem)
        done = [self._keep([one]) for one in fresh]
        return sum(new for new, _ in done), next((failed for _, failed in done if failed), None)

    # changed

    def _edit(self, said: Said) -> int:
        place = place_of(said.channel, said.ts)
        found, now = self._store.transact(lambda tx: (tx.stored(place), tx.now))
        if found is None:
            return self._hear([said], 0) if now - moment(said.ts) <= _STILL_NEW else 0
        if _is_newer(found, said):
            message = _changed(found, said)
            (verdict,) = self._judged([message])
            self._decide(lambda tx: self._rewrite(tx, place, said, verdict))
        return 0

    def _rewrite(self, tx: Transaction, place: Place, said: Said, verdict: Verdict | None) -> int:
        found = tx.stored(place)
        if found is None or not _is_newer(found, said):
            return 0
        message, at = _changed(found, said), moment(said.edited_ts)
        tx.rewrite(found.id, message, verdict, at)
        if found.is_held or (message.new_text, message.attachments) == (
            found.message.new_text,
            found.message.attachments,
        ):
            return 0
        facts = tx.facts(message, verdict, found.thread)
        if facts.overtaken:  # by words that are older than these, perhaps
            facts = tx.facts(replace(message, received_at=at), verdict, found.thread)
        change = Change(found.id, facts, found.verdict.labels if found.verdict else frozenset())
        return carry_out(tx, on_edit(change, self.settling.policy, tx.now))

    # taken back

    def _take_back(self, gone: Deleted) -> int:
        self._decide(lambda tx: self._retract(tx, gone))
        return 0

    def _retract(self, tx: Transaction, gone: Deleted) -> int:
        place = place_of(gone.channel, gone.ts)
        found = tx.stored(place)
        if found is None and tx.now - moment(gone.ts) <= _STILL_COMING:
            tx.remember(Arrival(self._gravestone(gone), place, moves_cursor=False), None)
            if (stone := tx.stored(place)) is not None:
                tx.retract(stone.id)
        if found is None or found.is_retracted:
            return 0
        tx.retract(found.id)
        if found.is_held:
            return 0
        facts = tx.facts(found.message, None, found.thread)
        by_words = facts.case is not None and tx.contacted_by_words(facts.case.id)
        left = tx.unanswered(found.thread)
        retraction = Retraction(found.message, found.thread, facts.case, facts.waiting, left, by_words)
        return carry_out(tx, on_retraction(retraction, self.settling.policy, tx.now))

    def _gravestone(self, gone: Deleted) -> Message:
        """Stored so that the words are passed over if they come after all."""
        return Message(
            sender=Person(gone.author), direction=Direction.AUTOMATIC, subject="", new_text="",
            received_at=moment(gone.ts), rfc_id=name_of(gone.channel, gone.ts),
            references=(name_of(gone.channel, gone.thread_ts),) if gone.thread_ts else (),
            medium=self.places.medium(gone.channel) or Medium.WORK_CHANNEL,
        )  # fmt: skip

    def _decide(self, work: Callable[[Transaction], int]) -> None:
        until_won(self._store, work)
        self.settling.wake()  # also where nothing new is said: a card may show other words now


_Fresh = tuple[Said, Arrival, Verdict | None]


def _channel(words: Words) -> str:
    return words.said.channel if isinstance(words, Edited) else words.channel


def _new_ones(tx: Transaction, said: Sequence[Said]) -> list[Said]:
    """Talk below one of our own cards is about a case, and none of it."""
    known = tx.read_at([place_of(one.channel, one.ts) for one in said])
    fresh = [one for one in said if place_of(one.channel, one.ts) not in known]
    return [one for one in fresh if not (one.thread_ts and tx.is_ours(one.channel, one.thread_ts))]


def _is_newer(found: Stored, said: Said) -> bool:
    if found.is_retracted or not said.edited_ts:
        return False
    return found.edited_at is None or found.edited_at < moment(said.edited_ts)


def _changed(found: Stored, said: Said) -> Message:
    return replace(found.message, new_text=said.text, attachments=said.files)


def _judged(judge: Judge, asked: Sequence[Message], earlier: Sequence[Earlier]) -> Sequence[Verdict]:
    if not asked:
        return []
    try:
        return judge.judge(asked, earlier)
    except Exception as problem:
        if len(asked) == 1:
            log.error("words from Slack cannot be judged; people will review them: %s", frames(problem))
            return [UNJUDGED]
    return [v for one, before in zip(asked, earlier, strict=True) for v in _judged(judge, [one], [before])]


def _refused(problem: Exception) -> CannotHold:
    if isinstance(problem, CannotHold):
        return problem
    return CannotHold(f"The database refused a value ({type(problem).__name__}).")  # it may be a customer's words


def _keep(tx: Transaction, said: Said, arrival: Arrival, verdict: Verdict | None) -> bool:
    thread = tx.remember(arrival, verdict, thread=_answered(tx, said.channel, arrival.message), held_for=ACCOUNT)
    if thread is None:
        return False
    if said.edited_ts and arrival.place is not None and (stored := tx.stored(arrival.place)) is not None:
        tx.rewrite(stored.id, arrival.message, verdict, moment(said.edited_ts))
    return True


def _answered(tx: Transaction, channel: str, message: Message) -> ThreadId | None:
    """What one of us says in a customer's channel itself answers whoever waits there, if it is clear who that is."""
    if message.direction is not Direction.FROM_US or message.references:
        return None
    waiting = tx.waiting_in(channel, message.received_at, most=2)
    return waiting[0] if len(waiting) == 1 else None

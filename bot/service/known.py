"""Facts of many threads at once: asking the database for those of each takes longer than deciding."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.message import Direction, Message, MessageId, ThreadId
from bot.domain.silence import Turn
from bot.domain.triage import Facts
from bot.domain.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Known:
    """What was loaded of a thread at once with others. `is_busy`: there is a case, or somebody who waits."""

    thread: ThreadId
    turns: Sequence[Turn]
    is_busy: bool

    def facts(self, message: Message, verdict: Verdict | None, *, is_history: bool) -> Facts:
        """What `Transaction.facts` would tell of a thread that is not busy, without asking the database."""
        ours = self._times(Direction.FROM_US)
        theirs = self._times(Direction.FROM_CUSTOMER)
        others = ours if message.direction is Direction.FROM_CUSTOMER else theirs
        return Facts(
            message=message, verdict=verdict, thread=self.thread, case=None, waiting=None,
            customer_messages=sum(not ours or at > max(ours) for at in theirs),
            overtaken=bool(others) and max(others) > message.received_at, is_history=is_history,
        )  # fmt: skip

    def is_overtaken(self, ours: Message, to_come: Collection[MessageId]) -> bool:
        """Whether the customer wrote after words of ours, but for what is decided after them, in its turn."""
        theirs = (turn for turn in self.turns if turn.direction is Direction.FROM_CUSTOMER)
        return any(turn.at > ours.received_at and turn.message not in to_come for turn in theirs)

    def _times(self, direction: Direction) -> list[datetime]:
        return [turn.at for turn in self.turns if turn.direction is direction]

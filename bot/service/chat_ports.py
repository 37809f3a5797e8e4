"""What the services need for what people write in Slack: who somebody is, and the rows of words that can change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.alert import CaseId
from bot.domain.chat import Member
from bot.domain.message import Message, MessageId, Place, ThreadId
from bot.domain.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as it is stored. `edited_at`: of its words, if not the first. `is_held`: nothing was decided yet."""

    id: MessageId
    thread: ThreadId
    message: Message
    verdict: Verdict | None
    edited_at: datetime | None
    is_retracted: bool
    is_held: bool


@dataclass(frozen=True, slots=True)
class KnownWords:
    """Words of a channel that stand there as far as we know; `thread_ts` is "" where they answer nothing."""

    ts: str
    thread_ts: str
    edited_at: datetime | None


class People(Protocol):
    """Who is who at Slack."""

    def who(self, user: str) -> Member:
        """Somebody by their id. Raises Retriable or Refused where Slack cannot be asked."""


class ChatTransaction(Protocol):
    """The part of a transaction that deals with words that can be changed and taken back."""

    def is_ours(self, channel: str, ts: str) -> bool:
        """Whether amends itself posted this."""

    def read_at(self, places: Sequence[Place]) -> set[Place]:
        """Those of these places of which something is stored."""

    def stored(self, place: Place) -> Stored | None:
        """What was read there."""

    def rewrite(self, number: MessageId, message: Message, verdict: Verdict | None, edited_at: datetime) -> None:
        """Its words, files and verdict are these now."""

    def retract(self, number: MessageId) -> None:
        """Its words are gone, and nothing is to be decided about it."""

    def unanswered(self, thread: ThreadId, before: datetime | None = None) -> list[tuple[Message, Verdict | None]]:
        """What the customer wrote there after our last word (before a moment), in order."""

    def contacted_by_words(self, case: CaseId) -> bool:
        """Whether a case counts its customer as contacted because one of us wrote in Slack."""

    def waiting_in(self, channel: str, before: datetime, most: int) -> list[ThreadId]:
        """Threads of a channel in which a customer had written and waits, at most so many, the newest first."""

    def roots(self, channel: str, since: int, limit: int) -> list[str]:
        """The ts under which replies may come: open threads, then those of messages since then; the newest first."""

    def words_in(self, channel: str, after: int, roots: Sequence[str]) -> list[KnownWords]:
        """Words that stand in a channel after a UID, or in the threads of these roots."""

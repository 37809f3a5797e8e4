"""The gap is read from history: whatever was written, changed or taken back while nobody told us of it.

Every channel has a watermark, up to which all is known; it moves only when all of its gap is taken in.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain.chat import ACCOUNT, Deleted, Edited, Places, Said, Words, micros, micros_at, moment, place_of, ts_of
from bot.edges.slack.reading import is_gravestone, read_message
from bot.edges.slack.reading import ts_of as shown_at
from bot.edges.slack.web import Web
from bot.errors import CannotHold, Gone, Refused
from bot.service.chat import Chat
from bot.service.chat_ports import KnownWords
from bot.service.ports import Clock, Cursor, Store, Transaction

log = logging.getLogger(__name__)
_FIRST_LOOK, _ACTIVE = timedelta(days=1), timedelta(days=3)
# What Slack answered so long ago says little of now.
_STALE = timedelta(minutes=15)
# So many threads that are known are looked at again; of those that began in the gap, all.
_MOST_THREADS = 50
_PAGE = 200
Json = dict[str, Any]


@dataclass(slots=True)
class Swept:
    """What a sweep found; `unreadable`: channels that Slack does not let us read, and why."""

    new: int = 0
    channels: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Gap:
    """One channel's gap while it is read. What Slack has answered stays, so that a 429 costs nothing twice."""

    begun_at: datetime
    cursor: Cursor
    roots: Sequence[str]
    known: Sequence[KnownWords]
    answers: dict[tuple[str, str], list[Json] | None] = field(default_factory=dict)
    pages: dict[tuple[str, str], tuple[list[Json], str]] = field(default_factory=dict)


@dataclass(slots=True)
class Sweep:
    """Reads the gaps of all channels. Used by one thread."""

    web: Web
    store: Store
    chat: Chat
    clock: Clock
    places: Places
    names: Callable[[], Mapping[str, str]] = field(default=lambda: dict[str, str]())
    _to_do: deque[str] = field(default_factory=deque)
    _gaps: dict[str, _Gap] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def sweep(self) -> Swept:
        """Every channel; one that cannot be read stops no other.

        Raises Retriable when Slack cannot be asked now (`retry_after` seconds): the next call goes on from there.
        """
        swept = Swept()
        if not self._to_do:
            self._to_do.extend(self.places.all)
        while self._to_do:
            self._one(self._to_do[0], swept)
            self._gaps.pop(self._to_do.popleft(), None)
        return swept

    def _one(self, channel: str, swept: Swept) -> None:
        try:
            swept.new += self._channel(channel)
        except Refused as problem:
            swept.unreadable[channel] = str(problem)
            if channel not in self._told:
                log.warning("the channel %s cannot be read: %s", channel, problem)
            self._told.add(channel)
        else:
            swept.channels += 1
            self._told.discard(channel)

    def _channel(self, channel: str) -> int:
        gap = self._gaps.get(channel)
        if gap is None or self.clock.now() - gap.begun_at > _STALE:
            gap = self._gaps[channel] = self.store.transact(lambda tx: self._begin(tx, channel))
        oldest = ts_of(gap.cursor.last_uid)
        history = self._read(gap, channel, "conversations.history", "", oldest=oldest) or []
        parents = [shown_at(one) for one in history if self._has_replies(one)]
        threads = {
            root: self._read(gap, channel, "conversations.replies", root)
            for root in dict.fromkeys([*gap.roots, *parents])
            if root
        }
        new = self._take(channel, gap, self._words(channel, gap, history, threads))
        if newest := max((micros(shown_at(one)) for one in history if shown_at(one)), default=0):
            self.store.transact(lambda tx: tx.move_cursor(place_of(channel, ts_of(newest))))
        return new

    def _has_replies(self, message: Json) -> bool:
        """Talk below our own posts is about cases, and none of them."""
        is_ours = bool(self.places.bot_user) and message.get("user") == self.places.bot_user
        return not is_ours and (bool(message.get("reply_count")) or is_gravestone(message))

    def _begin(self, tx: Transaction, channel: str) -> _Gap:
        """What is known is looked up before Slack is asked: what it then does not show was taken back."""
        cursor = tx.cursor(ACCOUNT, channel)
        if cursor is None:
            first = tx.now - _FIRST_LOOK
            cursor = Cursor(1, micros_at(first), first.date(), micros_at(tx.now))
            tx.begin_folder(ACCOUNT, channel, cursor)
        roots = tx.roots(channel, micros_at(tx.now - _ACTIVE), _MOST_THREADS)
        return _Gap(tx.now, cursor, roots, tx.words_in(channel, cursor.last_uid, roots))

    def _take(self, channel: str, gap: _Gap, words: Sequence[Words]) -> int:
        try:
            return self.chat.take(words, gap.cursor.history_until)
        except CannotHold as problem:  # all others are stored; it would not be held the next time either
            log.error("something said in the channel %s cannot be stored and is passed over: %s", channel, problem)
            return 0

    # what Slack shows

    def _read(self, gap: _Gap, channel: str, method: str, root: str, **bounds: str) -> list[Json] | None:
        """All pages; None where the message that others reply to is gone. Raises Retriable or Refused."""
        asked = (method, root)
        if asked not in gap.answers:
            try:
                gap.answers[asked] = list(self._pages(gap, channel, method, root, bounds))
            except Gone:
                gap.answers[asked] = None
        return gap.answers[asked]

    def _pages(self, gap: _Gap, channel: str, method: str, root: str, bounds: dict[str, str]) -> Iterator[Json]:
        cursor, seen = "", set[str]()
        while cursor not in seen:
            seen.add(cursor)
            key = (f"{method} {root}", cursor)
            if key not in gap.pages:
                page = self.web.ask(
                    method, channel=channel, ts=root or None, limit=_PAGE, cursor=cursor or None,
                    include_all_metadata=True, **bounds,
                )  # fmt: skip
                gap.pages[key] = _messages(page), str((page.get("response_metadata") or {}).get("next_cursor") or "")
            messages, cursor = gap.pages[key]
            yield from messages
            if not cursor:
                return

    # what it means

    def _words(
        self, channel: str, gap: _Gap, history: Sequence[Json], threads: Mapping[str, list[Json] | None]
    ) -> list[Words]:
        shown = [*history, *(one for thread in threads.values() for one in thread or [])]
        names = self.names()
        read = (read_message(one, channel, self.places, names) for one in shown)
        said = {one.ts: one for one in read if one is not None}
        known = {one.ts: one for one in gap.known}
        words = [_as_known(one, known.get(ts)) for ts, one in said.items()]
        standing = {shown_at(one) for one in shown if not is_gravestone(one)}
        gone = (Deleted(channel, one.ts, "", one.thread_ts) for one in gap.known if one.ts not in standing)
        looked_at = _Looked(history, threads, gap.cursor.last_uid)
        return sorted(
            [one for one in words if one is not None] + [one for one in gone if looked_at.covers(one)], key=_order
        )


@dataclass(slots=True)
class _Looked:
    """Which messages Slack must have shown if they still stood there."""

    history: Sequence[Json]
    threads: Mapping[str, list[Json] | None]
    last_uid: int

    def covers(self, gone: Deleted) -> bool:
        """The whole thread was read, or the channel from before to after the place of the message."""
        if (gone.thread_ts or gone.ts) in self.threads:
            return True
        newest = max((micros(shown_at(one)) for one in self.history if shown_at(one)), default=0)
        return not gone.thread_ts and self.last_uid < micros(gone.ts) < newest


def _as_known(said: Said, known: KnownWords | None) -> Words | None:
    """As an edit where the words are newer than those we know; what we know as it is needs nothing."""
    if known is None:
        return said
    is_newer = said.edited_ts and (known.edited_at is None or known.edited_at < moment(said.edited_ts))
    return Edited(said) if is_newer else None


def _order(words: Words) -> tuple[int, int]:
    """What was said comes first, and all at once: then who was answered in the gap alerts nobody."""
    if isinstance(words, Edited):
        return 1, micros(words.said.ts)
    return 0 if isinstance(words, Said) else 2, micros(words.ts)


def _messages(page: Json) -> list[Json]:
    found = page.get("messages")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

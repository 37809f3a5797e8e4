"""Fetched bytes into messages: in this process, or for a long history in as many as there are cores."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing import get_context

from bot.domain.house import House
from bot.domain.message import Arrival, Attachment, Message, Place, Unreadable
from bot.service.defects import defect
from bot.text.mime import read_large, read_mail
from bot.workers import end_with_parent

log = logging.getLogger(__name__)
Arrivals = list[Arrival | Unreadable]
Fetched = list["Raw | Unreadable"]
# With fewer mails than this the start of processes takes longer than they save.
MANY = 1500


@dataclass(frozen=True, slots=True)
class Pieces:
    """What was fetched of a mail that is too large: header, (MIME header, body) of its texts, what else it holds."""

    header: bytes
    texts: tuple[tuple[bytes, bytes], ...]
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was fetched of a mail that is too large and begins with all of its texts; what else it holds."""

    octets: bytes
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class Raw:
    """A mail as fetched: whole, its beginning, or in pieces; `received` in UTC."""

    place: Place
    received: datetime
    content: bytes | Beginning | Pieces
    is_history: bool = False

    @property
    def octets(self) -> bytes:
        """All that was fetched of it, in its order."""
        if isinstance(self.content, bytes):
            return self.content
        if isinstance(self.content, Beginning):
            return self.content.octets
        return self.content.header + b"".join(head + body for head, body in self.content.texts)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the mails of one folder."""

    house: House
    proven_ours: bool

    def arrivals(self, batches: Iterable[Fetched], expected: int) -> Iterator[Arrivals]:
        """Batch by batch, in order. `expected`: about how many mails there will be."""
        workers = os.cpu_count() or 1
        if expected < MANY or workers < 2:
            yield from (self._joined(batch, self.read(_readable(batch))) for batch in batches)
        else:
            yield from self._in_processes(batches, workers)

    def read(self, raws: Sequence[Raw]) -> list[Message | str]:
        """A message, or what is wrong with it, for each."""
        return [self._one(raw) for raw in raws]

    def _one(self, raw: Raw) -> Message | str:
        try:
            if not isinstance(raw.content, Pieces):
                message = read_mail(raw.octets, raw.received, self.house, proven_ours=self.proven_ours)
                if isinstance(raw.content, Beginning):
                    message = replace(message, attachments=raw.content.attachments)
                return message
            header, texts, attached = raw.content.header, raw.content.texts, raw.content.attachments
            return read_large(header, texts, attached, raw.received, self.house, proven_ours=self.proven_ours)
        except Exception as problem:
            # whatever a hostile mail does to the parser, the mail is kept and the others go on
            return defect(problem)

    def _joined(self, batch: Fetched, read: Sequence[Message | str]) -> Arrivals:
        results = iter(read)
        return [
            one if isinstance(one, Unreadable) else _arrival(one, next(results), proven_ours=self.proven_ours)
            for one in batch
        ]

    def _in_processes(self, batches: Iterable[Fetched], workers: int) -> Iterator[Arrivals]:
        """While some are read here and there, the next ones are fetched."""
        under_way: deque[tuple[Fetched, Future[list[Message | str]]]] = deque()
        with ProcessPoolExecutor(workers, get_context("forkserver"), end_with_parent) as pool:
            for batch in batches:
                under_way.append((batch, self._submitted(pool, _readable(batch))))
                if len(under_way) > workers:
                    yield self._finished(*under_way.popleft())
            while under_way:
                yield self._finished(*under_way.popleft())

    def _submitted(self, pool: ProcessPoolExecutor, raws: list[Raw]) -> Future[list[Message | str]]:
        try:
            return pool.submit(self.read, raws)
        except BrokenProcessPool as broken:
            failed: Future[list[Message | str]] = Future()
            failed.set_exception(broken)
            return failed

    def _finished(self, batch: Fetched, future: Future[list[Message | str]]) -> Arrivals:
        try:
            read = future.result()
        except BrokenProcessPool:
            log.warning("a process that read mail was ended from outside; its mails are read here")
            read = self.read(_readable(batch))
        return self._joined(batch, read)


def _readable(batch: Iterable[Raw | Unreadable]) -> list[Raw]:
    return [one for one in batch if isinstance(one, Raw)]


def _arrival(raw: Raw, read: Message | str, *, proven_ours: bool) -> Arrival | Unreadable:
    if isinstance(read, str):
        return Unreadable(raw.place, raw.octets, read, proven_ours)
    return Arrival(read, raw.place, raw.octets, raw.is_history)

"""Watches folders: each looks again and again, or is told by its server; each fails alone, with its own back-off."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.message import Arrival, Place, Unreadable
from bot.errors import AmendsError, Refused, Retriable
from bot.service.defects import defect, frames
from bot.service.gate import Gate
from bot.service.health import recovered
from bot.service.intake import Intake
from bot.service.lease import Lease
from bot.service.ports import Clock, Cursor, Look, Source, Store, Transaction
from bot.service.quarantine import ENDS_US
from bot.service.settle import Settling

log = logging.getLogger(__name__)
# Waits double until they are long enough; counting on would overflow after days of outage.
_FIRST, _LONGEST, _DOUBLINGS = 2.0, 300.0, 10
# In a long history that all goes well is written down this often.
_GOOD_FOR = timedelta(seconds=2)
_ASIDE = 1.0
# A folder that is left alone looks around so often whether others of its account can be read again.
_A_LOOK_AROUND = 5.0
_TOLD_FROM = 500
# After a process ended without a word so many mails are read one by one: a mail that ends processes is found so.
_CAREFULLY, _TRIES = 50, 3


@dataclass(slots=True)
class Backoff:
    """How long a folder that failed is left alone: 2 s, 4 s … 5 minutes, or what the server asked for."""

    failures: int = 0
    at: datetime | None = None
    until: datetime | None = None
    is_asked: bool = False

    def failed(self, now: datetime, asked: float | None) -> float:
        """Note a failure; returns the seconds until the next try."""
        wait = max(asked or 0.0, min(_FIRST * float(2 ** min(self.failures, _DOUBLINGS)), _LONGEST))
        self.failures += 1
        self.at, self.until, self.is_asked = now, now + timedelta(seconds=wait), asked is not None
        return wait

    def remaining(self, now: datetime) -> float:
        """Seconds until it may be tried again, 0 if it may."""
        return max(0.0, (self.until - now).total_seconds()) if self.until else 0.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What all watches of an account share."""

    intake: Intake
    settling: Settling
    store: Store
    clock: Clock
    gate: Gate
    lease: Lease
    _settling_now: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, account: str) -> None:
        """Decide what was held, if everybody has caught up."""
        if self.gate.is_open(self.clock.now()):
            with self._settling_now:
                self.settling.settle(account)


@dataclass(slots=True)
class Watch:
    """One folder. `poll_seconds`: how often it is looked at, whether or not its server tells of news by itself."""

    source: Source
    desk: Desk
    poll_seconds: float
    _backoff: Backoff = field(default_factory=Backoff)
    _good_at: datetime | None = None
    _begun: bool = False
    _was_careful: bool = False

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; nothing that a server does ends it."""
        while not stop.is_set():
            if not self.desk.lease.held:
                self.source.close()
                stop.wait(_ASIDE)
                continue
            self.once(stop)
            if not stop.is_set():
                self._rest(stop)
        self.source.close()

    def interrupt(self) -> None:
        """From another thread, after `stop` was set: do not wait for the server."""
        self.source.interrupt()

    def once(self, stop: threading.Event) -> None:
        """One look, unless it is in back-off."""
        if not stop.is_set() and not self._left_alone():
            self._guarded(lambda: self._look(stop), stop)

    def _left_alone(self) -> float:
        """For how many seconds yet; not for longer than its server is away, as another folder shows."""
        backoff = self._backoff
        if backoff.at is not None and not backoff.is_asked and self.desk.gate.recovered_after(backoff.at):
            return 0.0
        return backoff.remaining(self.desk.clock.now())

    def _rest(self, stop: threading.Event) -> None:
        wait = self._left_alone()
        if wait:
            stop.wait(min(wait, _A_LOOK_AROUND))
        elif not self._guarded(lambda: self.source.wait(self.poll_seconds), stop):
            stop.wait(0.0 if self._backoff.failures else self.poll_seconds)

    def _guarded(self, work: Callable[[], object], stop: threading.Event) -> object:
        """Its result; what goes wrong is noted, and made up for later. A connection that we ended is no trouble."""
        try:
            return work()
        except (Retriable, Refused) as problem:
            if stop.is_set():
                return None
            asked = problem.retry_after if isinstance(problem, Retriable) else _LONGEST
            wait = self._failed(str(problem), asked, is_final=isinstance(problem, Refused))
            log.warning("%s: %s Tried again in %.0f s.", self.source.name, problem, wait)
        except Exception as problem:
            wait = self._failed(defect(problem), None, is_final=False)
            told = "%s: reading failed in an unexpected way; tried again in %.0f s: %s"
            log.error(told, self.source.name, wait, frames(problem))
            self.source.close()
        return None

    def _failed(self, said: str, asked: float | None, *, is_final: bool) -> float:
        now, name = self.desk.clock.now(), self.source.name
        if is_final:
            self.desk.gate.excuse(name)
        else:
            self.desk.gate.fails(name, now)
        wait = self._backoff.failed(now, asked)
        self._note(lambda tx: tx.bad_look(self.source.account, self.source.name, said))
        return wait

    def _note(self, work: Callable[[Transaction], object]) -> None:
        """Health is written where it can be; a database that is away has its own way of being noticed."""
        try:
            self.desk.store.transact(work)
        except AmendsError as problem:
            log.warning("%s: %s", self.source.name, problem)

    # a look

    def _look(self, stop: threading.Event) -> None:
        source, desk = self.source, self.desk
        if not self._begun:
            desk.store.transact(lambda tx: tx.begin_watch(source.account, source.name))
            self._begun = True
        look = source.look(self._cursor)
        desk.gate.recovers(source.name, desk.clock.now())
        if look.uids or look.begins:
            if look.begins or self._backoff.failures:
                desk.gate.reads(source.name)  # others wait for what is in a history, or came in an outage
            self._take_all(look, stop)
            if stop.is_set():
                return
        desk.gate.reached(source.name)
        desk.settle(source.account)
        if desk.gate.is_open(desk.clock.now()):
            self._fetch_again(look)
        self._good()

    def _take_all(self, look: Look, stop: threading.Event) -> None:
        source, desk = self.source, self.desk
        if look.begins:
            desk.store.transact(lambda tx: tx.begin_folder(source.account, source.folder, look.cursor))
        done, total = 0, len(look.uids)
        with contextlib.closing(self._batches(look)) as batches:
            for batch in batches:
                self._take(batch)
                done += len(batch)
                if total >= _TOLD_FROM and (done % _TOLD_FROM < len(batch) or done == total):
                    log.info("%s: %d of %d messages read", source.name, done, total)
                if stop.is_set():
                    return
        end = Place(source.account, source.folder, look.cursor.uidvalidity, look.until)
        desk.store.transact(lambda tx: tx.move_cursor(end))

    def _take(self, batch: list[Arrival | Unreadable]) -> None:
        """At once if everybody has caught up, else to be decided when they have."""
        if self.desk.gate.is_open(self.desk.clock.now()):
            self.desk.intake.take(batch)
        else:
            self.desk.intake.keep(batch, self.source.account)
        if self._backoff.failures or self._good_at is None or self.desk.clock.now() - self._good_at > _GOOD_FOR:
            self._good()  # not each time: whoever delivers waits for the same database

    def _batches(self, look: Look) -> Generator[list[Arrival | Unreadable], None, None]:
        """All of it; the first few one by one if the last process may have been ended by one of them."""
        uids = look.uids
        if self.desk.lease.was_left and not self._was_careful:
            for uid in uids[:_CAREFULLY]:
                yield from self._carefully(look.cursor, uid)
            uids, self._was_careful = uids[_CAREFULLY:], True
        if uids:
            yield from self.source.read(Look(look.cursor, uids))

    def _carefully(self, cursor: Cursor, uid: int) -> Iterator[list[Arrival | Unreadable]]:
        """That it is being read is written down before, and that it was read, after whoever asked has taken it."""
        store, place = self.desk.store, Place(self.source.account, self.source.folder, cursor.uidvalidity, uid)
        tries = store.transact(lambda tx: tx.begin_reading(place))
        try:
            if tries > _TRIES:
                yield [Unreadable(place, b"", ENDS_US)]
            else:
                yield from self.source.read(Look(cursor, (uid,)))
        finally:  # whatever else went wrong, the process lives
            store.transact(lambda tx: tx.done_reading(place))

    def _fetch_again(self, look: Look) -> None:
        """What lies in quarantine and is to be tried once more."""
        source, uidvalidity = self.source, look.cursor.uidvalidity
        uids = self.desk.store.transact(lambda tx: tx.to_fetch_again(source.account, source.folder, uidvalidity))
        if uids:
            for batch in source.read(Look(look.cursor, tuple(uids))):
                self.desk.intake.try_again(batch)

    def _good(self) -> None:
        def note(tx: Transaction) -> None:
            if tx.good_look(self.source.account, self.source.name):
                recovered(tx, self.source.name)

        self.desk.store.transact(note)
        if self._backoff.failures:
            log.info("%s: works again", self.source.name)
        self._backoff, self._good_at = Backoff(), self.desk.clock.now()

    def _cursor(self, account: str, folder: str) -> Cursor | None:
        return self.desk.store.transact(lambda tx: tx.cursor(account, folder))


@dataclass(slots=True)
class Rotation:
    """Folders that share one connection to their server, since it takes no more: looked at in turn."""

    watches: Sequence[Watch]
    poll_seconds: float

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            self.once(stop)
            stop.wait(self.poll_seconds)
        for watch in self.watches:
            watch.source.close()

    def once(self, stop: threading.Event) -> None:
        """Each once. A connection is for one account; it is given up before the next account's is made."""
        before: Watch | None = None
        for watch in self.watches:
            if before is not None and before.source.account != watch.source.account:
                before.source.close()
            if watch.desk.lease.held:
                watch.once(stop)
            before = watch

    def interrupt(self) -> None:
        """From another thread, after `stop` was set."""
        for watch in self.watches:
            watch.interrupt()


def share_out(watches: Sequence[Watch], most: int) -> tuple[Sequence[Watch], Sequence[Watch]]:
    """(those that get a connection each, those that share the last one) of the watches of one server."""
    if len(watches) <= most:
        return watches, ()
    return watches[: most - 1], watches[most - 1 :]

"""One folder of an account, looked at and read behind its cursor, and nothing in it ever changed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.domain.message import Arrival, Place, Unreadable
from bot.edges.imap import answers
from bot.edges.imap.answers import Fetched
from bot.edges.imap.connection import Connection, Selected
from bot.edges.imap.large import contents
from bot.edges.imap.reading import Beginning, Pieces, Raw, Reader
from bot.edges.imap.sent import sent_folder
from bot.edges.imap.troubles import CommandRefused
from bot.errors import Refused, Retriable
from bot.service.ports import Clock, Cursor, Look

# So many at once, each whole if it is no larger than WHOLE (bytes): 12.5 MB at most in the two that are under way.
CHUNK = 100
WHOLE = 64 * 1024
# EXAMINE again after so long: under IDLE no server tells that a folder was replaced by another of its name.
_RENEW = timedelta(minutes=5)
# A server may hang up whenever one certain mail is asked for; after so many times the others go on without it.
_TRIES, _WITH_STRUCTURE = 5, 2
AUTO = "auto"
Batch = list[Raw | Unreadable]
_WITHHELD = "the server knows it, and gives nothing of it"
# Courier's words in place of a mail that it cannot open, expunged or not.
_COURIERS = (
    b"From: System Administrator <root@localhost>\r\nSubject: message unavailable\r\n\r\n"
    b"This message is no longer available on the server.\r\n"
)
_ITEMS = f"UID RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.{WHOLE}>"


class Folder:
    """A source. `proven_ours`: what lies here was sent by us; its name may be "auto", then it is looked for."""

    def __init__(self, connection: Connection, folder: str, clock: Clock, reader: Reader) -> None:
        """Nothing is connected yet."""
        self._connection, self._folder, self._clock, self._reader = connection, folder, clock, reader
        # people's name for it stays the same once its own is known: who waits for it, and its health, go by that
        self._name = f"{connection.account.name}/{'Sent' if folder == AUTO else folder}"
        self._selected: Selected | None = None
        self._selected_at: datetime | None = None
        self._found_until = 0
        self._broke_at: Counter[Place] = Counter()
        self._early: dict[int, Fetched] = {}  # what came with the answer before

    @property
    def account(self) -> str:
        """The account's name."""
        return self._connection.account.name

    @property
    def folder(self) -> str:
        """Its name on the server."""
        return self._folder

    @property
    def name(self) -> str:
        """account/folder; the same for ever, since others wait for it by this name."""
        return self._name

    @property
    def proves_ours(self) -> bool:
        """Whether what lies here was sent by us."""
        return self._reader.proven_ours

    @property
    def connection(self) -> Connection:
        """What it goes over."""
        return self._connection

    def use(self, connection: Connection) -> None:
        """Go over this connection from now on, which other folders of the account may use in turn."""
        self._connection = connection

    def close(self) -> None:
        """The next look makes a new connection."""
        self._connection.close()

    def interrupt(self) -> None:
        """From another thread."""
        self._connection.interrupt()

    # looking

    def look(self, cursor_of: Callable[[str, str], Cursor | None]) -> Look:
        """What lies behind the cursor. Raises Retriable or Refused."""
        selected, is_fresh = self._select()
        cursor = cursor_of(self.account, self._folder)
        if cursor is None or cursor.uidvalidity != selected.uidvalidity:
            return self._beginning(selected, cursor.since if cursor else self._first_day())
        if not self._may_have_more(selected, cursor, is_fresh=is_fresh):
            return Look(cursor)
        self._connection.news = False
        found = Look(cursor, tuple(self._behind(cursor)))
        self._found_until = found.until
        return found

    def _may_have_more(self, selected: Selected, cursor: Cursor, *, is_fresh: bool) -> bool:
        """Whether it is worth a search; also when what was found before could not be stored."""
        if cursor.last_uid < max(cursor.history_until, self._found_until):
            return True
        if is_fresh and selected.uidnext is not None:
            return cursor.last_uid + 1 < selected.uidnext
        return is_fresh or self._connection.news

    def _select(self) -> tuple[Selected, bool]:
        """The folder, and whether it was selected just now."""
        now = self._clock.now()
        if self._is_selected and self._selected and self._selected_at and now - self._selected_at < _RENEW:
            if not self._connection.news:
                self._connection.noop()
            return self._selected, False
        if self._folder == AUTO:
            self._folder = sent_folder(self._connection)
        try:
            self._selected = self._connection.examine(self._folder)
        except CommandRefused as problem:
            raise Refused(
                f"The folder “{self._folder}” cannot be opened: {problem.what}.", where=self._connection.where,
                advice="`amends mail check` lists the folders there are.",
            ) from None  # fmt: skip
        self._selected_at, self._found_until = now, 0
        return self._selected, True

    @property
    def _is_selected(self) -> bool:
        """Whether its connection, which it may share, is open and on this folder."""
        return self._connection.is_open and self._connection.selected == self._folder

    def _first_day(self) -> date:
        return (self._clock.now() - timedelta(days=self._connection.account.since_days)).date()

    def _beginning(self, selected: Selected, since: date) -> Look:
        """A folder that was never seen under this UIDVALIDITY: what came since that day is history."""
        uids = self._connection.search(["SINCE", since])
        until = selected.uidnext - 1 if selected.uidnext else max(self._connection.search(["ALL"]), default=0)
        until = max([until, *uids[-1:]])
        start = uids[0] - 1 if uids else until
        return Look(Cursor(selected.uidvalidity, start, since, until), tuple(uids), begins=True)

    def _behind(self, cursor: Cursor) -> list[int]:
        """UIDs to read. `n:*` always names the last message, even when it is not newer (RFC 3501 section 6.4.8)."""
        last = max(cursor.last_uid, cursor.history_until)
        newer = [uid for uid in self._connection.search(["UID", f"{last + 1}:*"]) if uid > last]
        if cursor.last_uid >= cursor.history_until:
            return newer
        span = f"{cursor.last_uid + 1}:{cursor.history_until}"
        older = self._connection.search(["UID", span, "SINCE", cursor.since])
        return [uid for uid in older if cursor.last_uid < uid <= cursor.history_until] + newer

    # waiting

    def wait(self, seconds: float) -> bool:
        """By IDLE, at most so long; False if the server has none."""
        if not (self._is_selected and self._connection.has("IDLE")):
            return False
        if not self._connection.news:
            self._connection.idle(min(seconds, _RENEW.total_seconds()))
        return True

    # reading

    def read(self, look: Look) -> Iterator[list[Arrival | Unreadable]]:
        """What was found, oldest first, in batches. Raises Retriable or Refused."""
        cursor = look.cursor
        places = [Place(self.account, self._folder, cursor.uidvalidity, uid) for uid in look.uids]
        yield from self._reader.arrivals(self._batches(places, cursor.history_until), len(places))

    def _batches(self, places: Sequence[Place], history_until: int) -> Iterator[Batch]:
        """While one is taken, the server is already at work on the next."""
        ahead: deque[tuple[Sequence[Place], bytes]] = deque()
        self._early.clear()
        for few in self._portions(places):
            if self._broke_at[few[0]] >= _TRIES:
                while ahead:
                    yield self._fetched(*ahead.popleft(), history_until)
                yield [self._unreadable(few[0], "the server hangs up when it is asked for this one")]
                continue
            ahead.append((few, self._connection.ask([place.uid for place in few], _ITEMS)))
            if len(ahead) > 1:
                yield self._fetched(*ahead.popleft(), history_until)
        while ahead:
            yield self._fetched(*ahead.popleft(), history_until)

    def _portions(self, places: Sequence[Place]) -> Iterator[Sequence[Place]]:
        """Many at once; one by one where the connection broke the last time, to find out which of them does it."""
        for start in range(0, len(places), CHUNK):
            few = places[start : start + CHUNK]
            yield from [[place] for place in few] if self._broke_at.keys() & set(few) else [few]

    def _fetched(self, places: Sequence[Place], tag: bytes, history_until: int) -> Batch:
        try:
            fetched = self._fetch(places, tag)
            found = self._raws(places, fetched, history_until)
            found = sorted(found + self._withheld(places, fetched), key=lambda one: one.place.uid)
        except Retriable:
            self._broke_at.update(places)
            raise
        except CommandRefused as problem:
            if len(places) > 1:
                return [one for place in places for one in self._alone(place, history_until)]
            return [self._unreadable(places[0], f"the server could not fetch it: {problem.what}")]
        for place in places:
            del self._broke_at[place]
        return found

    def _alone(self, place: Place, history_until: int) -> Batch:
        return self._fetched([place], self._connection.ask([place.uid], _ITEMS), history_until)

    def _withheld(self, places: Sequence[Place], fetched: Mapping[int, Fetched]) -> Batch:
        """What is missing in the answer and yet there: a server that leaves one out must not lose it for us."""
        missing = {place.uid: place for place in places if place.uid not in fetched}
        if not missing:
            return []
        self._connection.noop()  # before it, a server may count what was expunged as there (RFC 3501 section 7.4.1)
        there = self._connection.search(["UID", ",".join(map(str, missing))])
        return [self._unreadable(missing[uid], _WITHHELD) for uid in there if uid in missing]

    def _unreadable(self, place: Place, error: str) -> Unreadable:
        return Unreadable(place, b"", error, self.proves_ours)

    def _fetch(self, places: Sequence[Place], tag: bytes) -> dict[int, Fetched]:
        """By UID. What is missing is asked for once more, by itself: who is missing then was expunged meanwhile.

        A server that is held up by one answer begins the next (RFC 3501 section 5.5), so that what was asked for next
        may come here; and Dovecot answers NIL at first for what was just expunged.
        """
        told = answers.fetched(self._connection.answer(tag))
        self._early |= {uid: one for uid, one in told.items() if b"BODY[]" in one.bodies}
        uids = [place.uid for place in places]
        found = {uid: self._early.pop(uid) for uid in uids if uid in self._early}
        if missing := [uid for uid in uids if uid not in found]:
            found |= answers.fetched(self._connection.fetch(missing, _ITEMS))
        return {uid: one for uid, one in found.items() if one.bodies.get(b"BODY[]") != _COURIERS}

    def _raws(self, places: Sequence[Place], fetched: Mapping[int, Fetched], history_until: int) -> Batch:
        """Those that are too large in pieces, the others whole; those whose structure nobody can tell, their beginning.

        A server that fails over a structure is not asked for it again and again.
        """
        large = {
            place.uid: fetched[place.uid].bodies.get(b"BODY[]", b"") for place in places
            if place.uid in fetched and fetched[place.uid].size > WHOLE and self._broke_at[place] < _WITH_STRUCTURE
        }  # fmt: skip
        known = contents(self._connection, large) if large else {}
        return [self._raw(place, fetched[place.uid], known.get(place.uid), history_until)
                for place in places if place.uid in fetched]  # fmt: skip

    def _raw(
        self, place: Place, fetched: Fetched, known: Beginning | Pieces | None, history_until: int
    ) -> Raw | Unreadable:
        body = fetched.bodies.get(b"BODY[]")
        if body is None:
            return self._unreadable(place, _WITHHELD)
        now = self._clock.now()
        received = min(fetched.received or now, now)  # a server may have it from the future
        return Raw(place, received, known or body, place.uid <= history_until)

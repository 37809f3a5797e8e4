"""IMAP (RFC 3501), read-only: EXAMINE and BODY.PEEK, UIDs only. The only file that imports imapclient."""

from __future__ import annotations

import contextlib
import imaplib
import logging
import socket
import ssl
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError, ProtocolError

from bot.domain.message import Arrival, Place, Unreadable
from bot.errors import Retriable, SettingsError
from bot.service.ports import Clock, Cursor
from bot.text.mime import read_mail

# Both libraries write whole responses, customers' words included, to a logger at DEBUG.
logging.getLogger("imapclient").setLevel(logging.WARNING)

_CONNECT, _READ = 10.0, 30.0
_CHUNK = 50
# No more than this much of a mail is fetched (bytes); what lies beyond are attachments.
LARGEST = 512 * 1024
_LOGIN_WAIT = 60.0
# A server may hang up whenever one certain mail is asked for; after so many times the others go on without it.
_TRIES = 5
_BODY = b"BODY[]<0>"
_BROKEN = (OSError, imaplib.IMAP4.error, IMAPClientError)


@dataclass(frozen=True, slots=True)
class Account:
    """How to reach one account. `password` is asked for at every login and never kept."""

    name: str
    host: str
    port: int
    tls: Literal["implicit", "starttls", "off"]
    user: str
    password: Callable[[], str]
    ca_file: Path | None
    since_days: int


class Connection:
    """One logged-in connection, made when first needed and after every failure."""

    def __init__(self, account: Account) -> None:
        """Nothing is connected yet."""
        self._account = account
        self._client: Any = None

    def client(self) -> Any:
        """The connection. Raises Retriable with one sentence about what is wrong."""
        if self._client is None:
            password = self._password()
            self._client = self._log_in(self._connect(), password)
        return self._client

    def close(self) -> None:
        """Without waiting for the server's goodbye."""
        client, self._client = self._client, None
        if client is not None:
            _hang_up(client)

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self._account.name} ({self._account.host}:{self._account.port})"

    def _password(self) -> str:
        try:
            return self._account.password()
        except SettingsError as problem:  # its file is being replaced, say: that may be over at the next try
            raise Retriable(problem.what, where=self.where, retry_after=_LOGIN_WAIT) from None

    def _connect(self) -> Any:
        account = self._account
        try:
            context = self._context()
            client = IMAPClient(
                account.host, account.port, ssl=account.tls == "implicit", ssl_context=context,
                timeout=SocketTimeout(_CONNECT, _READ),
            )  # fmt: skip
            client._imap.debug = 0  # at its own default it formats every response, five times slower
            client.normalise_times = False
            if account.tls == "starttls":
                self._start_tls(client, context)
        except ssl.SSLCertVerificationError as problem:
            raise Retriable(
                f"Its certificate is not to be trusted: {problem.verify_message}.", where=self.where
            ) from None
        except ssl.SSLError as problem:
            raise Retriable(f"No safe connection: {problem.reason or problem}.", where=self.where) from None
        except socket.gaierror:
            raise Retriable("There is no such host.", where=self.where) from None
        except TimeoutError:
            raise Retriable("It did not answer in time.", where=self.where) from None
        except _BROKEN as problem:
            raise Retriable(f"It cannot be reached: {_reason(problem)}.", where=self.where) from None
        return client

    def _context(self) -> ssl.SSLContext:
        """Certificates are verified, always; TLS 1.2 at least (RFC 8314 section 4)."""
        try:
            context = ssl.create_default_context(cafile=self._account.ca_file)
        except OSError as problem:
            what = f"{self._account.ca_file} holds no certificate that can be read: {_reason(problem)}."
            raise Retriable(what, where=self.where, advice="Check ca_file.") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _start_tls(self, client: Any, context: ssl.SSLContext) -> None:
        """Raises what goes wrong, so that nobody logs in afterwards."""
        try:
            client.starttls(context)
        except BaseException as problem:
            _hang_up(client)
            if isinstance(problem, imaplib.IMAP4.error):
                what = f"It does not do STARTTLS, so the password was not sent: {_reason(problem)}."
                raise Retriable(what, where=self.where, advice="It may offer TLS on port 993.") from None
            raise

    def _log_in(self, client: Any, password: str) -> Any:
        user = self._account.user
        # LOGIN takes ASCII only; what AUTHENTICATE PLAIN takes is UTF-8 (RFC 4616)
        log_in = client.login if (user + password).isascii() else client.plain_login
        try:
            log_in(user, password)
        except LoginError as problem:
            _hang_up(client)
            if isinstance(problem.__context__, imaplib.IMAP4.abort):
                raise Retriable(f"The login broke off: {_reason(problem)}.", where=self.where) from None
            raise Retriable(
                f"It refused the login of {user}: {_reason(problem)}.", where=self.where,
                advice="Check user and password.", retry_after=_LOGIN_WAIT,
            ) from None  # fmt: skip
        except _BROKEN as problem:
            _hang_up(client)
            raise Retriable(f"The login broke off: {_reason(problem)}.", where=self.where) from None
        return client


def _hang_up(client: Any) -> None:
    with contextlib.suppress(*_BROKEN):  # it may be gone already
        client.shutdown()


def _reason(problem: BaseException) -> str:
    if isinstance(problem, ProtocolError) or "unexpected response" in str(problem):
        return "its answer is not IMAP"  # which it was is not told: it may hold a customer's words
    text = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    if text.startswith(("b'", 'b"')):
        text = text[2:-1]
    return text.strip().rstrip(".")[:200] or type(problem).__name__


class Folder:
    """One folder of an account, read from its cursor on. `proven_ours`: what lies here was sent by us."""

    def __init__(self, connection: Connection, account: Account, folder: str, clock: Clock, *,
                 ours: Collection[str], proven_ours: bool) -> None:  # fmt: skip
        """`ours` are our addresses; only in a Sent folder do they prove anything."""
        self._connection, self._account, self._folder, self._clock = connection, account, folder, clock
        self._ours, self._proven_ours = frozenset(ours), proven_ours
        self._broke_at: Counter[Place] = Counter()

    @property
    def name(self) -> str:
        """account/folder."""
        return f"{self._account.name}/{self._folder}"

    def close(self) -> None:
        """The connection is shared by the folders of an account; the next read makes a new one."""
        self._connection.close()

    def unread(self, cursor_of: Callable[[str, str], Cursor | None]) -> Iterator[list[Arrival | Unreadable]]:
        """Batches of what is behind the cursor, oldest first. Raises Retriable."""
        client = self._connection.client()
        try:
            uidvalidity = self._examine(client)
            uids = self._waiting(client, uidvalidity, cursor_of(self._account.name, self._folder))
            places = [Place(self._account.name, self._folder, uidvalidity, uid) for uid in uids]
            for few in self._portions(places):
                yield self._read(client, few)
        except _BROKEN as problem:
            self.close()
            raise Retriable(
                f"Reading {self._folder} broke off: {_reason(problem)}.", where=self._connection.where
            ) from None

    def _examine(self, client: Any) -> int:
        try:
            return int(client.select_folder(self._folder, readonly=True)[b"UIDVALIDITY"])
        except imaplib.IMAP4.abort:
            raise
        except (IMAPClientError, imaplib.IMAP4.error) as problem:
            raise Retriable(
                f"The folder “{self._folder}” cannot be opened: {_reason(problem)}.", where=self._connection.where,
                advice="`amends doctor` lists the folders there are.", retry_after=_LOGIN_WAIT,
            ) from None  # fmt: skip

    def _waiting(self, client: Any, uidvalidity: int, cursor: Cursor | None) -> list[int]:
        """UIDs to read. `n:*` always names the last message, even when it is not newer (RFC 3501 section 6.4.8)."""
        if cursor is not None and cursor.uidvalidity == uidvalidity:
            found = client.search(["UID", f"{cursor.last_uid + 1}:*"])
            return sorted(uid for uid in found if uid > cursor.last_uid)
        oldest: date = (self._clock.now() - timedelta(days=self._account.since_days)).date()
        return sorted(client.search(["SINCE", oldest]))

    def _portions(self, places: Sequence[Place]) -> Iterator[Sequence[Place]]:
        """Many at once; one by one where the connection broke the last time, to find out which of them does it."""
        for start in range(0, len(places), _CHUNK):
            few = places[start : start + _CHUNK]
            yield from [[place] for place in few] if self._broke_at.keys() & set(few) else [few]

    def _read(self, client: Any, places: Sequence[Place]) -> list[Arrival | Unreadable]:
        first, *more = places
        if not more and self._broke_at[first] >= _TRIES:
            return [Unreadable(first, b"", "the server hangs up when it is asked for this one")]
        try:
            fetched = self._fetch(client, [place.uid for place in places])
        except (OSError, imaplib.IMAP4.abort):
            self._broke_at.update(places)
            raise
        except (IMAPClientError, imaplib.IMAP4.error) as problem:
            if more:
                return [one for place in places for one in self._read(client, [place])]
            return [Unreadable(first, b"", f"the server could not fetch it: {_reason(problem)}")]
        for place in places:
            del self._broke_at[place]
        return [self._one(place, fetched[place.uid]) for place in places if place.uid in fetched]

    def _fetch(self, client: Any, uids: Sequence[int]) -> dict[int, Any]:
        """What was expunged meanwhile is missing: at once, or (Dovecot says NIL first) when it is asked for again."""
        wanted = ["INTERNALDATE", f"BODY.PEEK[]<0.{LARGEST}>"]
        found: dict[int, Any] = client.fetch(list(uids), wanted)
        if bare := [uid for uid in uids if uid in found and found[uid].get(_BODY) is None]:
            again = client.fetch(bare, wanted)
            found = {uid: data for uid, data in found.items() if uid not in bare} | again
        return found

    def _one(self, place: Place, data: dict[bytes, Any]) -> Arrival | Unreadable:
        raw = data.get(_BODY)
        if raw is None:
            return Unreadable(place, b"", "the server knows it, and gives nothing of it")
        try:
            received = _utc(data.get(b"INTERNALDATE"), self._clock.now())
            message = read_mail(raw, received, ours=self._ours, proven_ours=self._proven_ours)
        except Exception as problem:
            # whatever a hostile mail does to the parser, the mail is kept and the others go on
            return Unreadable(place, raw, _defect(problem))
        return Arrival(message, place)


def _defect(problem: Exception) -> str:
    """What failed and where; not in its own words, which may be the customer's."""
    frame = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def _utc(moment: Any, now: datetime) -> datetime:
    """INTERNALDATE as UTC; a server that gives none, or one from the future, is corrected to now."""
    if not isinstance(moment, datetime):
        return now
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(aware.astimezone(UTC), now)


def folders(account: Account, names: Sequence[str], sent: str, ours: Collection[str], clock: Clock) -> list[Folder]:
    """The sources of one account over one connection; our Sent folder first, so that answers are known early."""
    connection = Connection(account)
    first = [Folder(connection, account, sent, clock, ours=ours, proven_ours=True)] if sent else []
    return first + [Folder(connection, account, name, clock, ours=ours, proven_ours=False) for name in names]


def list_folders(account: Account) -> list[str]:
    """The names of the folders of an account, for people who look for the right one. Raises Retriable."""
    connection = Connection(account)
    try:
        return [str(name) for _flags, _delimiter, name in connection.client().list_folders()]
    except _BROKEN as problem:
        raise Retriable(f"It does not list its folders: {_reason(problem)}.", where=connection.where) from None
    finally:
        connection.close()

"""IMAP (RFC 3501), read-only: EXAMINE and BODY.PEEK, UIDs only. The only file that imports imapclient."""

from __future__ import annotations

import imaplib
import logging
import socket
import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from bot.domain.message import Arrival, Place, Unreadable
from bot.errors import Retriable
from bot.service.ports import Clock, Cursor
from bot.text.mime import read_mail

log = logging.getLogger(__name__)
# Both libraries write whole responses, customers' words included, to a logger at DEBUG.
logging.getLogger("imapclient").setLevel(logging.INFO)

_CONNECT, _READ = 10.0, 30.0
_CHUNK = 50
# No more than this much of a mail is fetched (bytes); what lies beyond are attachments.
LARGEST = 512 * 1024
_LOGIN_WAIT = 60.0
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
            self._client = self._log_in(self._connect())
        return self._client

    def close(self) -> None:
        """Without waiting for the server's goodbye."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.shutdown()
            except _BROKEN:
                log.debug("the connection to %s was gone already", self._account.host)

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self._account.name} ({self._account.host}:{self._account.port})"

    def _connect(self) -> Any:
        account = self._account
        try:
            context = _context(account.ca_file)
            client = IMAPClient(
                account.host, account.port, ssl=account.tls == "implicit", ssl_context=context,
                timeout=SocketTimeout(_CONNECT, _READ),
            )  # fmt: skip
            client._imap.debug = 0  # at its own default it formats every response, five times slower
            client.normalise_times = False
            if account.tls == "starttls":
                client.starttls(context)
        except ssl.SSLCertVerificationError as problem:
            raise Retriable(
                f"Its certificate is not to be trusted: {problem.verify_message}.", where=self.where
            ) from None
        except ssl.SSLError as problem:
            raise Retriable(f"No safe connection: {problem.reason or problem}.", where=self.where) from None
        except socket.gaierror:
            raise Retriable("There is no such host.", where=self.where) from None
        except TimeoutError:
            raise Retriable(f"It did not answer within {_CONNECT:.0f} s.", where=self.where) from None
        except _BROKEN as problem:
            raise Retriable(f"It cannot be reached: {_reason(problem)}.", where=self.where) from None
        return client

    def _log_in(self, client: Any) -> Any:
        try:
            client.login(self._account.user, self._account.password())
        except LoginError as problem:
            client.shutdown()
            raise Retriable(
                f"It refused the login of {self._account.user}: {_reason(problem)}.", where=self.where,
                advice="Check user and password.", retry_after=_LOGIN_WAIT,
            ) from None  # fmt: skip
        except _BROKEN as problem:
            client.shutdown()
            raise Retriable(f"The login broke off: {_reason(problem)}.", where=self.where) from None
        return client


def _context(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are verified, always; TLS 1.2 at least (RFC 8314 section 4)."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _reason(problem: BaseException) -> str:
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
            for start in range(0, len(uids), _CHUNK):
                yield self._read(client, uidvalidity, uids[start : start + _CHUNK])
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

    def _read(self, client: Any, uidvalidity: int, uids: Sequence[int]) -> list[Arrival | Unreadable]:
        try:
            fetched = self._fetch(client, uids)
        except imaplib.IMAP4.abort:
            raise
        except (IMAPClientError, imaplib.IMAP4.error) as problem:
            if len(uids) > 1:
                return [one for uid in uids for one in self._read(client, uidvalidity, [uid])]
            place = Place(self._account.name, self._folder, uidvalidity, uids[0])
            return [Unreadable(place, b"", f"the server could not fetch it: {_reason(problem)}")]
        places = (Place(self._account.name, self._folder, uidvalidity, uid) for uid in uids)
        return [self._one(place, fetched[place.uid]) for place in places if place.uid in fetched]

    def _fetch(self, client: Any, uids: Sequence[int]) -> dict[int, Any]:
        """What was expunged meanwhile is simply missing."""
        found: dict[int, Any] = client.fetch(list(uids), ["INTERNALDATE", f"BODY.PEEK[]<0.{LARGEST}>"])
        return found

    def _one(self, place: Place, data: dict[bytes, Any]) -> Arrival | Unreadable:
        raw = data.get(b"BODY[]<0>", b"") or b""
        try:
            received = _utc(data.get(b"INTERNALDATE"), self._clock.now())
            message = read_mail(raw, received, ours=self._ours, proven_ours=self._proven_ours)
        except Exception as problem:
            # whatever a hostile mail does to the parser, the mail is kept and the others go on
            return Unreadable(place, raw, f"{type(problem).__name__}: {problem}"[:500])
        return Arrival(message, place)


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

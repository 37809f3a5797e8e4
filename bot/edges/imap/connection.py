"""One connection to a mail server. The only file that imports imapclient, and the only one that knows its habits."""

from __future__ import annotations

import contextlib
import imaplib
import logging
import select
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from bot.edges.alarm import ALARM
from bot.edges.imap import troubles
from bot.edges.imap.account import Account
from bot.edges.imap.troubles import CommandRefused
from bot.edges.sign_in import Bearer
from bot.errors import Retriable, SettingsError

# Both libraries write whole responses, customers' words included, to a logger at DEBUG.
logging.getLogger("imapclient").setLevel(logging.WARNING)

T = TypeVar("T")
_CONNECT, _READ = 10.0, 30.0
# A timeout counts from the last byte; a server that sends one byte now and then never runs into it.
_LONGEST_COMMAND = 300.0
_BROKEN = (OSError, imaplib.IMAP4.error, IMAPClientError)


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder as EXAMINE shows it. `uidnext` is None where the server keeps it to itself."""

    uidvalidity: int
    uidnext: int | None


class Connection:
    """One logged-in connection, made when first needed and after every failure. For one thread at a time."""

    def __init__(self, account: Account) -> None:
        """Nothing is connected yet."""
        self.account = account
        self._client: Any = None
        self.selected = ""  # the folder that it is on
        self._asked: dict[bytes, list[Any] | IMAPClientError | None] = {}  # FETCH under way, and answers not asked for
        self.news = False  # whether the server has told of new mail there, in the answer to whatever was asked
        self._exists: int | None = None  # how many mails it said there are; None since some were expunged

    @property
    def is_open(self) -> bool:
        """Whether there is one, as far as is known."""
        return self._client is not None

    @property
    def where(self) -> str:
        """For messages."""
        return self.account.where

    def open(self) -> None:
        """Connect and log in, unless that was done. Raises Retriable with one sentence about what is wrong."""
        if self._client is None:
            try:
                self._client = self._entered()
            except _TokenRefused:  # it may have been withdrawn before its time: once more, with a new one
                self._client = self._entered()

    def close(self) -> None:
        """Without waiting for the server's goodbye."""
        client, self._client, self.selected = self._client, None, ""
        self._asked.clear()
        if client is not None:
            _hang_up(client)

    def interrupt(self) -> None:
        """From another thread: whatever the connection waits for ends now, in an error."""
        client = self._client
        if client is not None:
            with contextlib.suppress(*_BROKEN):
                client.socket().shutdown(socket.SHUT_RDWR)

    # commands

    def has(self, capability: str) -> bool:
        """Whether the server says that it can do this; asked, never assumed."""
        return self._do("Asking what it can do", lambda client: bool(client.has_capability(capability)))

    def capabilities(self) -> list[str]:
        """All that it says."""
        found = self._do("Asking what it can do", lambda client: client.capabilities())
        return sorted(name.decode("ascii", "replace") for name in found)

    def folders(self) -> list[tuple[frozenset[str], str]]:
        """(attributes in lower case, name) of every folder."""
        listed = self._do("Listing its folders", lambda client: client.list_folders())
        return [(frozenset(flag.decode("ascii", "replace").lower() for flag in flags), str(name))
                for flags, _delimiter, name in listed]  # fmt: skip

    def examine(self, folder: str) -> Selected:
        """Select a folder for reading only."""
        self.selected = ""
        told = self._do(f"Opening {folder}", lambda client: client.select_folder(folder, readonly=True))
        self.selected, self.news = folder, False
        self._exists, uidnext = int(told.get(b"EXISTS", 0)), told.get(b"UIDNEXT")
        return Selected(int(told.get(b"UIDVALIDITY", 0)), uidnext and int(uidnext))

    def noop(self) -> None:
        """Let the server tell its news."""
        _text, untagged = self._do("Looking for news", lambda client: client.noop())
        self._hear(untagged)

    def search(self, criteria: Sequence[Any]) -> list[int]:
        """UIDs, ascending. No CHARSET is sent: some servers answer BAD to it."""
        return sorted(self._do("Searching", lambda client: client.search(list(criteria))))

    def fetch(self, uids: Iterable[int], items: str) -> list[Any]:
        """What imaplib makes of UID FETCH: for each message tuples that end in a literal, then the rest as bytes.

        What was asked before is answered before: a server may answer two at once, and no line says which it is about.
        """
        self._drain()
        return self.answer(self.ask(uids, items))

    def ask(self, uids: Iterable[int], items: str) -> bytes:
        """Send a UID FETCH without waiting for its answer (RFC 3501 section 5.5); what to ask `answer` for.

        While two are under way, what one asks for may come in the answer to the other.
        """
        wanted = ",".join(map(str, uids))

        def send(client: Any) -> bytes:
            tag: bytes = client._imap._command("UID", "FETCH", wanted, f"({items})")
            return tag

        tag = self._do("Reading", send, drained=False)
        self._asked[tag] = None
        return tag

    def answer(self, tag: bytes) -> list[Any]:
        """What was asked for. Answers come in the order of the questions."""
        for earlier in list(self._asked):
            if self._asked.get(earlier) is None:
                self._asked[earlier] = self._do("Reading", lambda client: _awaited(client, earlier), drained=False)  # noqa: B023
            if earlier == tag:
                break
        found = self._asked.pop(tag, None)
        if isinstance(found, IMAPClientError):
            raise self._no("Reading", found)
        if found is None:
            raise Retriable("Reading broke off: the connection was lost.", where=self.where)
        return found

    # waiting (RFC 2177)

    def idle(self, seconds: float) -> None:
        """Wait until the server has something to say of the selected folder; at most so long.

        imapclient's own `idle_check` is not used: it takes a dead line for silence, and half a line for nonsense.
        """

        def wait(client: Any) -> Iterable[Any]:
            client.idle()
            _wait_readable(client, seconds)
            _text, untagged = client.idle_done()
            return list(untagged)

        self._hear(self._do("Waiting", wait, limit=seconds + 2 * _READ))

    # the way to all of them

    def _do(
        self, what: str, command: Callable[[Any], T], limit: float = _LONGEST_COMMAND, *, drained: bool = True
    ) -> T:
        """Raises CommandRefused if the server says no, Retriable if the connection is lost by it.

        `drained`: the answers to everything that was asked before are read first, or they would be taken for its own.
        """
        self.open()
        if drained:
            self._drain()
        client = self._client
        try:
            with ALARM.ended_after(limit, self.interrupt):
                answer = command(client)
        except (OSError, imaplib.IMAP4.abort) as problem:
            self.close()
            raise troubles.broken_off(what, problem, self.where) from None
        except (IMAPClientError, imaplib.IMAP4.error) as problem:
            if troubles.reason(problem) == "its answer is not IMAP":
                self.close()
                raise troubles.broken_off(what, problem, self.where) from None
            raise self._no(what, problem) from None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as problem:
            # what a library makes of an answer that no server should give; nothing further on this line can be believed
            self.close()
            raise Retriable(f"{what} broke off: its answer makes no sense ({type(problem).__name__}).",
                            where=self.where) from None  # fmt: skip
        # a server tells of new mail once, while it answers whatever it was asked: imaplib keeps that aside
        kept = client._imap.untagged_responses
        expunged, counts = kept.pop("EXPUNGE", []), kept.pop("EXISTS", [])
        gone = [(0, b"EXPUNGE")] if expunged else []  # before or after it was counted, nobody knows
        counted = [(int(number), b"EXISTS") for number in counts[-1:] if number and number.isdigit()]
        self._hear([*gone, *counted, *gone])
        return answer

    def _hear(self, untagged: Iterable[Any]) -> None:
        """What a server tells of the folder by itself. One that says the same number again and again says nothing."""
        for line in untagged:
            number, what = (*line, None, None)[:2] if isinstance(line, tuple) else (None, None)
            if what == b"EXPUNGE":
                self._exists = None
            elif what == b"EXISTS":
                self.news = self.news or number != self._exists
                self._exists = number

    def _no(self, what: str, problem: BaseException) -> Retriable | CommandRefused:
        """A NO or BAD: meant for good, or only for now."""
        said = troubles.reason(problem)
        if not troubles.will_pass(str(problem)):
            return CommandRefused(said, where=self.where)
        wait = troubles.asked_to_wait(str(problem))
        return Retriable(f"{what} failed: {said}.", where=self.where, retry_after=wait)

    def _drain(self) -> None:
        """Read the answers to all that was asked."""
        for tag in [tag for tag, found in self._asked.items() if found is None]:
            self._asked[tag] = self._do("Reading", lambda client: _awaited(client, tag), drained=False)  # noqa: B023

    # connecting

    def _entered(self) -> Any:
        """A server is called only by who has something to show it."""
        secret = self._secret()
        return self._log_in(self._connect(), secret)

    def _secret(self) -> str:
        """The password or token to log in with."""
        sign_in = self.account.sign_in
        try:
            return sign_in.tokens.access_token() if isinstance(sign_in, Bearer) else sign_in.reveal()
        except SettingsError as problem:  # its file is being replaced, say: that may be over at the next try
            raise Retriable(problem.what, where=self.where, retry_after=troubles.LOGIN_WAIT) from None

    def _connect(self) -> Any:
        account = self.account
        try:
            context = self._context()
            client = IMAPClient(
                account.host, account.port, ssl=account.tls == "implicit", ssl_context=context,
                timeout=SocketTimeout(_CONNECT, _READ),
            )  # fmt: skip
            client._imap.debug = 0  # at its own default it formats every response, five times slower
            client.normalise_times = False
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if account.tls == "starttls":
                self._start_tls(client, context)
        except _BROKEN as problem:
            raise troubles.unreachable(problem, self.where) from None
        return client

    def _context(self) -> ssl.SSLContext:
        """Certificates are verified, always; TLS 1.2 at least (RFC 8314 section 4)."""
        file = self.account.ca_file
        try:
            context = ssl.create_default_context(cafile=file)
        except OSError as problem:
            what = f"{file} holds no certificate that can be read: {troubles.reason(problem)}."
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
                what = f"It does not do STARTTLS, so the password was not sent: {troubles.reason(problem)}."
                raise Retriable(what, where=self.where, advice="It may offer TLS on port 993.") from None
            raise

    def _log_in(self, client: Any, secret: str) -> Any:
        account = self.account
        try:
            with ALARM.ended_after(2 * _READ, lambda: _hang_up(client)):
                _present(client, account, secret)
        except LoginError as problem:
            _hang_up(client)
            if isinstance(problem.__context__, imaplib.IMAP4.abort):
                raise troubles.broken_off("The login", problem, self.where) from None
            raise self._refused(problem) from None
        except _BROKEN as problem:
            _hang_up(client)
            raise troubles.broken_off("The login", problem, self.where) from None
        return client

    def _refused(self, problem: LoginError) -> Retriable:
        sign_in = self.account.sign_in
        if not isinstance(sign_in, Bearer):
            return troubles.login_refused(problem, self.account.user, self.where, "Check user and password.")
        sign_in.tokens.forget()
        advice = "Check user and scope, and that this account may use IMAP."
        refused = troubles.login_refused(problem, self.account.user, self.where, advice)
        return _TokenRefused(refused.what, where=refused.where, advice=advice, retry_after=refused.retry_after)


class _TokenRefused(Retriable):
    """The server did not take an access token."""


def _present(client: Any, account: Account, secret: str) -> None:
    """Say who we are. LOGIN takes ASCII only; what AUTHENTICATE PLAIN takes is UTF-8 (RFC 4616)."""
    if isinstance(account.sign_in, Bearer):
        if account.sign_in.mechanism == "OAUTHBEARER":
            client.oauthbearer_login(account.user, secret)
        else:
            client.oauth2_login(account.user, secret)
    elif (account.user + secret).isascii():
        client.login(account.user, secret)
    else:
        client.plain_login(account.user, secret)


def _awaited(client: Any, tag: bytes) -> list[Any] | IMAPClientError:
    """The answer to a FETCH that was sent, or what imapclient would raise for one that is not OK."""
    try:
        kind, told = client._imap._command_complete("UID", tag)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as problem:  # BAD; the line goes on, and this question is answered
        return IMAPClientError(str(problem))
    _kind, data = client._imap._untagged_response(kind, told, "FETCH")
    return list(data) if kind == "OK" else IMAPClientError(str(told[0] if told else kind))


def _wait_readable(client: Any, seconds: float) -> None:
    """Until the server sends anything, at most so long; a line that is dead is readable too."""
    sock = client.socket()
    if _is_buffered(client, sock) or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
        return
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    poller.poll(max(0.0, seconds) * 1000)


def _is_buffered(client: Any, sock: Any) -> bool:
    """Whether a notice came in the same packet as the answer to IDLE: the socket itself shows nothing of it."""
    file = getattr(client._imap, "file", None)
    if file is None or not hasattr(file, "peek"):
        return False
    sock.settimeout(0)
    try:
        return bool(file.peek(1))
    except OSError:  # nothing there: a socket without timeout says so by an error
        return False
    finally:
        sock.settimeout(_READ)


def _hang_up(client: Any) -> None:
    with contextlib.suppress(*_BROKEN):  # it may be gone already
        client.shutdown()

"""What servers say when they do not do their part, in our words. Never in theirs where a customer's may be in it."""

from __future__ import annotations

import re
import socket
import ssl

from bot.errors import Refused, Retriable

LOGIN_WAIT = 60.0
_LONG_WAIT = 900.0
_LONGEST = 200
# Microsoft 365 says how long it wants to be left alone, in milliseconds.
_BACKOFF = re.compile(r"suggested backoff time:?\s*(\d{1,9})\s*milliseconds", re.IGNORECASE)
_BLOCKED = "authenticated but not connected"
_TOO_MANY = re.compile(r"\[limit\]|too many (?:simultaneous )?connections|maximum number of connections", re.IGNORECASE)


# RFC 5530: the same command may succeed later.
_PASSING = re.compile(r"\[(?:unavailable|inuse|limit|serverbug)\]", re.IGNORECASE)


class CommandRefused(Refused):
    """The server answered a command with NO or BAD; the connection goes on."""


def reason(problem: BaseException) -> str:
    """What went wrong in one line, without a full stop."""
    text = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    if type(problem).__name__ == "ProtocolError" or "unexpected response" in text:
        return "its answer is not IMAP"  # which it was is not told: it may hold a customer's words
    if text.startswith(("b'", 'b"')):
        text = text[2:-1]
    return text.strip().rstrip(".")[:_LONGEST] or type(problem).__name__


def asked_to_wait(text: str) -> float | None:
    """The seconds for which a server wants to be left alone, if it says so."""
    found = _BACKOFF.search(text)
    if found:
        return int(found[1]) / 1000
    return _LONG_WAIT if _BLOCKED in text.lower() else None


def will_pass(text: str) -> bool:
    """Whether a NO is not meant for good."""
    return bool(_PASSING.search(text)) or asked_to_wait(text) is not None


def unreachable(problem: BaseException, where: str) -> Retriable:
    """Why there is no connection."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return Retriable(f"Its certificate is not to be trusted: {problem.verify_message}.", where=where)
    if isinstance(problem, ssl.SSLError):
        return Retriable(f"No safe connection: {problem.reason or problem}.", where=where)
    if isinstance(problem, socket.gaierror):
        return Retriable("There is no such host.", where=where)
    if isinstance(problem, TimeoutError):
        return Retriable("It did not answer in time.", where=where)
    return Retriable(f"It cannot be reached: {reason(problem)}.", where=where, retry_after=asked_to_wait(str(problem)))


def login_refused(problem: BaseException, user: str, where: str, advice: str) -> Retriable:
    """Why nobody is logged in: our credentials, too many connections, or a server that wants to be left alone."""
    told = str(problem)
    if _TOO_MANY.search(told):
        advice = "Lower max_connections of this [[mailbox]], or close other programs."
        return Retriable(f"It takes no more connections: {reason(problem)}.", where=where, advice=advice,
                         retry_after=LOGIN_WAIT)  # fmt: skip
    what = f"It refused the login of {user}: {reason(problem)}."
    return Retriable(what, where=where, advice=advice, retry_after=asked_to_wait(told) or LOGIN_WAIT)


def broken_off(what: str, problem: BaseException, where: str) -> Retriable:
    """A connection that was lost in the midst of something."""
    return Retriable(f"{what} broke off: {reason(problem)}.", where=where, retry_after=asked_to_wait(str(problem)))

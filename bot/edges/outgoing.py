"""One HTTP request to somebody else's server: TLS verified, bounded in time and size, and no word of it told."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import string
import threading
import time
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import (
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from bot.edges.alarm import ALARM
from bot.errors import Retriable

_PIECE = 16 * 1024  # bytes
_REDIRECTS = (301, 302, 303, 307, 308)


class Place(NamedTuple):
    """Who is asked: `where` stands for the address, which may be a secret; `advice` is for when no answer comes."""

    where: str
    advice: str = ""
    ca_file: Path | None = None


class Bounds(NamedTuple):
    """How far an answer may go: in seconds, in bytes of its body (0: it is not read), in redirects of a GET.

    `errors`: whether the body of what is no 2xx is read too.
    """

    seconds: float
    largest: int = 0
    redirects: int = 0
    errors: bool = False


class Answer(NamedTuple):
    """What came back, whatever its status. `body` is None where it is larger than it may be, b"" where it is unread."""

    status: int
    headers: Message
    body: bytes | None


class _AnyAnswer(HTTPErrorProcessor):
    """Hands over every answer as it is. So none is raised, and no redirect followed without being looked at."""

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002, the names are urllib's
        return response

    https_response = http_response


class _Connection(http.client.HTTPConnection):
    """Its head comes in time as a whole: a socket's timeout is one for each packet, and drops never end."""

    def getresponse(self) -> http.client.HTTPResponse:
        line, late = self.sock, threading.Event()

        def end() -> None:
            late.set()
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # TLS's own would take the session from under its reader

        assert self.timeout is not None
        try:
            with ALARM.ended_after(self.timeout, end):
                response = super().getresponse()
        except (OSError, http.client.HTTPException):
            if late.is_set():
                raise TimeoutError from None
            raise
        if late.is_set():  # what was cut off may look like a whole head
            response.close()
            raise TimeoutError
        return response


class _TlsConnection(_Connection, http.client.HTTPSConnection):
    """The same."""


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _TlsHandler(HTTPSHandler):
    def __init__(self, context: ssl.SSLContext) -> None:
        self._verifying = context
        super().__init__(context=context)

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_TlsConnection, req, context=self._verifying)


def get(url: str, place: Place, bounds: Bounds, headers: Mapping[str, str] | None = None) -> Answer:
    """What is answered to a GET. Raises Retriable where nothing is, in words that cannot hold the address."""
    return _ask(url, None, headers or {}, place, bounds)


def post(url: str, form: str, place: Place, bounds: Bounds, headers: Mapping[str, str] | None = None) -> Answer:
    """The same to a POST of an ASCII form; no redirect is followed, which would take secrets along."""
    return _ask(url, form.encode("ascii"), headers or {}, place, bounds._replace(redirects=0))


def is_here(host: str) -> bool:
    """Whether it is this machine: only there may HTTP go without TLS."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def onward(url: str, points: str) -> str:
    """Where a redirect may lead (`points`: its Location, RFC 9110 section 10.2.2), "" where it may not.

    By https from anywhere; without TLS only on this machine, and only from where there was none.
    """
    try:
        there = urljoin(url, quote(points, encoding="iso-8859-1", errors="replace", safe=string.punctuation))
        parts = urlsplit(there)
    except ValueError:
        return ""
    is_plain = parts.scheme == "http" == urlsplit(url).scheme and is_here(parts.hostname or "")
    return there if parts.scheme == "https" or is_plain else ""


def _ask(url: str, form: bytes | None, headers: Mapping[str, str], place: Place, bounds: Bounds) -> Answer:
    opener, left = _opener(place), bounds.redirects
    try:
        while True:
            request = Request(url, form, dict(headers))  # noqa: S310, the opener speaks nothing but HTTP
            with opener.open(request, timeout=bounds.seconds) as response:
                points = response.headers.get("Location", "") if response.status in _REDIRECTS else ""
                there = onward(url, points) if left and points else ""
                if not there:
                    return Answer(response.status, response.headers, _body(response, bounds))
            url, left = there, left - 1
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Retriable(_sentence(problem), where=place.where, advice=place.advice) from None


def _opener(place: Place) -> OpenerDirector:
    """With the machine's HTTPS proxy, if it has one; TLS 1.2 at least, and no other scheme than HTTP."""
    try:
        context = ssl.create_default_context(cafile=place.ca_file)
    except OSError as problem:
        what = f"{place.ca_file} holds no certificate that can be read: {problem.strerror or 'it is no PEM'}."
        raise Retriable(what, where=place.where, advice="Check ca_file.") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    opener = OpenerDirector()
    opener.addheaders = [("User-Agent", "amends")]
    for handler in (ProxyHandler(), _PlainHandler(), _TlsHandler(context), UnknownHandler(), _AnyAnswer()):
        opener.add_handler(handler)
    return opener


def _body(response: Any, bounds: Bounds) -> bytes | None:
    """Of what is to be read; a socket's timeout is one for each packet, so that drops need another."""
    if not bounds.largest or not (bounds.errors or 200 <= response.status < 300):
        return b""
    deadline = time.monotonic() + bounds.seconds
    pieces, size = [], 0
    while piece := response.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > bounds.largest:
            return None
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(pieces)


def _sentence(problem: Exception) -> str:
    """What went wrong, in words that cannot hold what was sent or where to."""
    cause = problem.reason if isinstance(problem, URLError) else problem
    match cause:
        case ssl.SSLCertVerificationError():
            return f"Its certificate is not to be trusted: {cause.verify_message}."
        case ssl.SSLError():
            return f"No safe connection: {cause.reason or 'TLS failed'}."
        case TimeoutError():
            return "It did not answer in time."
        case socket.gaierror():
            return "There is no such host."
        case OSError() if cause.strerror:
            return f"It cannot be reached: {cause.strerror}."
    return f"It cannot be reached: {type(cause).__name__}."

"""One POST to a token endpoint: TLS verified, bounded in time and size, no redirect followed, nothing told of it."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import (
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from bot.errors import Retriable

# An access token has a few thousand bytes; what is much larger than an answer is none.
_LARGEST = 64 * 1024
_PIECE = 4096
_LONGEST_WAIT = 3600.0
_ADVICE = "Check token_url, and that this machine reaches it."
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class Answer(NamedTuple):
    """What came back: HTTP status, body as text, and the seconds that the server asks for (Retry-After)."""

    status: int
    body: str
    retry_after: float | None


class AnyAnswer(HTTPErrorProcessor):
    """Hands over every answer as it is. So none is raised, and no redirect followed, which would take secrets along."""

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002, the names are urllib's
        return response

    https_response = http_response


def post(url: str, form: str, *, where: str, timeout: float, ca_file: Path | None) -> Answer:
    """Whatever the server answers within `timeout` seconds. Raises Retriable where none comes, or too much."""
    request = Request(url, form.encode("ascii"), _HEADERS)  # noqa: S310, the opener speaks nothing but HTTP
    try:
        with opener(ca_file, where).open(request, timeout=timeout) as response:
            body = _body(response, timeout)
            status, wait = response.status, _wait(response.headers)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Retriable(sentence(problem), where=where, advice=_ADVICE) from None
    if len(body) > _LARGEST:
        raise Retriable("Its answer is far too large for a token.", where=where)
    return Answer(status, body.decode("utf-8", "replace"), wait)


def opener(ca_file: Path | None, where: str) -> OpenerDirector:
    """With the machine's HTTPS proxy, if it has one; TLS 1.2 at least, and no other scheme than HTTP."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as problem:
        what = f"{ca_file} holds no certificate that can be read: {problem.strerror or 'it is no PEM'}."
        raise Retriable(what, where=where, advice="Check ca_file.") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(context=context), UnknownHandler(), AnyAnswer()):
        opener.add_handler(handler)
    return opener


def _body(response: Any, timeout: float) -> bytes:
    """Not much more than the largest; a socket's timeout is one for each packet, so that drops need another."""
    deadline = time.monotonic() + timeout
    found = b""
    while len(found) <= _LARGEST and (piece := response.read1(_PIECE)):
        found += piece
        if time.monotonic() > deadline:
            raise TimeoutError
    return found


def _wait(headers: Any) -> float | None:
    """Retry-After in seconds or as a date (RFC 9110 section 10.2.3), an hour at most."""
    told = str(headers.get("Retry-After") or "").strip()
    if told.isascii() and told.isdigit():
        return min(float(told), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(told).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(until - time.time(), 0.0), _LONGEST_WAIT)


def sentence(problem: Exception) -> str:
    """What went wrong, in words that cannot hold what was sent."""
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

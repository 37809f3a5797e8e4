"""A calendar's bytes: over HTTP, TLS verified, bounded in time and size, or from a file. Its address is not told."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from bot.errors import Refused, Retriable

LARGEST = 1_000_000
"""Bytes; years of shifts take less."""
_PIECE = 16 * 1024
_TIMEOUT = 20.0
_HEADERS = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "amends"}
_ADVICE = "Check calendar in [[oncall]], and that this machine reaches it."


class _Onward(HTTPRedirectHandler):
    """Follows a few redirects, from https to https only."""

    max_redirections = 4

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if urlsplit(newurl).scheme != "https" and urlsplit(newurl).scheme != urlsplit(req.full_url).scheme:
            raise HTTPError(newurl, code, "elsewhere", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, timeout: float = _TIMEOUT) -> bytes:
    """What a server answers within `timeout` seconds. Raises Retriable, or Refused where it is too large."""
    where = urlsplit(url).hostname or ""  # the rest of an address may be the secret that lets one read the calendar
    request = Request(url, headers=_HEADERS)  # noqa: S310, the opener speaks nothing but HTTP
    try:
        with _opener().open(request, timeout=timeout) as response:
            body = _body(response, time.monotonic() + timeout)
    except HTTPError as problem:
        problem.close()
        raise Retriable(_refusal(problem.code), where=where, advice=_ADVICE) from None
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Retriable(_sentence(problem), where=where, advice=_ADVICE) from None
    return _bounded(body, where)


def read_file(path: Path) -> bytes:
    """What a file holds. Raises Retriable where it cannot be read, or Refused where it is too large."""
    try:
        with path.open("rb") as file:
            return _bounded(file.read(LARGEST + 1), str(path))
    except OSError as problem:
        what = f"The calendar cannot be read: {problem.strerror}."
        raise Retriable(what, where=str(path), advice="Check calendar in [[oncall]].") from None


def _bounded(body: bytes, where: str) -> bytes:
    if len(body) > LARGEST:
        raise Refused(
            "The calendar is larger than 1 MB.", where=where, advice="Keep shifts in a calendar of their own."
        )
    return body


def _opener() -> OpenerDirector:
    """With the machine's HTTPS proxy, if it has one; TLS 1.2 at least, and no other scheme than HTTP."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(), HTTPHandler(), HTTPSHandler(context=context), UnknownHandler(), HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(), _Onward(),
    ):  # fmt: skip
        opener.add_handler(handler)
    return opener


def _body(response: Any, deadline: float) -> bytes:
    """Not much more than the largest; a socket's timeout is one for each packet, so that drops need another."""
    pieces, size = [], 0
    while size <= LARGEST and (piece := response.read1(_PIECE)):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(pieces)


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"It points elsewhere (HTTP {status}), and not by https, or in a circle."
    if status in (401, 403):
        return f"It lets nobody read the calendar by this address (HTTP {status})."
    if status in (404, 410):
        return f"There is no calendar at this address (HTTP {status})."
    return f"It has trouble (HTTP {status})."


def _sentence(problem: Exception) -> str:
    """What went wrong, in words that cannot hold the address."""
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

"""One POST to a token endpoint: TLS verified, bounded in time and size, no redirect followed, nothing told of it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from bot.edges import outgoing
from bot.edges.outgoing import Bounds, Place
from bot.errors import Retriable

# An access token has a few thousand bytes; what is much larger than an answer is none.
_LARGEST = 64 * 1024
_LONGEST_WAIT = 3600.0
_ADVICE = "Check token_url, and that this machine reaches it."
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class Answer(NamedTuple):
    """What came back: HTTP status, body as text, and the seconds that the server asks for (Retry-After)."""

    status: int
    body: str
    retry_after: float | None


def post(url: str, form: str, *, where: str, timeout: float, ca_file: Path | None) -> Answer:
    """Whatever the server answers within `timeout` seconds. Raises Retriable where none comes, or too much."""
    bounds = Bounds(timeout, _LARGEST, errors=True)  # errors tell their code in the body (RFC 6749 section 5.2)
    status, headers, body = outgoing.post(url, form, Place(where, _ADVICE, ca_file), bounds, _HEADERS)
    if body is None:
        raise Retriable("Its answer is far too large for a token.", where=where)
    return Answer(status, body.decode("utf-8", "replace"), _wait(headers.get("Retry-After")))


def _wait(told: str | None) -> float | None:
    """Retry-After in seconds or as a date (RFC 9110 section 10.2.3), an hour at most."""
    told = (told or "").strip()
    if told.isascii() and told.isdigit():
        return min(float(told), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(told).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(until - time.time(), 0.0), _LONGEST_WAIT)

"""A calendar's bytes: over HTTP, TLS verified, bounded in time and size, or from a file. Its address is not told."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from bot.edges.outgoing import Bounds, Place, get
from bot.errors import Refused, Retriable

LARGEST = 1_000_000
"""Bytes; years of shifts take less."""
_TIMEOUT = 20.0
_REDIRECTS = 4
_HEADERS = {"Accept": "text/calendar, */*;q=0.1"}
_ADVICE = "Check calendar in [[oncall]], and that this machine reaches it."


def fetch(url: str, timeout: float = _TIMEOUT) -> bytes:
    """What a server answers within `timeout` seconds. Raises Retriable, or Refused where it is too large."""
    where = urlsplit(url).hostname or ""  # the rest of an address may be the secret that lets one read the calendar
    answer = get(url, Place(where, _ADVICE), Bounds(timeout, LARGEST, _REDIRECTS), _HEADERS)
    if not 200 <= answer.status < 300:
        raise Retriable(_refusal(answer.status), where=where, advice=_ADVICE)
    if answer.body is None:
        raise _too_large(where)
    return answer.body


def read_file(path: Path) -> bytes:
    """What a file holds. Raises Retriable where it cannot be read, or Refused where it is too large."""
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
    except OSError as problem:
        what = f"The calendar cannot be read: {problem.strerror}."
        raise Retriable(what, where=str(path), advice="Check calendar in [[oncall]].") from None
    if len(body) > LARGEST:
        raise _too_large(str(path))
    return body


def _too_large(where: str) -> Refused:
    return Refused("The calendar is larger than 1 MB.", where=where, advice="Keep shifts in a calendar of their own.")


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"It points elsewhere (HTTP {status}), and not by https, or in a circle."
    if status in (401, 403):
        return f"It lets nobody read the calendar by this address (HTTP {status})."
    if status in (404, 410):
        return f"There is no calendar at this address (HTTP {status})."
    return f"It has trouble (HTTP {status})."

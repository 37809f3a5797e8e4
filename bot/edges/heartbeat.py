"""Calls a URL that somebody waits for: while it is called, amends works. The URL is a secret, and is never told."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.edges.outgoing import Bounds, Place, get, is_here
from bot.errors import Retriable, SettingsError

_TIMEOUT = 10.0  # seconds
_WHERE = "the heartbeat"


def check(url: str) -> None:
    """Raises SettingsError, without the URL, where it is none that may be called."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", None
    if parts is None or not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_here(host))):
        advice = "Expected https://…; plain http only on loopback."
        raise SettingsError(
            "The heartbeat's URL is none that can be called.", where="health.heartbeat_url", advice=advice
        )
    if not url.isascii() or any(character <= " " for character in url):
        raise SettingsError("The heartbeat's URL holds what no URL may hold.", where="health.heartbeat_url")


def call(url: str, timeout: float = _TIMEOUT) -> None:
    """GET it; any 2xx will do, and no redirect is followed. Raises Retriable or SettingsError, without the URL."""
    check(url)
    status = get(url, Place(_WHERE), Bounds(timeout)).status
    if not 200 <= status < 300:
        raise Retriable(f"It answers {status}.", where=_WHERE)

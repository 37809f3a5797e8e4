"""Calls a URL that somebody waits for: while it is called, amends works. The URL is a secret, and is never told."""

from __future__ import annotations

import http.client
import ipaddress
from urllib.parse import urlsplit
from urllib.request import Request

from bot.edges.token_request import opener, sentence
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
    if parts is None or not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_local(host))):
        advice = "Expected https://…; plain http only on loopback."
        raise SettingsError(
            "The heartbeat's URL is none that can be called.", where="health.heartbeat_url", advice=advice
        )
    if not url.isascii() or any(character <= " " for character in url):
        raise SettingsError("The heartbeat's URL holds what no URL may hold.", where="health.heartbeat_url")


def call(url: str, timeout: float = _TIMEOUT) -> None:
    """GET it; any 2xx will do, and no redirect is followed. Raises Retriable or SettingsError, without the URL."""
    check(url)
    request = Request(url, headers={"User-Agent": "amends"})  # noqa: S310, checked above
    try:
        with opener(None, _WHERE).open(request, timeout=timeout) as response:
            status = response.status
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Retriable(sentence(problem), where=_WHERE) from None
    if not 200 <= status < 300:
        raise Retriable(f"It answers {status}.", where=_WHERE)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""The OAuth access tokens of a mailbox: asked for when needed, kept until they end; new refresh tokens are kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from bot.edges.token_endpoint import Grant, NotGranted, ask, nothing_to_refresh, usable
from bot.errors import SettingsError
from bot.service.ports import Clock

log = logging.getLogger(__name__)

# A token that ends within this is not begun with; without expires_in, and at most, one is good for a day (seconds).
_EARLY, _LONGEST = 60, 24 * 3600


class GrantedTokens:
    """Access tokens by a grant, each kept in memory until a minute before its end."""

    def __init__(self, grant: Grant, clock: Clock) -> None:
        """Nothing is asked for yet."""
        self._grant, self._clock = grant, clock
        self._lock = threading.Lock()
        self._token, self._until = "", clock.now()
        self._unsaved = ""  # the newest refresh token, where it could not be kept elsewhere

    def access_token(self) -> str:
        """The one in memory, or a new one. Raises Retriable, or SettingsError for a secret that is not at its place."""
        with self._lock:
            if not self._token or self._clock.now() >= self._until:
                found = self._refreshed() if self._grant.kind == "refresh_token" else ask(self._grant)
                lasts = min(int(found.get("expires_in", _LONGEST)), _LONGEST)
                self._until = self._clock.now() + timedelta(seconds=max(lasts - _EARLY, 0))
                self._token = found["access_token"]
            return self._token

    def forget(self) -> None:
        """The mail server refused it: the next `access_token` asks for a new one."""
        with self._lock:
            self._token = ""

    def _refreshed(self) -> dict[str, Any]:
        refused = nothing_to_refresh(self._grant)
        for token in self._refresh_tokens():
            try:
                found = ask(self._grant, token)
            except NotGranted as problem:
                refused = problem
                continue
            self._remember(found.get("refresh_token"), token)
            return found
        raise refused

    def _refresh_tokens(self) -> Iterator[str]:
        """Each once: the newest known, the kept one, the kept one if it just changed, the one that people set."""
        grant = self._grant
        places: list[Callable[[], str] | None] = [lambda: self._unsaved]
        places += [grant.kept.reveal, grant.kept.reveal] if grant.kept else []
        tried = {""}
        for look in filter(None, [*places, grant.refresh_token]):
            if (token := look()) not in tried:
                tried.add(token)
                yield token

    def _remember(self, new: object, used: str) -> None:
        """The good refresh token replaces a dead or an older one (RFC 6749 section 6)."""
        good = new if isinstance(new, str) and usable(new) else used
        kept, where = self._grant.kept, self._grant.where
        if kept is None:
            if good != used and not self._unsaved:
                log.warning("%s: it replaces refresh tokens; without token_file the new one ends with amends", where)
            self._unsaved = good if good != used or used == self._unsaved else ""
            return
        try:
            if good != used or kept.reveal() not in ("", good):
                kept.keep(good)
            self._unsaved = ""
        except SettingsError as problem:  # the access token is good all the same
            self._unsaved = good
            log.warning("%s: the new refresh token is not kept: %s", where, problem)

"""Trigger ids: each opens one modal, within three seconds (docs.slack.dev, Handling user interaction)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .answers import Refusal

LIFETIME = 3.0  # seconds


@dataclass
class _Trigger:
    user: str
    issued: float
    used: bool = False


class Triggers:
    """Those issued so far."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._issued: dict[str, _Trigger] = {}

    def issue(self, user: str) -> str:
        """A new one, for what this person just did."""
        number = len(self._issued) + 1
        name = f"{number}.{number * 7919}.{number:032x}"
        self._issued[name] = _Trigger(user, self._now())
        return name

    def exchange(self, name: str) -> str:
        """The person's id, once and in time; else a Refusal in Slack's words."""
        if name not in self._issued:
            raise Refusal("invalid_trigger_id" if name else "invalid_arguments")
        trigger = self._issued[name]
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if self._now() - trigger.issued > LIFETIME:
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger.user

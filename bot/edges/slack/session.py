"""What a line is made of: a session, how long it is waited for, and how it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Session(Protocol):
    """One connection, open until it ends; safe to use from any thread."""

    @property
    def is_open(self) -> bool:
        """Whether anything can still come over it, as far as is known."""

    @property
    def is_leaving(self) -> bool:
        """Whether Slack has asked for another connection in its place."""

    @property
    def last_pong(self) -> float:
        """When the other side last answered a ping, on the monotonic clock; at first when it was opened."""

    @property
    def trouble(self) -> str:
        """Why it ended; "" if nobody knows."""

    def end(self, patience: float) -> None:
        """Close it. What has come is answered first, for at most so many seconds."""


Dial = Callable[[Callable[[], None]], Session]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. Slack allows few calls of apps.connections.open a minute, and repeats what it told meanwhile for six."""

    first: float = 0.5  # after the first failure; each one more doubles it
    longest: float = 12.0
    restless: float = 3.0  # at most, after connections that ended as soon as they were made
    refused: float = 60.0  # after a no that only people can turn into a yes
    settled: float = 10.0  # a connection that lived so long was a success
    pong: float = 8.0  # without an answer to a ping: three of them
    look: float = 0.5  # how often the age of the last answer is looked at
    drain: float = 3.0  # for what came over a connection that was replaced
    stop: float = 1.0  # for what came before we were told to stop


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Health:
    """Whether we are connected, since when that is so, and what was last heard and last wrong."""

    connected: bool
    since: datetime
    last_pong: datetime | None = None
    error: str = ""

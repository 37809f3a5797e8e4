"""What the services need to write down how each working part of amends does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.domain.health import Pulse


class PulseTransaction(Protocol):
    """The part of a transaction that deals with pulses."""

    def pulse(self, name: str) -> None:
        """A part did its work, now."""

    def begin_pulse(self, name: str) -> None:
        """A part begins something that is well only when it has ended."""

    def bad_pulse(self, name: str, error: str) -> None:
        """A part could not do its work this time."""

    def pulses(self) -> Mapping[str, Pulse]:
        """How each part does, by name."""

    def said_under(self, key: str) -> bool | None:
        """Whether what was queued under this key stands in the channel; None: it never will, or was never queued."""

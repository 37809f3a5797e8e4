"""A mail in a few words, read as amends reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import pytest
from hypothesis import settings

from bot.domain.house import House
from bot.domain.message import Message
from bot.text.mime import read_mail

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ENVELOPE = b"From: Gwen Frost <gwen@example.com>\nTo: help@example.org\nSubject: My order\n"


def examples(at_least: int) -> settings:
    """So many examples, or as many as the profile says."""
    return settings(max_examples=max(at_least, settings.default.max_examples if settings.default else 0))


class Read(Protocol):
    """Reads a mail of these headers (besides From, To and Subject) and this body; `house` counts before `ours`."""

    def __call__(
        self, headers: bytes = b"", body: bytes = b"", *, ours: tuple[str, ...] = (), house: House | None = None,
        proven_ours: bool = False,
    ) -> Message: ...  # fmt: skip


@pytest.fixture
def read() -> Read:
    """Reads a mail of ours: headers come before the usual ones, so that a first From is the one that counts."""

    def reading(
        headers: bytes = b"", body: bytes = b"", *, ours: tuple[str, ...] = (), house: House | None = None,
        proven_ours: bool = False,
    ) -> Message:  # fmt: skip
        head = headers.strip(b"\n") + b"\n" if headers else b""
        known = house or House(frozenset(address.lower() for address in ours))
        return read_mail(head + ENVELOPE + b"\n" + body, MONDAY, known, proven_ours=proven_ours)

    return reading


@pytest.fixture
def read_raw() -> Callable[[bytes], Message]:
    """Reads exactly these bytes."""
    return lambda raw: read_mail(raw, MONDAY)

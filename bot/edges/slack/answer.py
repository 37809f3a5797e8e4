"""What is said back to Slack within the three seconds that it waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement, and what comes with it.

    `ack` is the body of the ack: {"response_action": "errors", "errors": {...}} for a view, {"response_type":
    "ephemeral", "text": ...} for a command; without one it is empty. `modal` is a view, opened before the ack.
    """

    ack: dict[str, Any] | None = None
    modal: dict[str, Any] | None = None

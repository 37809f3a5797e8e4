"""How to reach one account on one server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.edges.sign_in import SignIn


@dataclass(frozen=True, slots=True)
class Account:
    """An account; `since_days` is how far back its folders are read when they are seen for the first time."""

    name: str
    host: str
    port: int
    tls: Literal["implicit", "starttls", "off"]
    user: str
    sign_in: SignIn
    ca_file: Path | None = None
    since_days: int = 14

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.name} ({self.host}:{self.port})"

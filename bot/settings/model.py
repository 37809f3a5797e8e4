"""What the rest of amends sees of the config: frozen, complete, with the domain's own policy types inside."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.domain.escalation import OnCall
from bot.domain.review import ReviewPolicy
from bot.domain.triage import Policy
from bot.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is to be found. Its value is read when it is needed, and never kept, shown or logged."""

    env: str = ""
    file: Path | None = None
    key: str = ""
    where: str = ""

    @property
    def named(self) -> bool:
        """Whether the config names a place at all."""
        return bool(self.env or self.file)

    def reveal(self) -> str:
        """The secret itself. Raises SettingsError when it is not where the config says."""
        value = self._from_file() if self.file else os.environ.get(self.env, "")
        if not value:
            place = f"file {self.file} is empty" if self.file else f"environment variable {self.env} is not set"
            raise SettingsError(f"{self.key}: the {place}.", where=self.where)
        return value

    def _from_file(self) -> str:
        assert self.file is not None
        try:
            return self.file.read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or "it is not text"
            raise SettingsError(f"{self.key}: {self.file} cannot be read: {reason}.", where=self.where) from None


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """One account on one server. `poll_seconds` between two looks; `sent` is our own Sent folder, if named."""

    name: str
    host: str
    port: int
    tls: Literal["implicit", "starttls", "off"]
    user: str
    password: Secret
    folders: tuple[str, ...]
    sent: str
    poll_seconds: float
    since_days: int
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Where and as whom amends speaks in Slack."""

    alert_channel: str
    bot_token: Secret
    app_token: Secret
    api_url: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the config says. `source` is the file it came from, None for the built-in defaults."""

    source: Path | None
    store_url: str
    team: str
    addresses: frozenset[str]
    mailboxes: tuple[MailboxSettings, ...]
    slack: SlackSettings | None
    on_call: OnCall
    prior: float | None
    reviews: ReviewPolicy
    models: Path
    policy: Policy = field(repr=False)


def require_secrets(settings: Settings) -> None:
    """Look for every secret that running needs. Raises one SettingsError that names all that are missing."""
    wanted = [mailbox.password for mailbox in settings.mailboxes]
    if settings.slack is not None and settings.slack.bot_token.named:
        wanted.append(settings.slack.bot_token)
    missing = []
    for secret in wanted:
        try:
            secret.reveal()
        except SettingsError as problem:
            missing.append(str(problem))
    if missing:
        raise SettingsError("\n".join(missing))

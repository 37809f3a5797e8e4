"""What the rest of amends sees of the config: frozen, complete, with the domain's own policy types inside."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from bot.domain.escalation import OnCall
from bot.domain.house import House
from bot.domain.review import ReviewPolicy
from bot.domain.triage import Policy
from bot.errors import SettingsError
from bot.settings.kept import TokenFile
from bot.settings.oncall import ScheduleSettings


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
class OAuthSettings:
    """Where the access tokens of a mailbox come from: a command, or else a grant at a token endpoint."""

    mechanism: Literal["XOAUTH2", "OAUTHBEARER"]
    token_command: tuple[str, ...]
    grant: Literal["refresh_token", "client_credentials"]
    token_url: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    token_file: TokenFile | None
    scope: str
    ca_file: Path | None

    def require(self) -> Iterator[str]:
        """What is not at its place, one sentence each."""
        yield from _missing(secret for secret in (self.client_secret, self.refresh_token) if secret.named)
        if self.token_file is None:
            return
        try:
            held = self.token_file.reveal()
        except SettingsError as problem:
            yield str(problem)
        else:
            if not held and not self.refresh_token.named:
                yield str(self.token_file.empty())


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """One account on one server. `poll_seconds` between two looks; `sent` is our own Sent folder, "auto" or "".

    `max_connections`: as many as its server may be burdened with.

    It is signed in to by `password`, or by `oauth` where that is set.
    """

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
    max_connections: int = 6
    oauth: OAuthSettings | None = None


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Where and as whom amends speaks in Slack, and to what it listens.

    `work_channels`: where colleagues report mess-ups. `customers`: names by the channel that is shared with each.
    `actors`: the user group that may act; empty: whoever is in the alert channel. `listen`: host:port of HTTP mode.
    """

    alert_channel: str
    bot_token: Secret
    app_token: Secret
    api_url: str
    fallback_channel: str = ""
    work_channels: tuple[str, ...] = ()
    customers: Mapping[str, str] = field(default_factory=dict)
    actors: str = ""
    mode: Literal["socket", "http"] = "socket"
    listen: tuple[str, int] = ("127.0.0.1", 3000)
    signing_secret: Secret = field(default_factory=Secret)

    @property
    def hears_people(self) -> bool:
        """Whether there is a channel in which amends reads what people write."""
        return self.listens and bool(self.work_channels or self.customers)

    @property
    def listens(self) -> bool:
        """Whether amends hears what people write and press, or only speaks."""
        return self.bot_token.named and (self.app_token.named if self.mode == "socket" else self.signing_secret.named)


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """Where amends says how it does: host and port, or None. `heartbeat`: the URL that is called while all is well.

    `canary_channel`: where something is said every `canary_every` to see that it arrives; "" for none.
    """

    listen: tuple[str, int] | None = ("127.0.0.1", 9464)
    heartbeat: Secret = field(default_factory=Secret)
    heartbeat_every: timedelta = timedelta(minutes=1)
    canary_channel: str = ""
    canary_every: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the config says. `source` is the file it came from, None for the built-in defaults.

    The roster in `policy` knows no shifts of calendars yet.
    """

    source: Path | None
    store_url: str
    team: str
    house: House
    mailboxes: tuple[MailboxSettings, ...]
    slack: SlackSettings | None
    on_call: OnCall
    prior: float | None
    reviews: ReviewPolicy
    models: Path
    policy: Policy = field(repr=False)
    schedules: tuple[ScheduleSettings, ...] = ()
    health: HealthSettings = field(default_factory=HealthSettings)


def require_secrets(settings: Settings) -> None:
    """Look for every secret that running needs. Raises one SettingsError that names all that are missing."""
    missing: list[str] = []
    for box in settings.mailboxes:
        missing += box.oauth.require() if box.oauth else _missing([box.password])
    if settings.slack is not None and settings.slack.bot_token.named:
        heard_by = settings.slack.app_token if settings.slack.mode == "socket" else settings.slack.signing_secret
        missing += _missing([settings.slack.bot_token, *([heard_by] if heard_by.named else [])])
    missing += _missing([settings.health.heartbeat] if settings.health.heartbeat.named else [])
    if missing:
        raise SettingsError("\n".join(missing))


def _missing(secrets: Iterable[Secret]) -> Iterator[str]:
    for secret in secrets:
        try:
            secret.reveal()
        except SettingsError as problem:
            yield str(problem)

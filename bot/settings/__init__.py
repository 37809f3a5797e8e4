"""config.toml and secrets from environment or files, into frozen Settings; every problem is reported at once."""

from bot.settings.load import defaults, load
from bot.settings.model import (
    HealthSettings,
    MailboxSettings,
    OAuthSettings,
    Secret,
    Settings,
    SlackSettings,
    require_secrets,
)

__all__ = [
    "HealthSettings",
    "MailboxSettings",
    "OAuthSettings",
    "Secret",
    "Settings",
    "SlackSettings",
    "defaults",
    "load",
    "require_secrets",
]

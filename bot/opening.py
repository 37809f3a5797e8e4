"""What every verb opens first: the machine's clock and the database of the settings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.service.ports import Clock
    from bot.store.store import SqlStore


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """UTC, aware."""
        return datetime.now(UTC)


def open_store(settings: Settings, clock: Clock | None = None, *, create: bool = True) -> SqlStore:
    """The database of these settings. Raises SettingsError, StoreUnfit or Retriable."""
    from bot.store.store import SqlStore  # SQLAlchemy takes its time; judging alone does not need it

    return SqlStore(settings.store_url, clock or SystemClock(), create=create)


def existing_store(settings: Settings) -> SqlStore | None:
    """The database, if there is one already; asking for a verdict must not make one."""
    file = settings.store_url.removeprefix("sqlite:///")
    return open_store(settings) if file == settings.store_url or Path(file).exists() else None

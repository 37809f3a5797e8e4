"""Schema upgrades; the only file that imports Alembic outside of the migrations themselves."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, text

from bot.errors import StoreUnfit

_FOLDER = Path(__file__).parent / "migrations"
# Of several processes that start on a new PostgreSQL database one makes the tables, the others wait; in SQLite
# BEGIN IMMEDIATE sees to that. The number is ours alone ("amends" in letters of the telephone).
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(263637)")


def upgrade(engine: Engine) -> None:
    """To the newest revision, in one transaction. Raises StoreUnfit for a database of a newer amends."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if engine.dialect.name == "postgresql":
            connection.execute(_ONE_AT_A_TIME)
        try:
            command.upgrade(config, "head")
        except CommandError as problem:
            raise StoreUnfit(
                f"The database does not fit this version of amends: {problem}.",
                advice="Install the version of amends that wrote it, or a newer one.",
            ) from None

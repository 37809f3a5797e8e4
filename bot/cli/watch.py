"""Keeping amends running, and finding out why it does not."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.cli.shared import (
    ConfigOption,
    DbOption,
    JsonOption,
    NoRebuild,
    app,
    example,
    print_json,
    progress,
    settings_of,
)


@app.command(epilog=example("amends run --config config.toml"))
def run(config: ConfigOption = None, no_rebuild: NoRebuild = False,
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False) -> None:  # fmt: skip
    """Watch the mailboxes of the config, alert and escalate, until SIGTERM or Ctrl-C."""
    import logging
    import signal
    import time

    from bot.app import App

    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, stream=sys.stderr,
        format="%(asctime)sZ %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S",
    )  # fmt: skip
    logging.Formatter.converter = time.gmtime
    bot = App(settings_of(config), rebuild=not no_rebuild, progress=progress)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _number, _frame: bot.stop())
    bot.run()


@app.command(epilog=example("amends doctor --config config.toml"))
def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check the config, the database, the model and every connection."""
    from dataclasses import asdict

    from bot.doctor import check
    from bot.edges import console

    bad = 0
    for finding in check(settings_of(config)):
        bad += not finding.fine
        print_json(asdict(finding)) if as_json else console.finding(
            finding.id, finding.fine, finding.said, finding.hint
        )
    raise typer.Exit(1 if bad else 0)


@app.command(epilog=example("amends status --json"))
def status(config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Say whether amends does its work, and what it has to do. Exits 0 if it is healthy, 1 if it is not.

    It asks the database alone: `amends run` need not be running, and may run on another machine.
    """
    from bot.auditing import status
    from bot.edges import console_status
    from bot.opening import SystemClock, open_store

    settings, now = settings_of(config, db), SystemClock().now()
    found, told = status(settings, open_store(settings, create=False), now)
    print_json(told) if as_json else console_status.status(told, now, settings.policy.hours.zone)
    raise typer.Exit(0 if found.is_healthy else 1)

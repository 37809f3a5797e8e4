"""Keeping amends running, and finding out why it does not."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.cli.shared import ConfigOption, JsonOption, NoRebuild, app, example, print_json, progress, settings_of


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

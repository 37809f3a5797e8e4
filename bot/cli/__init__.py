"""The command line, a thin function a verb. What goes wrong is a sentence and a code that tells whose move it is."""

from __future__ import annotations

import os
import sys

import typer

from bot.cli import explain, judge, mail, oncall, rehearse, team, watch
from bot.cli.shared import app
from bot.errors import AmendsError

# as people meet them
_ORDER = (
    "demo",
    "replay",
    "run",
    "doctor",
    "status",
    "cases",
    "show",
    "why",
    "step",
    "draft",
    "report",
    "treat",
    "oncall",
    "review",
    "text",
    "classify",
    "evaluate",
    "retrain",
)
app.registered_commands.sort(key=lambda verb: _ORDER.index(verb.callback.__name__ if verb.callback else ""))

__all__ = ["app", "explain", "judge", "mail", "oncall", "rehearse", "run_command", "team", "watch"]


def run_command() -> int:
    """The exit code of the command line."""
    try:
        app()
    except AmendsError as problem:
        typer.echo(f"amends: {problem}", err=True)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as problem:
        if os.environ.get("AMENDS_DEBUG"):
            raise
        what = f"amends: an unexpected error, which is a defect of amends: {type(problem).__name__}: {problem}."
        typer.echo(f"{what} With AMENDS_DEBUG=1 it shows where; please report it.", err=True)
        return 70
    return 0

"""What the verbs share: the command itself, its options, the settings, and how progress and JSON are printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="amends", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode="rich", context_settings={"help_option_names": ["-h", "--help"]},
    help="Spots mistakes your company caused and requests it ignored, and sees that a person answers first.\n\n"
    "Start with [bold]amends demo[/bold].",
)  # fmt: skip

# The largest that a database can hold.
_MOST = 2**63 - 1


def listed_number(word: str) -> int:
    """A number that a list of ours may show. Raises typer.BadParameter for anything else."""
    if not (word.isascii() and word.isdigit() and 1 <= int(word[:30]) <= _MOST):
        raise typer.BadParameter(f"{word[:30]} is not a number that a list shows.")
    return int(word)


CaseArgument = Annotated[int, typer.Argument(parser=listed_number, help="The number of a case.")]
NumberArgument = Annotated[int, typer.Argument(parser=listed_number, help="A number of the list.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="AMENDS_CONFIG", help="config.toml; by default the one in this folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON for machines.")]
DbOption = Annotated[Path | None, typer.Option("--db", help="Look into this SQLite file, whatever the config says.")]
KeepOption = Annotated[Path | None, typer.Option(help="Keep the database in this new file, for `amends cases --db`.")]
NoRebuild = Annotated[
    bool, typer.Option("--no-rebuild", help="Refuse a model of another scikit-learn instead of retraining.")
]
PriorOption = Annotated[float | None, typer.Option(min=0.001, max=0.999, help="Share of mail that reports a mistake.")]


def _version(asked: bool) -> None:
    if asked:
        from bot import __version__

        typer.echo(f"amends {__version__}")
        raise typer.Exit


@app.callback()
def _all(_version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                                help="Say which amends this is.")] = False) -> None:  # fmt: skip
    pass


def example(command: str) -> str:
    """The last line of a verb's help."""
    return f"Example:  [bold]{command}[/bold]"


def settings_of(config: Path | None, db: Path | None = None) -> Any:
    """From --config, else ./config.toml, else the defaults."""
    from dataclasses import replace

    from bot.settings import defaults, load

    here = Path("config.toml")
    found = load(config or here) if config or here.exists() else defaults()
    return replace(found, store_url=f"sqlite:///{db.resolve()}") if db else found


def progress(line: str) -> None:
    """What long work does; on standard error, so that output can be piped."""
    typer.echo(line, err=True)


def print_json(value: object) -> None:
    """On one line."""
    typer.echo(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def quiet(_line: str) -> None:
    """For those who do not want to know."""

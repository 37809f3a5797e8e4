"""Mail: whether the mailboxes can be watched, and what could not be read."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.shared import ConfigOption, DbOption, JsonOption, NumberArgument, app, example, print_json, settings_of
from bot.errors import UsageError

mail_app = typer.Typer(help="Check the mailboxes.", no_args_is_help=True, rich_markup_mode="rich")
app.add_typer(mail_app, name="mail")
quarantine_app = typer.Typer(
    help="Look after mail that could not be read.", no_args_is_help=True, rich_markup_mode="rich"
)
app.add_typer(quarantine_app, name="quarantine")


@mail_app.command("check", epilog=example("amends mail check --config config.toml"))
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Connect to each folder as `amends run` would, and say what it would do. Changes nothing."""
    from bot.edges import console_mail
    from bot.mailcheck import check

    settings = settings_of(config)
    if not settings.mailboxes:
        raise UsageError("The config names no [[mailbox]].", advice="Copy config.example.toml and name one there.")
    bad = 0
    for report in check(settings):
        bad += not report.is_fine
        told = _plain(asdict(report))
        print_json(told) if as_json else console_mail.mailbox(told)
    raise typer.Exit(1 if bad else 0)


def _plain(told: dict[str, object]) -> dict[str, object]:
    """Dates as text."""
    folders = told["folders"]
    assert isinstance(folders, tuple)
    return told | {
        "folders": [{key: str(value) if key == "since" and value else value for key, value in one.items()}
                    for one in folders]
    }  # fmt: skip


@quarantine_app.command("list", epilog=example("amends quarantine list --json"))
def list_(config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """What could not be read and still waits."""
    from bot.edges import console_mail
    from bot.opening import open_store

    settings = settings_of(config, db)
    waiting = open_store(settings, create=False).transact(lambda tx: tx.in_quarantine())
    told = [console_mail.quarantined(one) for one in waiting]
    print_json(told) if as_json else console_mail.quarantine_table(told, settings.policy.hours.zone)


@quarantine_app.command("show", epilog=example("amends quarantine show 3"))
def show(number: NumberArgument, config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """One of them: what is known of it, and how it begins."""
    from bot.edges import console_mail
    from bot.opening import open_store

    settings = settings_of(config, db)
    found = open_store(settings, create=False).transact(lambda tx: tx.quarantined(number))
    if found is None:
        raise UsageError(f"There is no {number} in quarantine.", advice="`amends quarantine list` shows what there is.")
    told = console_mail.quarantined(found)
    print_json(told) if as_json else console_mail.quarantined_mail(told, settings.policy.hours.zone)


@quarantine_app.command("retry", epilog=example("amends quarantine retry 3"))
def retry(
    number: NumberArgument, config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False
) -> None:
    """Try to read it once more: at once if its bytes are here, else `amends run` asks the server again."""
    from bot.mending import retry
    from bot.opening import open_store

    settings = settings_of(config, db)
    outcome = retry(settings, open_store(settings, create=False), number)
    print_json({"number": number, "outcome": outcome}) if as_json else typer.echo(_OUTCOMES[outcome].format(number))


_OUTCOMES = {
    "read": "{} could be read; it is taken in like any mail.",
    "asked": "{} will be asked for again at the next look of `amends run`.",
    "failed": "{} still cannot be read; it stays in quarantine.",
}


@quarantine_app.command("release", epilog=example('amends quarantine release 3 --by Mara --note "called her"'))
def release(number: NumberArgument, by: Annotated[str, typer.Option(help="Who looked after it.")],
            note: Annotated[str, typer.Option(help="What became of it.")] = "", config: ConfigOption = None,
            db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """End it unread, because a person has looked after it."""
    from bot.opening import open_store
    from bot.service import quarantine

    quarantine.release(open_store(settings_of(config, db), create=False), number, who=by, note=note)
    told = f"{number} no longer waits."
    print_json({"number": number, "outcome": "released"}) if as_json else typer.echo(told)


@quarantine_app.command("export", epilog=example("amends quarantine export 3 strange.eml"))
def export(number: NumberArgument,
           file: Annotated[Path, typer.Argument(help="A new file; - for standard output.")],
           config: ConfigOption = None, db: DbOption = None) -> None:  # fmt: skip
    """Write its bytes to a file, as far as they were fetched."""
    from bot.opening import open_store

    found = open_store(settings_of(config, db), create=False).transact(lambda tx: tx.quarantined(number))
    if found is None:
        raise UsageError(f"There is no {number} in quarantine.", advice="`amends quarantine list` shows what there is.")
    if not found.mail.raw:
        raise UsageError(f"The server gave nothing of {number}.", advice=f"Try: amends quarantine retry {number}")
    if str(file) == "-":
        sys.stdout.buffer.write(found.mail.raw)
        return
    try:
        with file.open("xb") as out:
            out.write(found.mail.raw)
    except OSError as problem:
        raise UsageError(f"It cannot be written: {problem.strerror}.", where=str(file)) from None

"""Every verb a person can type, one thin function each; errors become advice and exit codes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.errors import AmendsError, UsageError

app = typer.Typer(
    name="amends", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode="rich", context_settings={"help_option_names": ["-h", "--help"]},
    help="Spots mistakes your company caused and requests it ignored, and sees that a person answers first.\n\n"
    "Start with [bold]amends demo[/bold].",
)  # fmt: skip

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


def _example(command: str) -> str:
    return f"Example:  [bold]{command}[/bold]"


def _settings(config: Path | None, db: Path | None = None) -> Any:
    """From --config, else ./config.toml, else the defaults."""
    from dataclasses import replace

    from bot.settings import defaults, load

    here = Path("config.toml")
    found = load(config or here) if config or here.exists() else defaults()
    return replace(found, store_url=f"sqlite:///{db.resolve()}") if db else found


def _progress(line: str) -> None:
    typer.echo(line, err=True)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


@app.command(epilog=_example("amends demo --keep demo.db"))
def demo(as_json: JsonOption = False, keep: KeepOption = None, no_rebuild: NoRebuild = False) -> None:
    """Play four days of a fictional company's inbox: no account, no server, no network."""
    from bot import rehearsal
    from bot.edges import console
    from bot.settings import defaults

    settings = defaults()
    zone = rehearsal.ZONE
    recorder = rehearsal.Recorder()
    channel = recorder if as_json else console.ConsoleChannel(zone)
    if not as_json:
        console.demo_begins()
    told = rehearsal.demo(settings, channel, keep=keep, rebuild=not no_rebuild, progress=_progress)
    if as_json:
        _print_json({"summary": told, "alerts": recorder.alerts})
    else:
        console.summary(told, "Four days at Brightkettle")
        console.next_steps(str(keep) if keep else None)


@app.command(epilog=_example("amends replay ~/export.mbox --keep export.db"))
def replay(path: Annotated[Path, typer.Argument(help="A folder of .eml, an mbox file or a Maildir.")],
           config: ConfigOption = None, as_json: JsonOption = False, keep: KeepOption = None,
           no_rebuild: NoRebuild = False) -> None:  # fmt: skip
    """Play mail from files through the pipeline: what would have been alerted, and when?"""
    from bot import rehearsal
    from bot.edges import console

    settings = _settings(config)
    recorder = rehearsal.Recorder()
    channel = recorder if as_json else console.ConsoleChannel(settings.policy.hours.zone)
    told = rehearsal.replay(settings, path, channel, keep=keep, rebuild=not no_rebuild, progress=_progress)
    if as_json:
        _print_json({"summary": told, "alerts": recorder.alerts})
    else:
        console.summary(told, str(path))


@app.command(epilog=_example("amends run --config config.toml"))
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
    bot = App(_settings(config), rebuild=not no_rebuild, progress=_progress)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _number, _frame: bot.stop())
    bot.run()


@app.command(epilog=_example("amends doctor --config config.toml"))
def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check the config, the database, the model and every connection."""
    from dataclasses import asdict

    from bot.doctor import check
    from bot.edges import console

    bad = 0
    for finding in check(_settings(config)):
        bad += not finding.fine
        _print_json(asdict(finding)) if as_json else console.finding(
            finding.id, finding.fine, finding.said, finding.hint
        )
    raise typer.Exit(1 if bad else 0)


@app.command(epilog=_example("amends text complaint.eml --json"))
def text(file: Annotated[Path, typer.Argument(help="One mail, as a file.")], config: ConfigOption = None,
         as_json: JsonOption = False) -> None:  # fmt: skip
    """Show what amends reads in one mail: the writer's own new words, and what it leaves aside."""
    from bot.edges import console
    from bot.edges.replay import read_file

    message = read_file(file, _settings(config).addresses)
    seen = {
        "from": message.sender.address, "subject": message.subject,
        "date": message.sent_at.isoformat() if message.sent_at else None, "direction": message.direction.value,
        "new_text": message.new_text, "quoted": message.quoted,
        "attachments": [{"name": a.name, "type": a.media_type, "size": a.size} for a in message.attachments],
    }  # fmt: skip
    _print_json(seen) if as_json else console.mail(seen)


@app.command(epilog=_example("""echo '{"id": 1, "text": "Charged twice!"}' | amends classify --json"""))
def classify(file: Annotated[Path | None, typer.Argument(help="The input; by default what is piped in.")] = None,
             config: ConfigOption = None, as_json: JsonOption = False, prior: PriorOption = None,
             no_rebuild: NoRebuild = False) -> None:  # fmt: skip
    """Judge texts: JSON lines in and out with --json, else one plain text in and a readable verdict out."""
    from bot import bulk
    from bot.app import existing_store, load_model

    settings = _settings(config)
    store = existing_store(settings)
    model = load_model(settings, store, rebuild=not no_rebuild, progress=_progress)
    if store:
        store.close()
    share = prior or settings.prior
    if as_json:
        bulk.json_lines(bulk.lines_of(file), model, share, sys.stdout)
    else:
        bulk.plain(bulk.lines_of(file), model, share)


@app.command(epilog=_example("amends retrain --config config.toml"))
def retrain(config: ConfigOption = None, as_json: JsonOption = False,
            data: Annotated[Path | None, typer.Option(help="Another folder of *.jsonl examples.")] = None,
            ship: Annotated[bool, typer.Option("--ship", hidden=True)] = False) -> None:  # fmt: skip
    """Train a challenger from the examples and your corrections; it becomes champion only if it is no worse."""
    from bot import app as root
    from bot.edges import console

    settings = _settings(config)
    store = root.open_store(settings)
    done = root.retrain(settings, store, progress=_progress, data=data, ship=ship)
    store.close()
    told = {
        "id": done.id, "champion": done.gate.passed, "reasons": list(done.gate.reasons), "examples": done.examples,
        "corrections": done.corrections, "held_out": done.scorecard.as_json(),
    }  # fmt: skip
    _print_json(told) if as_json else console.retrained(told, str(settings.models))
    raise typer.Exit(0 if done.gate.passed else 1)


@app.command(epilog=_example("amends evaluate labelled.jsonl --by source"))
def evaluate(file: Annotated[Path | None, typer.Argument(help="Labelled JSON lines; by default the hold-out.")] = None,
             config: ConfigOption = None, as_json: JsonOption = False, prior: PriorOption = None,
             by: Annotated[str | None, typer.Option(help="source, channel or lang.")] = None) -> None:  # fmt: skip
    """Measure the champion on labelled texts: the authored hold-out, or a file of your own."""
    from bot import bulk
    from bot.app import existing_store, load_model
    from bot.edges import console

    settings = _settings(config)
    store = existing_store(settings)
    model = load_model(settings, store, rebuild=True, progress=_progress)
    rows = bulk.evaluate(model, file, prior, by)
    _print_json(rows) if as_json else console.scores(rows)


@app.command(epilog=_example("amends cases --json"))
def cases(config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """List the cases, what is due first on top."""
    from bot.app import open_store
    from bot.store import listing

    settings = _settings(config, db)
    found = open_store(settings, create=False).read(listing.cases)
    if as_json:
        _print_json(found)
        return
    from bot.edges import console

    console.show(console.cases_table(found, settings.policy.hours.zone))


@app.command(epilog=_example("amends show 7"))
def show(case: Annotated[int, typer.Argument(help="The number of a case.")], config: ConfigOption = None,
         db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Show one case: its messages, its log, its alerts."""
    from bot.app import open_store
    from bot.edges import console
    from bot.store import listing

    settings = _settings(config, db)
    found = open_store(settings, create=False).read(lambda connection: listing.one_case(connection, case))
    if found is None:
        raise UsageError(f"There is no case {case}.", advice="`amends cases` lists them.")
    _print_json(found) if as_json else console.show(console.case_story(found, settings.policy.hours.zone))


@app.command(epilog=_example('amends step 7 dismissed --by Mara --note "ordered the wrong colour herself"'))
def step(case: Annotated[int, typer.Argument(help="The number of a case.")],
         what: Annotated[str, typer.Argument(metavar="STEP", help="acknowledged, contacted, amends_made, fixed, "
                                             "evidence_sent, closed, dismissed, reopened or snoozed.")],
         by: Annotated[str, typer.Option(help="Who takes it.")],
         note: Annotated[str, typer.Option(help="Why; needed to dismiss, and to close without evidence.")] = "",
         lasting: Annotated[str, typer.Option("--for", help="With snoozed: how long, such as 2h.")] = "",
         config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Move a case: what you did for the customer, who did it, and why."""
    from bot.app import open_store, take_step
    from bot.edges import console

    settings = _settings(config, db)
    moved = take_step(settings, open_store(settings, create=False), case, what, by=by, note=note, lasting=lasting)
    told = {
        "id": moved.id, "state": moved.state.value, "claimed_by": moved.claimed_by,
        "next_due_at": moved.next_due_at.isoformat() if moved.next_due_at else None,
    }  # fmt: skip
    _print_json(told) if as_json else console.stepped(told, settings.policy.hours.zone)


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

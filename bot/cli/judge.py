"""The classifier: asked, measured, taught, chosen."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.shared import (
    ConfigOption,
    JsonOption,
    NoRebuild,
    PriorOption,
    app,
    example,
    print_json,
    progress,
    quiet,
    settings_of,
)
from bot.errors import UsageError

KEPT = 3
"""Exit code of a retraining after which the champion stays."""

ByOption = Annotated[str | None, typer.Option(help="Also by source, channel or lang.")]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write a page with plots there; the learning curve takes a minute.")
]
SinceOption = Annotated[
    str, typer.Option("--since", metavar="LENGTH", help="The team's own corrections of the last while, such as 30d.")
]


@app.command(epilog=example("""echo '{"id": 1, "text": "Charged twice!"}' | amends classify --json"""))
def classify(file: Annotated[Path | None, typer.Argument(help="The input; by default what is piped in.")] = None,
             config: ConfigOption = None, as_json: JsonOption = False, prior: PriorOption = None,
             no_rebuild: NoRebuild = False) -> None:  # fmt: skip
    """Judge texts: JSON lines in and out with --json, else one plain text in and a readable verdict out."""
    from bot import bulk, champion
    from bot.opening import existing_store

    settings = settings_of(config)
    store = existing_store(settings)
    model = champion.load_model(settings, store, rebuild=not no_rebuild, progress=progress)
    share = prior or champion.prior(settings, store)
    if store:
        store.close()
    if as_json:
        bulk.json_lines(bulk.lines_of(file), model, share, sys.stdout)
    else:
        bulk.plain(bulk.lines_of(file), model, share)


@app.command(epilog=example("amends evaluate labelled.jsonl --by source --prior 0.2 --html report.html"))
def evaluate(file: Annotated[Path | None, typer.Argument(help="Labelled JSON lines; by default the hold-out.")] = None,
             config: ConfigOption = None, as_json: JsonOption = False, prior: PriorOption = None,
             by: ByOption = None, since: SinceOption = "", html: HtmlOption = None,
             worst: Annotated[int, typer.Option(min=0, max=100, help="Show so many of the worst errors.")] = 3,
             ) -> None:  # fmt: skip
    """Measure the champion on labelled texts: the authored hold-out, a file of your own, or your corrections."""
    from bot import measuring
    from bot.champion import load_model
    from bot.edges import console_models as console
    from bot.opening import existing_store

    if file and since:
        raise UsageError("Either a file or --since, not both.")
    measuring.check_group(by)
    settings = settings_of(config)
    store = existing_store(settings)
    model = load_model(settings, store, rebuild=True, progress=progress)
    examples = measuring.examples_of(file, since, store, model, progress)
    measured = measuring.measure(model, examples, prior, by, worst)
    if html:
        measuring.page(measured, f"{file or since or 'hold-out'}, model {model.id}", html, progress)
    print_json(measured.as_json()) if as_json else console.scores(measured.as_json())


@app.command(epilog=example("amends retrain --dry-run"))
def retrain(config: ConfigOption = None, as_json: JsonOption = False,
            data: Annotated[Path | None, typer.Option(help="Another folder of *.jsonl examples.")] = None,
            dry_run: Annotated[bool, typer.Option("--dry-run", help="Train and compare, but keep nothing.")] = False,
            show_progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Say what it does.")] = True,
            ship: Annotated[bool, typer.Option("--ship", hidden=True)] = False) -> None:  # fmt: skip
    """Train a challenger from the examples and your corrections; it becomes champion only if it is no worse.

    Exits 0 if it was promoted (or would be), 3 if the champion stays, 2 if the data has bad lines.
    """
    from bot import champion
    from bot.edges import console_models as console
    from bot.opening import open_store

    settings = settings_of(config)
    store = open_store(settings)
    say = progress if show_progress else quiet
    done = champion.retrain(settings, store, progress=say, data=data, dry_run=dry_run, ship=ship)
    store.close()
    told = {
        "id": done.id, "champion": done.promoted, "passed": done.gate.passed, "dry_run": dry_run,
        "reasons": list(done.gate.reasons), "examples": done.examples, "corrections": done.corrections,
        "comparisons": [c.as_json() for c in done.gate.comparisons], "held_out": done.scorecard.as_json(),
    }  # fmt: skip
    print_json(told) if as_json else console.retrained(told)
    raise typer.Exit(0 if done.gate.passed else KEPT)


models_app = typer.Typer(
    no_args_is_help=False, invoke_without_command=True, rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="List the models of this installation; look at one, promote one, or go back.",
    epilog=example("amends models show 20260105T080000Z"),
)  # fmt: skip
app.add_typer(models_app, name="models")


@dataclass(frozen=True, slots=True)
class _Given:
    """What was said before a subcommand holds for it too, unless it is said again."""

    config: Path | None
    as_json: bool


@models_app.callback()
def models(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the models of this installation; look at one, promote one, or go back."""
    context.obj = _Given(config, as_json)
    if context.invoked_subcommand is not None:
        return
    from bot import champion
    from bot.edges import console_models as console
    from bot.opening import existing_store

    found = champion.listed(existing_store(settings_of(config)))
    print_json(found) if as_json else console.models(found)


@models_app.command("show", epilog=example("amends models show shipped"))
def show_model(context: typer.Context, model: Annotated[str, typer.Argument(help="An id of the list.")],
               config: ConfigOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Show a model's card: data, counts, versions, thresholds, scores, calibration, and how it passed the gate."""
    from bot import champion
    from bot.edges import console_models as console
    from bot.opening import existing_store

    card = champion.card(existing_store(settings_of(config or context.obj.config)), model)
    print_json(card) if as_json or context.obj.as_json else console.model_card(card)


@models_app.command("promote", epilog=example("amends models promote 20260105T080000Z"))
def promote(context: typer.Context, model: Annotated[str, typer.Argument(help="An id of the list, or `shipped`.")],
            config: ConfigOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Let a model judge from now on; a running amends takes it up within seconds."""
    from bot import champion
    from bot.opening import open_store

    settings = settings_of(config or context.obj.config)
    before = champion.promote(settings, open_store(settings, create=False), model)
    _changed(model, before, as_json=as_json or context.obj.as_json)


@models_app.command("rollback", epilog=example("amends models rollback"))
def rollback(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Go back to the champion before the present one."""
    from bot import champion
    from bot.opening import open_store

    settings = settings_of(config or context.obj.config)
    now, before = champion.roll_back(settings, open_store(settings, create=False))
    _changed(now, before, as_json=as_json or context.obj.as_json)


def _changed(now: str, before: str, *, as_json: bool) -> None:
    told = {"champion": now, "before": before}
    print_json(told) if as_json else typer.echo(f"Model {now} judges from now on; before it was {before}.")

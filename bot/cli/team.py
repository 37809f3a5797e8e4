"""What the team does: looks at cases, moves them, answers the review list."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.shared import ConfigOption, DbOption, JsonOption, app, example, print_json, settings_of
from bot.errors import UsageError


@app.command(epilog=example("amends cases --json"))
def cases(config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """List the cases, what is due first on top."""
    from bot.opening import open_store
    from bot.store import listing

    settings = settings_of(config, db)
    found = open_store(settings, create=False).read(listing.cases)
    if as_json:
        print_json(found)
        return
    from bot.edges import console

    console.show(console.cases_table(found, settings.policy.hours.zone))


@app.command(epilog=example("amends show 7"))
def show(case: Annotated[int, typer.Argument(help="The number of a case.")], config: ConfigOption = None,
         db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Show one case: its messages, its log, its alerts."""
    from bot.edges import console
    from bot.opening import open_store
    from bot.store import listing

    settings = settings_of(config, db)
    found = open_store(settings, create=False).read(lambda connection: listing.one_case(connection, case))
    if found is None:
        raise UsageError(f"There is no case {case}.", advice="`amends cases` lists them.")
    print_json(found) if as_json else console.show(console.case_story(found, settings.policy.hours.zone))


@app.command(epilog=example('amends step 7 dismissed --by Mara --note "ordered the wrong colour herself"'))
def step(case: Annotated[int, typer.Argument(help="The number of a case.")],
         what: Annotated[str, typer.Argument(metavar="STEP", help="acknowledged, contacted, amends_made, fixed, "
                                             "evidence_sent, closed, dismissed, reopened or snoozed.")],
         by: Annotated[str, typer.Option(help="Who takes it.")],
         note: Annotated[str, typer.Option(help="Why; needed to dismiss, and to close without evidence.")] = "",
         lasting: Annotated[str, typer.Option("--for", help="With snoozed: how long, such as 2h.")] = "",
         config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Move a case: what you did for the customer, who did it, and why."""
    from bot.app import take_step
    from bot.edges import console
    from bot.opening import open_store

    settings = settings_of(config, db)
    moved = take_step(settings, open_store(settings, create=False), case, what, by=by, note=note, lasting=lasting)
    told = {
        "id": moved.id, "state": moved.state.value, "claimed_by": moved.claimed_by,
        "next_due_at": moved.next_due_at.isoformat() if moved.next_due_at else None,
    }  # fmt: skip
    print_json(told) if as_json else console.stepped(told, settings.policy.hours.zone)


@app.command(epilog=example("amends review 12 mistake --by Mara"))
def review(number: Annotated[int | None, typer.Argument(help="A number of the list.")] = None,
           said: Annotated[str, typer.Argument(metavar="ANSWER", help="mistake, ignored or neither.")] = "",
           by: Annotated[str, typer.Option(help="Who says so.")] = "",
           note: Annotated[str, typer.Option(help="Why.")] = "",
           config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """List the messages that nothing was alerted about and people should look at, or answer one."""
    from bot.app import answer_review
    from bot.edges import console_models as console
    from bot.opening import open_store
    from bot.store import reviews

    settings = settings_of(config, db)
    store = open_store(settings, create=False)
    if number is None:
        found = store.read(reviews.open_reviews)
        print_json(found) if as_json else console.reviews(found, settings.policy.hours.zone)
        return
    if not by:
        raise UsageError("Who says so?", advice="Add --by YOU.")
    opened = answer_review(settings, store, number, said, by=by, note=note)
    told = {"number": number, "answer": said, "opened_a_case": opened}
    print_json(told) if as_json else console.review_answered(told)

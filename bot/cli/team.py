"""What the team does: looks at cases, moves them, answers the review list."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.shared import (
    CaseArgument,
    ConfigOption,
    DbOption,
    JsonOption,
    app,
    example,
    listed_number,
    print_json,
    settings_of,
)
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
def show(case: CaseArgument, config: ConfigOption = None,
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
def step(case: CaseArgument,
         what: Annotated[str, typer.Argument(metavar="STEP", help="acknowledged, contacted, amends_made, fixed, "
                                             "evidence_sent, closed, dismissed, reopened, snoozed, taken_over, "
                                             "not_mistake, not_ignored or undone.")],
         by: Annotated[str, typer.Option(help="Who takes it.")],
         note: Annotated[str, typer.Option(help="Why; needed to dismiss, and to close without evidence.")] = "",
         lasting: Annotated[str, typer.Option("--for", help="With snoozed: how long, such as 2h, or tomorrow.")] = "",
         config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Move a case: what you did for the customer, who did it, and why."""
    from bot.acting import take_step
    from bot.edges import console
    from bot.opening import open_store

    settings = settings_of(config, db)
    store = open_store(settings, create=False)
    moved, said = take_step(settings, store, case, what, by=by, note=note, lasting=lasting)
    told = {
        "id": moved.id, "state": moved.state.value, "claimed_by": moved.claimed_by, "said": said,
        # what the team owes next; the first answer may be due sooner, and no step moves that
        "next_due_at": moved.step_due_at.isoformat() if moved.step_due_at else None,
    }  # fmt: skip
    print_json(told) if as_json else console.stepped(told, settings.policy.hours.zone)


@app.command(epilog=example("amends draft 7"))
def draft(case: CaseArgument, config: ConfigOption = None,
          db: DbOption = None) -> None:  # fmt: skip
    """Draft a reply from the facts of a case, for you to edit and send: amends never writes to customers."""
    from bot.acting import draft_for
    from bot.opening import open_store

    typer.echo(draft_for(open_store(settings_of(config, db), create=False), case))


@app.command(epilog=example('amends report "We billed all of March twice" --by Mara'))
def report(words: Annotated[str, typer.Argument(help="What happened, in a sentence.")],
           by: Annotated[str, typer.Option(help="Who tells of it.")],
           kind: Annotated[str, typer.Option(help="mistake or ignored.")] = "mistake",
           customer: Annotated[str, typer.Option(help="Whom it hit, if it was one.")] = "",
           config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Report a complaint that reached you in another way: by phone, at a fair, on a review site."""
    from bot import acting
    from bot.opening import open_store

    settings = settings_of(config, db)
    store = open_store(settings)
    said = acting.report(settings, store, words, kind=kind, by=by, customer=customer)
    print_json({"said": said}) if as_json else typer.echo(said)


@app.command(epilog=example("amends treat '<CAF=1@mail.example.com>' mistake --by Mara"))
def treat(message_id: Annotated[str, typer.Argument(help="The Message-ID of a message that was read.")],
          kind: Annotated[str, typer.Argument(help="mistake or ignored.")],
          by: Annotated[str, typer.Option(help="Who says so.")],
          note: Annotated[str, typer.Option(help="Why.")] = "",
          config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Treat a message as a complaint in which amends saw nothing; the classifier learns from it."""
    from bot import acting
    from bot.opening import open_store

    settings = settings_of(config, db)
    said = acting.treat(settings, open_store(settings, create=False), message_id, kind=kind, by=by, note=note)
    print_json({"said": said}) if as_json else typer.echo(said)


@app.command(epilog=example("amends review 12 mistake --by Mara"))
def review(number: Annotated[int | None, typer.Argument(parser=listed_number, help="A number of the list.")] = None,
           said: Annotated[str, typer.Argument(metavar="ANSWER", help="mistake, ignored or neither.")] = "",
           by: Annotated[str, typer.Option(help="Who says so.")] = "",
           note: Annotated[str, typer.Option(help="Why.")] = "",
           config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """List the messages that nothing was alerted about and people should look at, or answer one."""
    from bot.acting import answer_review
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
    came = answer_review(settings, store, number, said, by=by, note=note)
    told = {"number": number, "answer": said, "said": came}
    print_json(told) if as_json else console.review_answered(told)

"""Why amends did what it did, and what it would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.shared import (
    CaseArgument,
    ConfigOption,
    DbOption,
    JsonOption,
    app,
    example,
    print_json,
    progress,
    settings_of,
)
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.domain.rota import Rota
    from bot.settings import Settings

policy_app = typer.Typer(
    help="Look at the escalation policies: which there are, and what they would do.", no_args_is_help=True,
    rich_markup_mode="rich",
)  # fmt: skip
app.add_typer(policy_app, name="policy")


@app.command(epilog=example("amends why 7"))
def why(case: CaseArgument, config: ConfigOption = None,
        db: DbOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Tell the story of a case: what was read, what was thought of it, who was told and why, and what is next."""
    from bot.domain.roster import Roster
    from bot.domain.story import story
    from bot.domain.story_next import due_next
    from bot.edges import console_why
    from bot.edges.wording import loud_clues
    from bot.oncall import rotas
    from bot.opening import SystemClock, open_store
    from bot.store.story import story_facts

    settings = settings_of(config, db)
    store = open_store(settings, create=False)
    facts = store.read(lambda connection: story_facts(connection, case))
    if facts is None:
        raise UsageError(f"There is no case {case}.", advice="`amends cases` lists them.")
    policy = replace(settings.policy, roster=Roster(settings.on_call, rotas(settings, store)[0]))
    zone, found = policy.hours.zone, facts.case
    lines, due = story(facts, zone, loud_clues), due_next(found, policy, SystemClock().now())
    if as_json:
        told = {"id": found.id, "state": found.state.value, "customer": found.customer.display}
        print_json(told | {"story": [one.as_json() for one in lines], "next": [one.as_json() for one in due]})
        return
    heading = f"Case {found.id} · {found.customer.display} · {found.state.value.replace('_', ' ')}"
    console_why.story(heading, lines, due, zone)


@policy_app.command("test", epilog=example('amends policy test "2026-12-24 17:30" --severity 3'))
def foresee(moment: Annotated[str, typer.Argument(help='When the case opens, such as "2026-12-24 17:30" in the team\'s '
                                                  "zone, or with an offset.")],
            severity: Annotated[int | None, typer.Option(min=1, max=3, help="How bad it is; 2 if not said.")] = None,
            reason: Annotated[str, typer.Option(help="mistake, ignored, staff_report or unanswered.")] = "",
            value: Annotated[float | None, typer.Option(min=0, help="What the customer is worth, whatever the config "
                                                        "says.")] = None,
            channel: Annotated[str, typer.Option(help="mail, customer_channel or work_channel.")] = "",
            customer: Annotated[str, typer.Option(help="Who wrote: an address, looked up in \\[\\[customer]].")] = "",
            config: ConfigOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Show which ladder a case would get, and what would happen when if nobody took it. Changes nothing."""
    from bot.domain import forecast
    from bot.domain.roster import Roster
    from bot.edges import console_why

    settings = settings_of(config)
    roster = Roster(settings.on_call, _rotas_at(settings, moment))
    policy = replace(settings.policy, roster=roster)
    asked = forecast.Asked(severity, reason, value, channel, customer)
    told, moments = forecast.forecast(policy, moment, asked)
    print_json(told) if as_json else console_why.ladder(told, moments, policy.hours.zone)


def _rotas_at(settings: Settings, moment: str) -> tuple[Rota, ...]:
    """Who is on call by which schedule; calendars of which the database knows nothing by then are read for once."""
    from bot.domain.moments import parse_moment
    from bot.oncall import rotas_at
    from bot.opening import existing_store

    found, problems = rotas_at(settings, existing_store(settings), parse_moment(moment, settings.policy.hours.zone).at)
    for problem in problems:
        progress(problem)
    return found


@policy_app.command("list", epilog=example("amends policy list"))
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the ladders in the order in which they are tried, with what each is for."""
    from bot.domain import forecast
    from bot.edges import console_why

    told: list[dict[str, Any]] = forecast.listed(settings_of(config).policy)
    print_json(told) if as_json else console_why.policies(told)

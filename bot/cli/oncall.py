"""Who is on call, why, until when, and when nobody will be."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli.shared import ConfigOption, DbOption, JsonOption, app, example, print_json, settings_of

AtOption = Annotated[
    str, typer.Option("--at", help='A moment, such as "2026-12-24 17:30", in the team\'s time zone; by default now.')
]


@app.command(epilog=example('amends oncall --at "2026-12-24 17:30"'))
def oncall(at: AtOption = "", config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Say who is on call, why, until when and who comes next, and when nobody will be in the seven days after."""
    from bot.oncall import rotas_at
    from bot.opening import SystemClock, existing_store

    settings = settings_of(config, db)
    zone = settings.policy.hours.zone
    moment = _moment(at, zone) if at else SystemClock().now()
    rotas, problems = rotas_at(settings, existing_store(settings), moment)
    told = _told(settings, rotas, moment) | {"problems": problems}
    print_json(told) if as_json else _show(told, zone)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    from bot.domain.moments import parse_moment

    given = parse_moment(text, zone)
    if given.note:
        typer.echo(given.note, err=True)
    return given.at


def _told(settings: Any, rotas: Any, at: datetime) -> dict[str, Any]:
    from bot.domain.roster import Roster, following, gaps
    from bot.service.oncall import LOOKED_AHEAD, schedules_used, told_gap

    used, by_name = schedules_used(settings.policy.ladders), {one.name: one for one in rotas}
    duties = []
    for name, duty in Roster(settings.on_call, rotas).duties(at).items():
        after = following(by_name[name], at) if name in by_name else None
        duties.append({
            "name": name, "used": name in used, "who": duty.who if duty else "",
            "why": duty.why if duty else "nobody is named: the channel is told",
            "until": duty.until.isoformat() if duty and duty.until else None,
            "next": {"at": after[0].isoformat(), "who": after[1].who} if after else None,
        })  # fmt: skip
    found = [
        {"schedule": one.name, "used": one.name in used, "from": gap[0].isoformat(), "until": gap[1].isoformat(),
         "said": told_gap(one, gap, at)}
        for one in rotas for gap in gaps(one, at, at + LOOKED_AHEAD)
    ]  # fmt: skip
    return {"at": at.isoformat(), "duties": duties, "gaps": found}


def _show(told: dict[str, Any], zone: ZoneInfo) -> None:
    typer.echo(f"{_wall(told['at'], zone)} ({zone.key})")
    width = max(len(one["name"]) for one in told["duties"])
    for one in told["duties"]:
        said = f"{one['who']}: {one['why']}" if one["who"] else one["why"]
        following = f"; then {one['next']['who']} from {_wall(one['next']['at'], zone)}" if one["next"] else ""
        unused = "" if one["used"] else " (no policy uses it)"
        typer.echo(f"{one['name']:{width}}  {said}{following}{unused}")
    for gap in told["gaps"]:
        typer.echo(f"gap in {gap['schedule']}: {gap['said']}")
    for problem in told["problems"]:
        typer.echo(f"problem: {problem}", err=True)


def _wall(moment: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%a %Y-%m-%d %H:%M}"

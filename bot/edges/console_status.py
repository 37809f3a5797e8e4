"""How amends does, on a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.table import Table
from rich.text import Text

from bot.domain.hours import spell
from bot.edges.console import show
from bot.text.mrkdwn import one_line


def status(told: dict[str, Any], now: datetime, zone: ZoneInfo) -> None:
    """Whether it is healthy and why not, then what it has to do."""
    healthy = told["healthy"]
    head = Text("✔ " if healthy else "✘ ", style="green" if healthy else "bold red")
    head.append("amends does its work." if healthy else "amends does not do its work.", style="default bold")
    findings = [_finding(one) for one in told["findings"]]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, said in _rows(told, now, zone):
        table.add_row(name, said)
    show(Group(head, *findings, Text(), table))


def _finding(one: dict[str, str]) -> Text:
    colour = "red" if one["severity"] == "unhealthy" else "yellow"
    return Text(f"  {one['id']}: {one_line(one['said'], 300)}", style=colour)


def _rows(told: dict[str, Any], now: datetime, zone: ZoneInfo) -> list[tuple[str, str]]:
    outbox, cases = told["outbox"], told["cases"]
    waiting = ", ".join(f"{count} {state}" for state, count in sorted(outbox["waiting"].items())) or "nothing"
    since = f"; the oldest since {_when(outbox['since'], now, zone)}" if outbox["since"] else ""
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(cases["by_state"].items()))
    exhausted = f"; {cases['exhausted']} of them nobody has taken" if cases["exhausted"] else ""
    found = [
        ("last tick", _when(told["last_tick_at"], now, zone)),
        *((f"mail {one['folder']}", _folder(one, now, zone)) for one in told["folders"]),
        ("to be said", f"{waiting}{since}"),
        ("open cases", f"{cases['open']}{f' ({states})' if states else ''}{exhausted}"),
        ("next deadline", _when(told["next_due_at"], now, zone, without="none")),
        *((f"on call: {one['schedule'].replace('_', ' ')}", _duty(one)) for one in told["on_call"]),
        ("quarantine", f"{told['quarantine']} mails" if told["quarantine"] else "empty"),
    ]
    if told["canary"] is not None:
        found.append(("canary arrived", _when(told["canary"]["last_arrived_at"], now, zone)))
    return found


def _folder(one: dict[str, Any], now: datetime, zone: ZoneInfo) -> str:
    error = f"; {one_line(one['error'], 200)}" if one["error"] else ""
    return f"read {_when(one['last_read_at'], now, zone)}{error}"


def _duty(one: dict[str, str]) -> str:
    return f"{one['who']} ({one['why']})" if one["who"] else f"nobody ({one['why']})"


def _when(moment: str | None, now: datetime, zone: ZoneInfo, without: str = "never") -> str:
    """Tue 03 Mar 09:15 (in 2h 5m)."""
    if not moment:
        return without
    at = datetime.fromisoformat(moment)
    distance = f"in {spell(at - now)}" if at > now else f"{spell(now - at)} ago"
    return f"{at.astimezone(zone).strftime('%a %d %b %H:%M')} ({distance})"

"""The terminal: mailboxes that were checked, and mail that could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import HORIZONTALS
from rich.table import Table
from rich.text import Text

from bot.edges.console import show
from bot.service.ports import Quarantined
from bot.text.mrkdwn import one_line, plain

_RAW = 3_000


def mailbox(found: dict[str, Any]) -> None:
    """One mailbox, a line a folder."""
    show(Text(f"{found['name']}: {found['user']} at {found['where']}, TLS {found['tls']}", style="bold"))
    if found["error"]:
        _trouble(found["error"], found["advice"])
        return
    show(Text(f"  the server can: {', '.join(found['capabilities']) or 'nothing beyond the basics'}", style="dim"))
    for folder in found["folders"]:
        _folder(folder)
    if found["others"]:
        show(Text(f"  not watched: {one_line(', '.join(found['others']), 300)}", style="dim"))


def _folder(folder: dict[str, Any]) -> None:
    kind = " (what we sent)" if folder["is_sent"] else ""
    if folder["error"]:
        show(Text(f"  ✘ {one_line(folder['name'], 80)}{kind}", style="bold red"))
        _trouble(folder["error"], folder["advice"])
        return
    line = Text("  ✔ ", style="green")
    line.append(f"{one_line(folder['name'], 80)}{kind}: {_would_do(folder)}", style="default")
    line.append(f"\n    {_how(folder)}", style="dim")
    show(line)


def _would_do(folder: dict[str, Any]) -> str:
    mails = f"{folder['waiting']} mail{'' if folder['waiting'] == 1 else 's'}"
    if folder["begins"]:
        return f"never read so far; would read {mails} since {folder['since']} as history, then what comes"
    return f"would read {mails} that came since the last look" if folder["waiting"] else "nothing new"


def _how(folder: dict[str, Any]) -> str:
    trip = f"a round trip takes {folder['noop_ms']} ms"
    if folder["idle_ms"] is None:
        return f"no IDLE: new mail is seen when it is looked for; {trip}"
    return f"IDLE: told of new mail at once; begun and ended in {folder['idle_ms']} ms, {trip}"


def _trouble(what: str, advice: str) -> None:
    show(Text(f"    {one_line(what, 300)}", style="red"))
    if advice:
        show(Text(f"    {one_line(advice, 300)}", style="yellow"))


def quarantined(one: Quarantined) -> dict[str, Any]:
    """One mail in quarantine as a dict of JSON types."""
    place = one.mail.place
    return {
        "number": one.id, "account": place.account, "folder": place.folder, "uidvalidity": place.uidvalidity,
        "uid": place.uid, "at": one.at.isoformat(), "error": one.mail.error, "tries": one.tries,
        "bytes": len(one.mail.raw), "asked_again": one.fetch_again,
        "ended_at": one.ended_at.isoformat() if one.ended_at else None, "ended_by": one.ended_by, "note": one.note,
        "begins": one.mail.raw[:_RAW].decode("utf-8", "replace"),
    }  # fmt: skip


def quarantine_table(told: Sequence[dict[str, Any]], zone: ZoneInfo) -> None:
    """All that wait."""
    if not told:
        show(Text("Nothing is in quarantine."))
        return
    table = Table(box=HORIZONTALS, header_style="bold", pad_edge=False)
    for name in ("no.", "folder", "uid", "since", "tries", "bytes", "what is wrong"):
        table.add_column(name, justify="right" if name in ("no.", "uid", "tries", "bytes") else "left", overflow="fold")
    for one in told:
        folder = Text(one_line(f"{one['account']}/{one['folder']}", 60))
        table.add_row(str(one["number"]), folder, str(one["uid"]), _when(one["at"], zone), str(one["tries"]),
                      str(one["bytes"]), Text(one_line(one["error"], 120)))  # fmt: skip
    show(table)


def quarantined_mail(told: dict[str, Any], zone: ZoneInfo) -> None:
    """One of them, and how it begins."""
    place = f"{told['account']}/{told['folder']}, UID {told['uid']}"
    show(Text(f"{told['number']} · {one_line(place, 120)} · since {_when(told['at'], zone)}", style="bold"))
    times = f"{told['tries']} time{'' if told['tries'] == 1 else 's'}"
    show(Text(f"{one_line(told['error'], 300)}; tried {times}, {told['bytes']} bytes are known"))
    if told["ended_at"]:
        note = f": {one_line(told['note'], 200)}" if told["note"] else ""
        show(Text(f"ended {_when(told['ended_at'], zone)} by {one_line(told['ended_by'], 60)}{note}"))
    if told["begins"]:
        show(Text(f"\n{plain(told['begins'], _RAW)}", style="dim"))


def _when(moment: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(moment).astimezone(zone).strftime("%a %d %b %H:%M")

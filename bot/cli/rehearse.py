"""Trying amends without a mailbox: the demo, and mail from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.shared import (
    ConfigOption,
    JsonOption,
    KeepOption,
    NoRebuild,
    app,
    example,
    print_json,
    progress,
    settings_of,
)


@app.command(epilog=example("amends demo --slack"))
def demo(as_json: JsonOption = False, keep: KeepOption = None, no_rebuild: NoRebuild = False,
         slack: Annotated[bool, typer.Option("--slack", help="Speak to a Slack of its own, on this machine, and write "
                                             "the conversation as a page.")] = False,
         page: Annotated[Path, typer.Option(help="With --slack: the file of that page.")] = Path("amends-demo.html"),
         ) -> None:  # fmt: skip
    """Play four days of a fictional company's inbox: no account, no server, no network."""
    from bot import rehearsal
    from bot.edges import console
    from bot.settings import defaults

    settings = defaults()
    if slack:
        from bot import showcase

        progress("playing four days against a Slack on this machine …")
        counts = showcase.demo(settings, page, keep=keep, rebuild=not no_rebuild, progress=progress)
        if as_json:
            print_json({"summary": counts, "page": str(page)})
            return
        console.summary(counts, "Four days at Brightkettle")
        console.page_is_written(page.resolve().as_uri())
        return
    zone = rehearsal.ZONE
    recorder = rehearsal.Recorder()
    channel = recorder if as_json else console.ConsoleChannel(zone)
    if not as_json:
        console.demo_begins()
    told = rehearsal.demo(settings, lambda _clock: channel, keep=keep, rebuild=not no_rebuild, progress=progress)
    if as_json:
        print_json({"summary": told, "alerts": recorder.alerts})
    else:
        console.summary(told, "Four days at Brightkettle")
        console.next_steps(str(keep) if keep else None)


@app.command(epilog=example("amends replay ~/export.mbox --keep export.db"))
def replay(path: Annotated[Path, typer.Argument(help="A folder of .eml, an mbox file or a Maildir.")],
           config: ConfigOption = None, as_json: JsonOption = False, keep: KeepOption = None,
           no_rebuild: NoRebuild = False) -> None:  # fmt: skip
    """Play mail from files through the pipeline: what would have been alerted, and when?"""
    from bot import rehearsal
    from bot.edges import console

    settings = settings_of(config)
    recorder = rehearsal.Recorder()
    channel = recorder if as_json else console.ConsoleChannel(settings.policy.hours.zone)
    told = rehearsal.replay(settings, path, channel, keep=keep, rebuild=not no_rebuild, progress=progress)
    if as_json:
        print_json({"summary": told, "alerts": recorder.alerts})
    else:
        console.summary(told, str(path))


@app.command(epilog=example("amends text complaint.eml --json"))
def text(file: Annotated[Path, typer.Argument(help="One mail, as a file.")], config: ConfigOption = None,
         as_json: JsonOption = False) -> None:  # fmt: skip
    """Show what amends reads in one mail: the writer's own new words, and what it leaves aside."""
    from bot.edges import console
    from bot.edges.replay import read_file

    message = read_file(file, settings_of(config).house)
    seen = {
        "from": message.sender.address, "subject": message.subject,
        "date": message.sent_at.isoformat() if message.sent_at else None, "direction": message.direction.value,
        "new_text": message.new_text, "quoted": message.quoted,
        "attachments": [{"name": a.name, "type": a.media_type, "size": a.size} for a in message.attachments],
    }  # fmt: skip
    print_json(seen) if as_json else console.mail(seen)

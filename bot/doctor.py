"""Checks settings and every connection, and says what to do about each finding."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.app import account
from bot.champion import load_model
from bot.errors import AmendsError
from bot.opening import existing_store
from bot.settings import MailboxSettings, Settings
from bot.store.store import SqlStore


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `id` never changes, so that it can be looked for; `hint` is what to do when it is not fine."""

    id: str
    fine: bool
    said: str
    hint: str = ""


def check(settings: Settings) -> Iterator[Finding]:
    """One finding after the other, as they are found. Nothing is sent, and no database is made."""
    yield Finding("config", True, f"{settings.source or 'built-in defaults'} is in order")
    store, finding = _store(settings)
    yield finding
    yield _model(settings, store)
    if store:
        store.close()
    for box in settings.mailboxes:
        yield _mailbox(box)
    yield _slack(settings)


# What to do about errors that bring no advice of their own.
_HINTS = {
    "store": "Check [store] url.",
    "model": "`amends retrain` makes a new one.",
    "mailbox": "Check host, port, tls and ca_file of this [[mailbox]].",
    "slack": "Check [slack], and that this machine reaches Slack.",
}


def _bad(check_id: str, problem: AmendsError) -> Finding:
    head = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return Finding(check_id, False, head, problem.advice or _HINTS[check_id.partition(".")[0]])


def _store(settings: Settings) -> tuple[SqlStore | None, Finding]:
    try:
        store = existing_store(settings)
    except AmendsError as problem:
        return None, _bad("store", problem)
    if store is None:
        return None, _no_store_yet(Path(settings.store_url.removeprefix("sqlite:///")))
    return store, Finding("store", True, "the database opens and has the right schema")


def _no_store_yet(file: Path) -> Finding:
    home = next(parent for parent in file.parents if parent.exists())
    if not home.is_dir() or not os.access(home, os.W_OK | os.X_OK):
        return Finding("store", False, f"in {home} no database can be made", _HINTS["store"])
    return Finding("store", True, "there is no database yet; `amends run` makes it")


def _model(settings: Settings, store: SqlStore | None) -> Finding:
    """The model of this installation, or without a database the one that ships."""
    try:
        model = load_model(settings, store, rebuild=False, progress=lambda _line: None)
    except AmendsError as problem:
        return _bad("model", problem)
    return Finding("model", True, f"the model {model.id} loads")


def _mailbox(box: MailboxSettings) -> Finding:
    from bot.edges.mailbox import list_folders

    check_id = f"mailbox.{box.name}"
    try:
        there = list_folders(account(box))
    except AmendsError as problem:
        return _bad(check_id, problem)
    wanted = [*box.folders, *([box.sent] if box.sent else [])]
    missing = [name for name in wanted if name not in there and name.upper() != "INBOX"]
    if missing:
        return Finding(check_id, False, f"there is no folder {', '.join(missing)}", f"There are: {', '.join(there)}.")
    return Finding(check_id, True, f"{box.user} at {box.host}: login and folders {', '.join(wanted)}")


def _slack(settings: Settings) -> Finding:
    if settings.slack is None or not settings.slack.bot_token.named:
        return Finding("slack", True, "no Slack token: alerts go to the console")
    from bot.edges.slack_out import SlackChannel

    slack = settings.slack
    try:
        who = SlackChannel(slack.bot_token.reveal(), slack.alert_channel, slack.api_url).check()
    except AmendsError as problem:
        return _bad("slack", problem)
    return Finding("slack", True, f"connected as {who}")

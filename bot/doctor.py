"""Checks settings and every connection, and says what to do about each finding."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.champion import load_model
from bot.checked import Checked, failed
from bot.domain.hours import spell
from bot.errors import AmendsError
from bot.oncallcheck import check_heartbeat, check_oncall
from bot.opening import SystemClock, existing_store
from bot.settings import MailboxSettings, Settings
from bot.slackcheck import check_slack
from bot.store.store import SqlStore
from bot.watching import folder_names


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
        yield from _watches(store, settings)
        store.close()
    for box in settings.mailboxes:
        yield _mailbox(settings, box)
    yield from map(_finding, check_oncall(settings, SystemClock().now()))
    yield from map(_finding, check_heartbeat(settings.health))
    yield from map(_finding, check_slack(settings))


def _finding(one: Checked) -> Finding:
    return Finding(one.id, one.fine, one.said, one.advice or ("" if one.fine else _HINTS[one.id.partition(".")[0]]))


# What to do about errors that bring no advice of their own.
_HINTS = {
    "store": "Check [store] url.",
    "model": "`amends retrain` makes a new one.",
    "watch": "The log of amends run tells more.",
    "mailbox": "Check host, port, tls and ca_file of this [[mailbox]].",
    "calendar": "Check calendar in [[oncall]].",
    "heartbeat": "Check heartbeat_url_env in [health].",
    "slack": "Check [slack], and that this machine reaches Slack.",
}


def _bad(check_id: str, problem: AmendsError) -> Finding:
    return _finding(failed(check_id, problem))


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


def _watches(store: SqlStore, settings: Settings) -> Iterator[Finding]:
    """How the folders do that some `amends run` watches, as the database knows it; without those of an older config."""
    now, wanted = SystemClock().now(), {name for box in settings.mailboxes for name in folder_names(box)}
    for one in store.transact(lambda tx: tx.watched()):
        if one.folder not in wanted:
            continue
        since = spell(now - one.last_known_good)
        said = f"not read for {since}: {one.error}" if one.error else f"read well {since} ago"
        yield Finding(f"watch.{one.folder}", not one.error, said, _HINTS["watch"] if one.error else "")


def _mailbox(settings: Settings, box: MailboxSettings) -> Finding:
    from bot.mailcheck import check_mailbox

    check_id = f"mailbox.{box.name}"
    found = check_mailbox(settings, box, lambda _account, _folder: None)
    if found.error:
        return Finding(check_id, False, f"{box.name} ({found.where}): {found.error}", found.advice or _HINTS["mailbox"])
    if bad := [folder for folder in found.folders if folder.error]:
        there = f"There are: {', '.join(found.others)}." if found.others else _HINTS["mailbox"]
        return Finding(check_id, False, " ".join(folder.error for folder in bad), there)
    names = ", ".join(folder.name for folder in found.folders)
    return Finding(check_id, True, f"{box.user} at {box.host}: login and folders {names}")

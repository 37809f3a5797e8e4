"""Checks settings and every connection, and says what to do about each finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.app import account, load_model, open_store
from bot.errors import AmendsError
from bot.settings import MailboxSettings, Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `id` never changes, so that it can be looked for; `hint` is what to do when it is not fine."""

    id: str
    fine: bool
    said: str
    hint: str = ""


def check(settings: Settings) -> Iterator[Finding]:
    """One finding after the other, as they are found. Nothing is changed anywhere."""
    yield Finding("config", True, f"{settings.source or 'built-in defaults'} is in order")
    yield _store(settings)
    yield _model(settings)
    for box in settings.mailboxes:
        yield _mailbox(box)
    yield _slack(settings)


def _bad(check_id: str, problem: AmendsError) -> Finding:
    head = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return Finding(check_id, False, head, problem.advice)


def _store(settings: Settings) -> Finding:
    try:
        open_store(settings).close()
    except AmendsError as problem:
        return _bad("store", problem)
    return Finding("store", True, "the database opens and has the right schema")


def _model(settings: Settings) -> Finding:
    try:
        store = open_store(settings)
        model = load_model(settings, store, rebuild=False, progress=lambda _line: None)
        store.close()
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

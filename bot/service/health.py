"""The watcher is watched: a folder that nobody reads is an alert, and so is that it is read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.hours import spell
from bot.domain.watching import Watched, unwatched
from bot.service.ports import Store, Transaction

ADVICE = "Look: amends doctor, and the log of amends run."


def check_watches(store: Store, intervals: Mapping[tuple[str, str], timedelta]) -> int:
    """Tell people of folders that were not read for too long; `intervals` by (account, name). Returns how many."""
    return store.transact(lambda tx: _check(tx, intervals))


def _check(tx: Transaction, intervals: Mapping[tuple[str, str], timedelta]) -> int:
    found = unwatched(tx.watched(), intervals, tx.now)
    for one in found:
        tx.told_of_watch(one.account, one.folder)
        tx.announce(_down(tx, one))
    return len(found)


def _down(tx: Transaction, one: Watched) -> Notice:
    since = spell(tx.now - one.last_known_good)
    lines = (f"{one.folder}: not read for {since}. {one.error}".rstrip(),)
    key = AlertKey(f"watch:{one.folder}:{one.last_known_good.isoformat()}")
    return Notice(key, Topic.WATCH, "A mailbox is not being read", lines, ADVICE)


def recovered(tx: Transaction, folder: str) -> None:
    """Tell people, who were told that it is not read, that it is."""
    key = AlertKey(f"watch-again:{folder}:{tx.now.isoformat()}")
    tx.announce(
        Notice(key, Topic.WATCH, "A mailbox is read again", (f"{folder}: all that came meanwhile is read.",), "")
    )

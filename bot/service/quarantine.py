"""What could not be read is not lost: people are told of it, it is tried again, and only people end it unread."""

from __future__ import annotations

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.message import Unreadable
from bot.errors import UsageError
from bot.service.ports import Quarantined, Store, Transaction

ADVICE = "Look: amends quarantine list. Then retry what was mended, and release what a person has answered."
_MOST_LINES = 10
# Tried so often in vain, it is tried again only when a person says so; so is what may end the process that reads it.
_OFTEN = 7
ENDS_US = "amends ended without a word each time that it read this one"


def tell(tx: Transaction, unreadable: Unreadable) -> bool:
    """Say that something lies in quarantine: once a mailbox a day, since a broken mailbox brings hundreds. True."""
    place = unreadable.place
    key = AlertKey(f"quarantine:{place.account}:{tx.now:%Y-%m-%d}")
    line = f"{place.account}/{place.folder}, UID {place.uid}: {unreadable.error}"
    tx.announce(Notice(key, Topic.QUARANTINE, "A mail could not be read", (line,), ADVICE))
    return True


def remind(tx: Transaction) -> int:
    """The daily word about what still waits there, and another try for all of it; how many wait."""
    waiting = tx.in_quarantine()
    for one in waiting:
        if one.tries < _OFTEN and one.mail.error != ENDS_US:
            tx.fetch_again(one.id)
    if waiting:
        lines = [_line(one) for one in waiting[:_MOST_LINES]]
        if len(waiting) > _MOST_LINES:
            lines.append(f"and {len(waiting) - _MOST_LINES} more")
        title = f"{len(waiting)} mail{'s' if len(waiting) > 1 else ''} in quarantine"
        key = AlertKey(f"quarantined:{tx.now:%Y-%m-%d}")
        tx.announce(Notice(key, Topic.QUARANTINE, title, tuple(lines), ADVICE))
    return len(waiting)


def _line(one: Quarantined) -> str:
    place = one.mail.place
    return f"{one.id} · {place.account}/{place.folder}, UID {place.uid}, since {one.at:%Y-%m-%d}: {one.mail.error}"


def waiting(store: Store, number: int) -> Quarantined:
    """One that has not ended. Raises UsageError."""
    found = store.transact(lambda tx: tx.quarantined(number))
    if found is None:
        raise UsageError(f"There is no {number} in quarantine.", advice="`amends quarantine list` shows what there is.")
    if found.ended_at is not None:
        how = f"released by {found.ended_by}" if found.note else "read after all"
        raise UsageError(f"{number} no longer waits: it was {how}.")
    return found


def release(store: Store, number: int, *, who: str, note: str) -> Quarantined:
    """A person has looked after it: it is not tried again. Raises UsageError."""
    if not note.strip():
        raise UsageError("What became of it?", advice='Add --note "answered by telephone", for example.')
    found = waiting(store, number)
    store.transact(lambda tx: tx.end_quarantine(number, who, note.strip()))
    return found


def ask_again(store: Store, number: int) -> Quarantined:
    """Have the server asked for it once more by whoever watches its folder. Raises UsageError."""
    found = waiting(store, number)
    store.transact(lambda tx: tx.fetch_again(number))
    return found

"""What stories of chats have in common."""

from __future__ import annotations

from sqlalchemy import select

from bot.domain.verdict import Label
from bot.store import tables as t
from bot.store.listing import one_case
from tests.fakes.world import World

CARD, REPORT, UNANSWERED, AGAIN = (
    "mistake to channel", "staff_report to channel", "unanswered to channel", "wrote_again to channel"
)  # fmt: skip
BROKEN = "Our export is broken."
BOTH = frozenset({Label.MISTAKE, Label.IGNORED})


def threads(world: World) -> list[list[str]]:
    """The words of each thread, in order."""
    m = t.message.c
    rows = world.store.read(lambda c: c.execute(select(m.thread_id, m.new_text).order_by(m.received_at)).all())
    found: dict[int, list[str]] = {}
    for thread, text in rows:
        found.setdefault(thread, []).append(text)
    return list(found.values())


def last_line(world: World, case: int = 1) -> tuple[str, str, str, str]:
    """Who, whence, what, and the note of the newest line of a case's log."""
    told = world.store.read(lambda connection: one_case(connection, case))
    assert told is not None
    line = told["log"][-1]
    return line["who"], line["whence"], line["what"], line["note"]

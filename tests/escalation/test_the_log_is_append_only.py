"""S11: the database itself refuses to change, delete or empty the log, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, delete, select, text, update

from bot.errors import StoreUnfit
from bot.store import tables as t
from tests.fakes.build import MISTAKE
from tests.fakes.world import World

CHANGES: list[Executable] = [
    update(t.event).values(who="nobody"),
    update(t.event).values(note="").where(t.event.c.id == 1),
    delete(t.event),
    delete(t.event).where(t.event.c.id == 1),
]
EMPTYING: list[Executable] = [text("TRUNCATE event"), text("TRUNCATE case_ CASCADE")]


def test_s11_a_line_of_the_log_can_be_neither_changed_nor_deleted_and_the_log_not_be_emptied(world: World) -> None:
    world.customer("You charged me twice.", MISTAKE)
    world.hears("mistake to channel")
    before = world.store.read(lambda c: c.execute(select(t.event)).all())
    assert len(before) == 1
    is_sqlite = world.store.engine.dialect.name == "sqlite"  # which knows no TRUNCATE
    for change in CHANGES if is_sqlite else CHANGES + EMPTYING:
        with pytest.raises(StoreUnfit, match="the event log is append-only"):
            world.store.transact(lambda tx, it=change: tx.connection.execute(it))  # type: ignore[misc]
    assert world.store.read(lambda c: c.execute(select(t.event)).all()) == before

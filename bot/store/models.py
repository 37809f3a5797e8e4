"""Which models are trusted, which one is champion, and what people corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.domain.verdict import Label
from bot.service.ports import Correction
from bot.store import tables as t


@dataclass(frozen=True, slots=True)
class Trusted:
    """A model that this installation trained itself: its id (and folder name) and the hash of its very bytes."""

    id: str
    sha256: str
    sklearn: str
    features: str


def trust(
    connection: Connection, model_id: str, sha256: str, card: dict[str, Any], now: Any, *, champion: bool
) -> None:
    """Remember a model's hash; as champion, it replaces the one before in the same transaction."""
    m = t.trusted_model
    if champion:
        connection.execute(update(m).values(champion=False))
    connection.execute(insert(m).values(id=model_id, sha256=sha256, card=card, trained_at=now, champion=champion))


def champion(connection: Connection) -> Trusted | None:
    """The champion of this installation, if it ever trained one."""
    m = t.trusted_model.c
    newest = select(m.id, m.sha256, m.card).where(m.champion).order_by(m.trained_at.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        return None
    return Trusted(row.id, row.sha256, str(row.card.get("sklearn", "")), str(row.card.get("features", "")))


def corrections(connection: Connection) -> list[Correction]:
    """What people said about messages, the latest word on each."""
    c, m = t.correction.c, t.message.c
    rows = connection.execute(
        select(c.labels, m.id, m.new_text, m.subject, m.medium).join(t.message, m.id == c.message_id).order_by(c.id)
    )
    latest = {row.id: row for row in rows}
    return [
        Correction(
            row.new_text, row.subject, row.medium, frozenset(Label(x) for x in row.labels), int(bool(row.labels))
        )
        for row in latest.values()
    ]

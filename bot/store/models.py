"""Which models are trusted, which one reigns, and what people corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.domain.message import ThreadId
from bot.domain.verdict import Label
from bot.service.ports import Correction
from bot.store import tables as t


@dataclass(frozen=True, slots=True)
class Trusted:
    """A model that this installation trained itself: its id (and folder name), the hash of its very bytes, its card."""

    id: str
    sha256: str
    trained_at: datetime
    card: dict[str, Any]

    @property
    def sklearn(self) -> str:
        """The scikit-learn that built it."""
        return str(self.card.get("sklearn", ""))

    @property
    def features(self) -> str:
        """The feature code that it learnt from."""
        return str(self.card.get("features", ""))


def trust(
    connection: Connection, model_id: str, sha256: str, card: dict[str, Any], now: datetime, *, champion: bool
) -> None:
    """Remember a model's hash; as champion, it reigns from the same transaction on."""
    connection.execute(insert(t.trusted_model).values(id=model_id, sha256=sha256, card=card, trained_at=now))
    if champion:
        crown(connection, model_id, now)


def crown(connection: Connection, model_id: str | None, now: datetime) -> None:
    """A model reigns; None is the shipped one."""
    connection.execute(insert(t.reign).values(model_id=model_id, at=now, undone=False))


def depose(connection: Connection) -> None:
    """The reign before the present one holds again."""
    r = t.reign.c
    present = connection.execute(select(r.id).where(~r.undone).order_by(r.id.desc()).limit(1)).scalar()
    connection.execute(update(t.reign).where(r.id == present).values(undone=True))


def every(connection: Connection) -> list[Trusted]:
    """All models that this installation trained, the newest first."""
    m = t.trusted_model
    rows = connection.execute(select(m).order_by(m.c.trained_at.desc(), m.c.id.desc()))
    return [Trusted(row.id, row.sha256, row.trained_at, row.card) for row in rows]


def champion(connection: Connection) -> Trusted | None:
    """The one that reigns; None is the shipped model."""
    found = reigns(connection, 1)
    return found[0] if found else None


def before_champion(connection: Connection) -> Trusted | None:
    """The one that a roll-back would bring back; None is the shipped model."""
    found = reigns(connection, 2)
    return found[1] if len(found) > 1 else None


def reigns(connection: Connection, most: int) -> list[Trusted | None]:
    """The latest reigns that were not undone, the present one first; none where nobody was ever crowned."""
    r, m = t.reign.c, t.trusted_model.c
    rows = connection.execute(
        select(r.id, m.id.label("model"), m.sha256, m.trained_at, m.card)
        .select_from(t.reign.outerjoin(t.trusted_model, m.id == r.model_id))
        .where(~r.undone)
        .order_by(r.id.desc())
        .limit(most)
    )
    return [Trusted(row.model, row.sha256, row.trained_at, row.card) if row.model else None for row in rows]


def corrections(connection: Connection) -> list[Correction]:
    """What people said about messages, the latest word on each, as the classifier would be asked about them."""
    c, m = t.correction.c, t.message.c
    answers_something = select(t.reference.c.message_id).where(t.reference.c.message_id == m.id).exists()
    rows = connection.execute(
        select(c.labels, c.at, m.id, m.thread_id, m.new_text, m.subject, m.medium, m.verdict,
               answers_something.label("a_reply"))
        .join(t.message, m.id == c.message_id).where(m.retracted_at.is_(None)).order_by(c.id)
    )  # fmt: skip
    latest = {row.id: row for row in rows}
    return [_correction(row) for row in latest.values()]


def _correction(row: Any) -> Correction:
    judged = row.verdict or {}
    return Correction(
        text=row.new_text, subject="" if row.a_reply else row.subject, medium=row.medium,
        labels=frozenset(Label(x) for x in row.labels), severity=int(bool(row.labels)),
        thread=ThreadId(row.thread_id), at=row.at, unanswered=int(judged.get("unanswered", 0)),
        waiting_hours=float(judged.get("waiting_hours", 0.0)),
    )  # fmt: skip

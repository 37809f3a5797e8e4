"""Several messages in a row are one: people write “hi”, “our export is broken” and “can you look?” as three."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from bot.domain.chat import place_named
from bot.domain.message import Direction, Medium, Message, Place, ThreadId
from bot.store import tables as t

# Between two messages of one person, in the channel itself, with nobody of ours in between.
_PAUSE = timedelta(minutes=15) // timedelta(microseconds=1)


def thread_of_run(connection: Connection, message: Message) -> ThreadId | None:
    """The thread of the message that its writer wrote just before in this channel, or just after it."""
    is_customers = message.medium is Medium.CUSTOMER_CHANNEL and message.direction is Direction.FROM_CUSTOMER
    if not is_customers or message.references:
        return None
    place = place_named(message.rfc_id)
    near = _near(connection, place)
    own = [row for row in near if row.sender_address == message.sender.address and row.answers is None]
    before = [row for row in own if row.uid < place.uid and row.direction == Direction.FROM_CUSTOMER.value]
    after = [row for row in own if row.uid > place.uid and row.direction == Direction.FROM_CUSTOMER.value]
    for row in (*before[-1:], *after[:1]):
        if not _is_between(near, row, place.uid):
            return ThreadId(row.thread_id)
    return None


def _near(connection: Connection, place: Place) -> Sequence[Any]:
    p, m, r = t.place.c, t.message.c, t.reference.c
    return connection.execute(
        select(p.uid, m.thread_id, m.direction, m.sender_address, r.rfc_id.label("answers"))
        .select_from(t.place.join(t.message, m.id == p.message_id).outerjoin(t.reference, r.message_id == m.id))
        .where(p.account == place.account, p.folder == place.folder, p.uidvalidity == place.uidvalidity)
        .where(p.uid.between(place.uid - _PAUSE, place.uid + _PAUSE), m.retracted_at.is_(None))
        .order_by(p.uid)
    ).all()


def _is_between(near: Sequence[Any], other: Any, uid: int) -> bool:
    """Whether somebody of ours wrote between the two, in the channel or in the other's thread."""
    first, last = sorted((other.uid, uid))
    return any(
        first < row.uid < last
        and row.direction == Direction.FROM_US.value
        and (row.answers is None or row.thread_id == other.thread_id)
        for row in near
    )

"""Folders as rows: how far each was read, what could not be read in it, who watches it, and how that goes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, insert, select, update

from bot.domain.message import Place, Unreadable
from bot.domain.watching import Watched
from bot.service.ports import Cursor, Quarantined
from bot.store import tables as t


def _at(table: Table, account: str, folder: str) -> ColumnElement[bool]:
    return (table.c.account == account) & (table.c.folder == folder)


def _at_place(table: Table, place: Place) -> ColumnElement[bool]:
    here = _at(table, place.account, place.folder)
    return here & (table.c.uidvalidity == place.uidvalidity) & (table.c.uid == place.uid)


class FolderRows:
    """The part of a transaction that deals with folders."""

    connection: Connection
    now: datetime

    # cursors

    def cursor(self, account: str, folder: str) -> Cursor | None:
        """How far a folder was read."""
        c = t.cursor.c
        wanted = select(c.uidvalidity, c.last_uid, c.since, c.history_until).where(_at(t.cursor, account, folder))
        row = self.connection.execute(wanted).one_or_none()
        return Cursor(*row) if row is not None else None

    def begin_folder(self, account: str, folder: str, cursor: Cursor) -> None:
        """A folder that was never seen before, or under another UIDVALIDITY."""
        values = {
            "uidvalidity": cursor.uidvalidity, "last_uid": cursor.last_uid, "since": cursor.since,
            "history_until": cursor.history_until, "moved_at": self.now,
        }  # fmt: skip
        if self.cursor(account, folder) is None:
            self.connection.execute(insert(t.cursor).values(account=account, folder=folder, **values))
        else:
            self.connection.execute(update(t.cursor).where(_at(t.cursor, account, folder)).values(**values))

    def move_cursor(self, place: Place) -> None:
        """Forward only within one UIDVALIDITY; a new UIDVALIDITY starts a new count."""
        here = self.cursor(place.account, place.folder)
        if here is None or here.uidvalidity != place.uidvalidity:
            since = here.since if here else self.now.date()
            self.begin_folder(place.account, place.folder, Cursor(place.uidvalidity, place.uid, since))
        elif here.last_uid < place.uid:
            values = {"last_uid": place.uid, "moved_at": self.now}
            self.connection.execute(update(t.cursor).where(_at(t.cursor, place.account, place.folder)).values(**values))

    # quarantine

    def begin_reading(self, place: Place) -> int:
        """The how-manieth time this is that a mail is read of which nobody knows whether it ends us."""
        here = _at_place(t.attempt, place)
        tries = int(self.connection.execute(select(t.attempt.c.tries).where(here)).scalar() or 0) + 1
        if tries > 1:
            self.connection.execute(update(t.attempt).where(here).values(tries=tries))
        else:
            values = {"account": place.account, "folder": place.folder, "uidvalidity": place.uidvalidity}
            self.connection.execute(insert(t.attempt).values(**values, uid=place.uid, tries=1))
        return tries

    def done_reading(self, place: Place) -> None:
        """It did not."""
        self.connection.execute(delete(t.attempt).where(_at_place(t.attempt, place)))

    def quarantine(self, unreadable: Unreadable) -> bool:
        """Once a place; False if it was there. What was tried again in vain counts its tries."""
        place, q = unreadable.place, t.quarantine
        here = _at_place(q, place)
        again = {"tries": q.c.tries + 1, "error": unreadable.error, "fetch_again": False}
        if unreadable.raw:
            again["raw"] = unreadable.raw
        if self.connection.execute(update(q).where(here, q.c.ended_at.is_(None)).values(**again)).rowcount:
            return False
        if self.connection.execute(select(q.c.id).where(here)).scalar() is not None:
            return False
        self.connection.execute(
            insert(q).values(
                account=place.account, folder=place.folder, uidvalidity=place.uidvalidity, uid=place.uid,
                raw=unreadable.raw, error=unreadable.error, at=self.now, proven_ours=unreadable.proven_ours, tries=1,
                fetch_again=False, ended_by="", note="",
            )
        )  # fmt: skip
        return True

    def quarantined(self, number: int) -> Quarantined | None:
        """One of them, ended or not."""
        row = self.connection.execute(select(t.quarantine).where(t.quarantine.c.id == number)).one_or_none()
        return quarantined_from_row(row) if row is not None else None

    def in_quarantine(self) -> list[Quarantined]:
        """All that have not ended, the oldest first."""
        q = t.quarantine
        rows = self.connection.execute(select(q).where(q.c.ended_at.is_(None)).order_by(q.c.id))
        return [quarantined_from_row(row) for row in rows]

    def end_quarantine(self, number: int, who: str, note: str) -> None:
        """It was read after all, or a person looked after it."""
        ended = {"ended_at": self.now, "ended_by": who, "note": note, "fetch_again": False}
        self.connection.execute(update(t.quarantine).where(t.quarantine.c.id == number).values(**ended))

    def end_quarantine_at(self, place: Place, who: str) -> bool:
        """The same by place, for what the server gave after all; False if nothing waits there."""
        q = t.quarantine
        here = _at_place(q, place)
        ended = {"ended_at": self.now, "ended_by": who, "note": "", "fetch_again": False}
        return bool(self.connection.execute(update(q).where(here, q.c.ended_at.is_(None)).values(**ended)).rowcount)

    def end_quarantine_among(self, places: Collection[Place], who: str) -> int:
        """The same for many places of one folder, at next to no cost where none of them waits; how many did."""
        waiting = set[Place]()
        for account, folder, uidvalidity in {(one.account, one.folder, one.uidvalidity) for one in places}:
            q = t.quarantine
            here = _at(q, account, folder) & (q.c.uidvalidity == uidvalidity) & q.c.ended_at.is_(None)
            uids = self.connection.execute(select(q.c.uid).where(here)).scalars()
            waiting |= {Place(account, folder, uidvalidity, uid) for uid in uids}
        return sum(self.end_quarantine_at(place, who) for place in waiting & set(places))

    def fetch_again(self, number: int) -> None:
        """Have whoever watches the folder ask the server for it once more."""
        self.connection.execute(update(t.quarantine).where(t.quarantine.c.id == number).values(fetch_again=True))

    def to_fetch_again(self, account: str, folder: str, uidvalidity: int) -> list[int]:
        """UIDs to be asked for once more; they are asked for once, however that ends."""
        q = t.quarantine
        wanted = _at(q, account, folder) & (q.c.uidvalidity == uidvalidity) & q.c.fetch_again & q.c.ended_at.is_(None)
        found = list(self.connection.execute(select(q.c.uid).where(wanted).order_by(q.c.uid)).scalars())
        if found:
            self.connection.execute(update(q).where(wanted).values(fetch_again=False))
        return found

    # how watching goes

    def begin_watch(self, account: str, folder: str) -> None:
        """Somebody begins to watch a folder, now."""
        values: dict[str, Any] = {"begun_at": self.now, "error": ""}
        here = _at(t.watch, account, folder)
        if not self.connection.execute(update(t.watch).where(here).values(**values)).rowcount:
            self.connection.execute(insert(t.watch).values(account=account, folder=folder, **values))

    def good_look(self, account: str, folder: str) -> bool:
        """It was looked at, and all was well; whether the channel had been told that nobody looks."""
        here = _at(t.watch, account, folder)
        told = self.connection.execute(select(t.watch.c.told_at).where(here)).scalar() is not None
        self.connection.execute(update(t.watch).where(here).values(good_at=self.now, error="", told_at=None))
        return told

    def bad_look(self, account: str, folder: str, error: str) -> None:
        """It could not be looked at."""
        self.connection.execute(update(t.watch).where(_at(t.watch, account, folder)).values(error=error))

    def watched(self) -> list[Watched]:
        """How each folder does."""
        rows = self.connection.execute(select(t.watch).order_by(t.watch.c.account, t.watch.c.folder))
        return [Watched(r.account, r.folder, r.begun_at, r.good_at, r.error, r.told_at is not None) for r in rows]

    def told_of_watch(self, account: str, folder: str) -> None:
        """The channel knows that nobody looks there."""
        self.connection.execute(update(t.watch).where(_at(t.watch, account, folder)).values(told_at=self.now))


def quarantined_from_row(row: Row[Any]) -> Quarantined:
    """A row of the quarantine table."""
    place = Place(row.account, row.folder, row.uidvalidity, row.uid)
    return Quarantined(
        row.id, Unreadable(place, bytes(row.raw), row.error, row.proven_ours), row.at, row.tries, row.fetch_again,
        row.ended_at, row.ended_by, row.note,
    )  # fmt: skip

"""Who does what only one may do at a time: a lease a name, with a fence that grows with each change of holder."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.store import tables as t

_of = t.lease.c
# Made once: it is a part of every tick.
_KEEP = (
    update(t.lease)
    .where(_of.name == bindparam("named"), _of.holder == bindparam("ours"), _of.fence == bindparam("under"))
    .where(_of.until > bindparam("now"))
    .values(until=bindparam("then"))
)


class LeaseRows:
    """The part of a transaction that deals with leases."""

    connection: Connection
    now: datetime

    def keep_lease(self, name: str, holder: str, fence: int, length: timedelta) -> bool:
        """Have it for another while, if it is still ours under this fence; whoever is told no must write nothing."""
        told = {"named": name, "ours": holder, "under": fence, "now": self.now, "then": self.now + length}
        return self.connection.execute(_KEEP, told).rowcount == 1

    def take_lease(self, name: str, holder: str, length: timedelta, *, from_the_dead: frozenset[str]) -> bool:
        """Hold it until now + `length`: if it is ours, free, run out, or its holder is known to be dead."""
        until = self.now + length
        if self._first_lease(name, holder, until):
            return True
        here = select(t.lease).where(t.lease.c.name == name)
        seen = self.connection.execute(here).one_or_none()
        if seen is not None and seen.holder not in {holder, *from_the_dead} and seen.until > self.now:
            return False  # without a lock, for which a standby would wait as long as the holder's tick lasts
        row = self.connection.execute(here.with_for_update()).one_or_none()
        if row is None:  # dropped at this very moment; the next try gets it
            return False
        if row.holder != holder and row.until > self.now and row.holder not in from_the_dead:
            return False
        fence = row.fence + (row.holder != holder)
        values = {"holder": holder, "until": until, "fence": fence}
        self.connection.execute(update(t.lease).where(t.lease.c.name == name).values(**values))
        return True

    def _first_lease(self, name: str, holder: str, until: datetime) -> bool:
        """Whether there was none of this name; of two who ask at the same moment one is told so."""
        if self.connection.execute(select(t.lease.c.name).where(t.lease.c.name == name)).first() is not None:
            return False
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(t.lease).values(name=name, holder=holder, until=until))
        except IntegrityError:
            return False
        return True

    def lease_holder(self, name: str) -> str:
        """Who holds it, or held it last; "" if nobody ever did."""
        return self.connection.execute(select(t.lease.c.holder).where(t.lease.c.name == name)).scalar() or ""

    def fence(self, name: str) -> int:
        """How often its holder has changed."""
        return self.connection.execute(select(t.lease.c.fence).where(t.lease.c.name == name)).scalar() or 0

    def drop_lease(self, name: str, holder: str) -> None:
        """Let others have it at once; nobody holds it then, but it is remembered how often it changed hands."""
        ours = (t.lease.c.name == name) & (t.lease.c.holder == holder)
        self.connection.execute(update(t.lease).where(ours).values(holder="", until=self.now))

"""Alerts that wait together are said together: rows of the outbox that another row carries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.domain.alert import AlertKey, Notice, Reason, Say, Topic
from bot.domain.digest import ABOVE, Pending, bundled, pending
from bot.domain.escalation import How
from bot.domain.triage import still_wanted
from bot.store import tables as t
from bot.store.cases import case_from_row
from bot.store.outbox import announce, say_from_row

_MOST, _SEVERAL = 5_000, 2
_ADVICE = "Work through them with `amends cases`; `amends show 12` tells a whole story."


class DigestRows:
    """The part of a transaction that deals with floods."""

    connection: Connection
    now: datetime

    def bundle(self) -> int:
        """Put what is too much for single cards into a list for each of those that it is for; how many rows."""
        lists = bundled(self._due_now())
        return sum(self._carry(mention, rows) for mention, rows in lists.items())

    def _due_now(self) -> list[Pending]:
        """What may be said now, and still makes sense; cheap while little waits."""
        o = t.outbox.c
        now_due = (o.state == "pending") & (o.not_before <= self.now) & o.case_id.is_not(None)
        due = select(t.outbox).where(now_due).order_by(o.id).limit(_MOST)
        # what another process is about to say or to list is not listed here as well
        rows = self.connection.execute(due.with_for_update(skip_locked=True)).all()
        if len(rows) <= ABOVE and sum(row.deferred_until is not None for row in rows) < _SEVERAL:
            return []
        found = self.connection.execute(select(t.case).where(t.case.c.id.in_({row.case_id for row in rows})))
        cases = {row.id: case_from_row(row) for row in found}
        told = [(row.id, cases[row.case_id], say) for row in rows if not _by_itself(say := say_from_row(row))]
        return [pending(row, case, say, self.now) for row, case, say in told if still_wanted(case, say)]

    def _carry(self, mention: str, rows: list[Pending]) -> int:
        numbers = [one.row for one in rows]
        key = AlertKey(f"digest:{mention or 'channel'}:{min(numbers)}:{max(numbers)}:{len(numbers)}")
        together = all(one.put_off for one in rows)
        title = (
            f"{len({one.case for one in rows})} cases wait for somebody"
            if together
            else f"{len(rows)} more alerts wait"
        )
        lines = tuple(one.line for one in rows)
        if not announce(self.connection, self.now, Notice(key, Topic.DIGEST, title, lines, _ADVICE, mention)):
            return 0
        carrier = select(t.outbox.c.id).where(t.outbox.c.key == key).scalar_subquery()
        o = t.outbox.c
        self.connection.execute(update(t.outbox).where(o.id.in_(numbers)).values(state="carried", carried_by=carrier))
        return len(rows)


def _by_itself(say: Say) -> bool:
    """What stands elsewhere than in the channel cannot be said by a list there."""
    return say.how is How.DM or say.reason is Reason.NOBODY_TO_TELL

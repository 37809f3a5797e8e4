"""Whom a bundle of decisions pings, and when: together with others, and not about the same case again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.actions import ChangeCase
from bot.domain.alert import CaseId, Reason, Say
from bot.domain.escalation import How
from bot.domain.grouping import Grouping, ping_at
from bot.service.due_ports import DueTransaction


def bundle_pings(
    tx: DueTransaction, changes: Sequence[ChangeCase], grouping: Grouping, now: datetime
) -> list[ChangeCase]:
    """The same changes, their pings put off until they can be said together; no deadline moves.

    A first answer that is overdue is the customer's own deadline: its ping waits for nothing.
    """
    pings = [(one.case.id, say.mention) for one in changes for say in one.say if _may_wait(say)]
    if not pings:
        return list(changes)
    planned = tx.planned_pings({address for _case, address in pings})
    last = tx.last_pings({case for case, _address in pings})
    bundles = _Bundles(grouping, now, dict(planned), last)
    found = [bundles.of(one) for one in changes]
    tx.plan_pings({who: at for who, at in bundles.planned.items() if planned.get(who) != at})
    return found


_SILENTLY = "; without a ping, which it had lately"


def _may_wait(say: Say) -> bool:
    return bool(say.mention) and say.reason is not Reason.FIRST_RESPONSE_OVERDUE


class _Bundles:
    def __init__(
        self, grouping: Grouping, now: datetime, planned: dict[str, datetime], last: dict[tuple[CaseId, str], datetime]
    ) -> None:
        self._grouping, self._now, self.planned, self._last = grouping, now, planned, last

    def of(self, change: ChangeCase) -> ChangeCase:
        """The change with its pings as they will be; the log tells whom it did not ping again."""
        says = tuple([self.take(change.case.id, say) for say in change.say])
        if all(new is say for new, say in zip(says, change.say, strict=True)):
            return change
        if all(new.mention == say.mention for new, say in zip(says, change.say, strict=True)):
            return replace(change, say=says)
        entry = replace(change.entry, note=f"{change.entry.note}{_SILENTLY}")
        return replace(change, say=says, entry=entry)

    def take(self, case: CaseId, say: Say) -> Say:
        """What is to be said, with the moment of its ping; without one where this case pinged the same address lately.

        A ping that is still to come counts as well: it takes this one along.
        """
        if not _may_wait(say):
            return say
        wanted, last = max(say.deferred_until or self._now, self._now), self._last.get((case, say.mention))
        at = ping_at(self.planned.get(say.mention), last, wanted, self._grouping)
        if at is None:
            how = How.THREAD if say.how is How.DM else say.how
            return replace(say, mention="", how=how, deferred_until=None)
        self.planned[say.mention] = at
        until = at if at > self._now else None
        return say if until == say.deferred_until else replace(say, deferred_until=until)

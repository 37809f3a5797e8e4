"""Many alerts at once are one list and the few cards that matter most: a flood is read by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.alert import CaseId, Reason, Say
from bot.domain.case import Case
from bot.domain.escalation import Notify
from bot.domain.hours import spell

# With more than ABOVE alerts waiting for the channel, those of CARDS cases are said by themselves.
ABOVE, CARDS = 10, 5


@dataclass(frozen=True, slots=True)
class Pending:
    """An alert that waits in the outbox: its row, and what a list says of it."""

    row: int
    case: CaseId
    notify: Notify
    severity: int
    waiting_since: datetime
    line: str


def pending(row: int, case: Case, say: Say, now: datetime) -> Pending:
    """An alert as a list has it."""
    late = f", late {spell(say.late_by)}" if say.late_by else ""
    kind = case.reason if say.reason.opens else say.reason
    waited = spell(max(now - case.waiting_since, timedelta()))
    line = f"#{case.id} · {case.customer.display} · {_WORDS[kind]} · waiting {waited}{late}"
    return Pending(row, case.id, say.notify, case.severity, case.waiting_since, line)


def bundled(waiting: Sequence[Pending]) -> dict[Notify, list[Pending]]:
    """What goes into a list, by whom it is for; nothing while few wait. The worst and the longest stand first."""
    if len(waiting) <= ABOVE:
        return {}
    ranked = sorted(waiting, key=lambda one: (-one.severity, one.waiting_since, one.row))
    on_cards = set(list(dict.fromkeys(one.case for one in ranked))[:CARDS])
    found: dict[Notify, list[Pending]] = {}
    for one in ranked:
        if one.case not in on_cards:
            found.setdefault(one.notify, []).append(one)
    return found


_WORDS = {
    Reason.MISTAKE: "mistake",
    Reason.IGNORED: "ignored",
    Reason.STAFF_REPORT: "reported by a colleague",
    Reason.UNANSWERED: "unanswered question",
    Reason.WROTE_AGAIN: "wrote again",
    Reason.STILL_UNANSWERED: "taken by nobody",
    Reason.CLAIM_LAPSED: "taken, but not answered",
    Reason.SNOOZE_OVER: "put off until now",
    Reason.NEXT_STEP_OVERDUE: "next step overdue",
    Reason.EXHAUSTED: "taken by nobody, and everybody was told",
}

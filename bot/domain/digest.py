"""Many alerts at once are one list and the few cards that matter most: a flood is read by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.alert import CaseId, Reason, Say
from bot.domain.case import Case
from bot.domain.hours import spell

# With more than ABOVE alerts waiting for the channel, those of CARDS cases are said by themselves.
ABOVE, CARDS = 10, 5


@dataclass(frozen=True, slots=True)
class Pending:
    """An alert that waits in the outbox: its row, whom it pings (or nobody), and what a list says of it.

    `put_off`: a ping that waited for others to the same address.
    """

    row: int
    case: CaseId
    mention: str
    put_off: bool
    severity: int
    waiting_since: datetime
    line: str


def pending(row: int, case: Case, say: Say, now: datetime) -> Pending:
    """An alert as a list has it."""
    late = f", late {spell(say.late_by)}" if say.late_by else ""
    kind = case.reason if say.reason.opens else say.reason
    waited = spell(max(now - case.waiting_since, timedelta()))
    line = f"#{case.id} · {case.customer.display} · {_WORDS[kind]} · waiting {waited}{late}"
    return Pending(row, case.id, say.mention, say.deferred_until is not None, case.severity, case.waiting_since, line)


def bundled(waiting: Sequence[Pending]) -> dict[str, list[Pending]]:
    """What goes into a list, by whom it pings. The worst and the longest stand first.

    Pings to one address that were put off are one list if they are of several cases; the rest only where many wait.
    """
    ranked = sorted(waiting, key=lambda one: (-one.severity, one.waiting_since, one.row))
    on_cards = set(list(dict.fromkeys(one.case for one in ranked))[:CARDS])
    is_flood = len(waiting) > ABOVE
    several = _of_several_cases([one for one in ranked if one.put_off])
    found: dict[str, list[Pending]] = {}
    for one in ranked:
        if (is_flood and one.case not in on_cards) or (not is_flood and one.put_off and one.mention in several):
            found.setdefault(one.mention, []).append(one)
    return found


def _of_several_cases(pings: Sequence[Pending]) -> set[str]:
    """Addresses that are pinged about more than one case."""
    cases: dict[str, set[CaseId]] = {}
    for one in pings:
        cases.setdefault(one.mention, set()).add(one.case)
    return {mention for mention, of in cases.items() if len(of) > 1}


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
    Reason.FIRST_RESPONSE_OVERDUE: "first answer overdue",
    Reason.NOBODY_TO_TELL: "nobody is on call for it",
}

"""One case a line, as the Home tab and the lists of /amends show it; cases come as bot.store.listing tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.hours import spell
from bot.edges import wording
from bot.edges.slack import pieces as p
from bot.edges.slack.pieces import Json
from bot.text.mrkdwn import one_line

Case = dict[str, Any]

_STANDS = {
    "suspected": "nobody is on it", "acknowledged": "taken", "contacted": "customer contacted",
    "amends_made": "amends made", "fixed": "cause fixed", "evidence_sent": "evidence sent", "closed": "closed",
    "dismissed": "dismissed",
}  # fmt: skip
_LABELS = {label.value: words for label, words in wording.KINDS.items()}
_CUSTOMER = 40


def told(case: Case, now: datetime) -> str:
    """A case in one line: whose, what, how bad, where it stands, until when."""
    kinds = wording.listed(_LABELS[label] for label in _LABELS if label in case["labels"])
    facts = (who(case), kinds, wording.SEVERITY[case["severity"]], standing(case), due(case, now))
    return f"#{case['id']} " + " · ".join(filter(None, facts))


def who(case: Case) -> str:
    """The customer's name, short."""
    return one_line(case["customer"], _CUSTOMER) or "a customer"


def standing(case: Case) -> str:
    """Where it stands, and with whom."""
    if case["state"] == "suspected" and case["exhausted"]:
        return "everybody was told, nobody is on it"
    taken = case["claimed_by"] if case["state"] == "acknowledged" else ""
    return f"{wording.person(taken)} is on it" if taken else _STANDS[case["state"]]


def due(case: Case, now: datetime) -> str:
    """How long until the next deadline, or since when it is over; nothing where none is."""
    if not case["next_due_at"]:
        return ""
    left = datetime.fromisoformat(case["next_due_at"]) - now
    return f"due in {spell(left)}" if left > timedelta() else f"due {spell(-left)} ago" if left else "due now"


def row(case: Case, now: datetime) -> Json:
    """The same as a block with a button that shows all of it."""
    look = p.button("Show", "show", str(case["id"]), label=f"Show case {case['id']}, {who(case)}")
    return {"type": "section", "text": p.plain_text(told(case, now)), "accessory": look}


def rows(
    cases: Sequence[Case], now: datetime, most: int, more: str, nothing: str, total: int | None = None
) -> list[Json]:
    """At most so many of them; what is left out is counted (`total`: all that there are) and said where to find."""
    if not cases:
        return [p.context(nothing)]
    shown = [row(case, now) for case in cases[:most]]
    left = (len(cases) if total is None else total) - len(shown)
    return [*shown, *([p.context(f"… and {left} more: {more}")] if left > 0 else [])]

"""Cases and reviews as the store lists them, for the tests of lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.fakes.clock import MONDAY


def moment(minutes: int) -> str:
    return (MONDAY + timedelta(minutes=minutes)).isoformat()


def case(number: int = 7, **other: Any) -> dict[str, Any]:
    """As bot.store.listing.cases tells it."""
    return {
        "id": number, "state": "suspected", "labels": ["mistake", "ignored"], "reason": "ignored",
        "customer": "Mo Farouk", "opened_at": moment(0), "next_due_at": moment(75), "messages": 2, "severity": 2,
        "claimed_by": "", "exhausted": False,
    } | other  # fmt: skip


def story(**other: Any) -> dict[str, Any]:
    """As bot.store.listing.one_case tells it."""
    return case() | {
        "waiting_since": moment(-60),
        "thread": [
            {"at": moment(-60), "from": "Mo Farouk", "direction": "from_customer", "subject": "Order 17",
             "text": "You charged me twice & nobody <ever> answers.", "verdict": None},
            {"at": moment(-30), "from": "", "direction": "from_us", "subject": "", "text": "", "verdict": None},
        ],
        "log": [
            {"at": moment(0), "who": "amends", "whence": "mail", "what": "opened", "from": None, "to": "suspected",
             "note": "mistake"},
            {"at": moment(9), "who": "Mara Lind (U0AAA111)", "whence": "slack", "what": "snoozed", "from": "suspected",
             "to": "suspected", "note": ""},
        ],
        "alerts": [],
    } | other  # fmt: skip


def review(number: int = 3, **other: Any) -> dict[str, Any]:
    """As bot.store.reviews.open_reviews tells it."""
    return {
        "id": number, "why": "unsure", "listed_at": moment(0), "received_at": moment(-600), "customer": "Jo Ek",
        "subject": "Parcel", "text": "Where is <it>?", "mistake": 0.4, "ignored": 0.2,
    } | other  # fmt: skip


NOW: datetime = MONDAY + timedelta(hours=1)

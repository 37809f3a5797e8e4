"""What is done once a working day: the review list, whether the classifier still fits, the quarantine, old keys."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from bot.domain import drift
from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.hours import Hours
from bot.domain.review import ReviewPolicy
from bot.service.inbox import forget
from bot.service.ports import Store, Transaction
from bot.service.quarantine import remind
from bot.service.review import list_for_today

log = logging.getLogger(__name__)
AGAIN = timedelta(minutes=30)
"""A chore that failed is tried again this much later."""


def do_chores(store: Store, hours: Hours, reviews: ReviewPolicy, model: str) -> int:
    """Do what is due, each chore in a transaction of its own; how many were done. `model` is the one that judges."""
    chores: dict[str, Callable[[Transaction], object]] = {
        "review": lambda tx: list_for_today(tx, reviews), "drift": lambda tx: look_for_drift(tx, model),
        "quarantine": remind, "inbound": forget,
    }  # fmt: skip
    return sum(_once(store, hours, name, work) for name, work in chores.items())


def _once(store: Store, hours: Hours, name: str, work: Callable[[Transaction], object]) -> bool:
    def due(tx: Transaction) -> bool:
        planned = tx.chore_due(name)
        if planned is not None and planned <= tx.now:
            work(tx)
        if planned is None or planned <= tx.now:
            tx.plan_chore(name, hours.next_morning(tx.now))
        return planned is not None and planned <= tx.now

    try:
        return store.transact(due)
    except Exception:
        log.exception("the daily %s failed; it is tried again in %s", name, AGAIN)
        store.transact(lambda tx: tx.plan_chore(name, tx.now + AGAIN))
        return False


def look_for_drift(tx: Transaction, model: str) -> int:
    """Tell the operators once a model that it fits less and less; how many notices were announced."""
    week, month = tx.now - drift.RECENT, tx.now - drift.RECENT - drift.BEFORE
    found = {
        "dismissals": drift.false_alarms(tx.decided(week, tx.now), tx.decided(month, week)),
        "vocabulary": drift.unseen_words(tx.unseen(week, tx.now), tx.unseen(month, week)),
    }  # fmt: skip
    told = 0
    for what, sentence in found.items():
        if sentence is None:
            continue
        advice = "Look: amends evaluate --since 30d. Then teach it: amends review, amends retrain."
        key = AlertKey(f"drift:{what}:{model}")
        if tx.announce(Notice(key, Topic.DRIFT, "The inbox is changing", (sentence,), advice)):
            log.warning("%s", sentence)
            told += 1
    return told

"""A database from before mail was held, watched and bundled is opened today, and given back: nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from bot.domain.alert import AlertKey, CaseId, Notice, Reason, Say, Topic
from bot.domain.escalation import Notify
from bot.domain.message import Arrival, Direction, Place, ThreadId, Unreadable
from bot.service.deliver import LEASE, SETTLE
from bot.service.ports import Cursor, Quarantined
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.fakes.build import COLLEAGUE, DAY, HOUR, MISTAKE, NOTHING, message
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.store.test_upgrading import CARD, MAIL, NOTICE, Old, Rows, at_revision, held, still_there

SEEN = {"since": date(1970, 1, 1), "history_until": 0}
QUARANTINE: list[tuple[Table, list[dict[str, Any]]]] = [
    (t.quarantine, [{"id": n, "account": "support", "folder": "INBOX", "uidvalidity": 1, "uid": 10 + n,
                     "raw": b"From: \xff\x00", "error": "no header ends", "at": MONDAY} for n in (1, 2)]),
]  # fmt: skip
REVIEW = {
    "id": 2, "key": "review:1", "notice": {"title": "Daily review", "lines": ["1 · Mo"], "advice": "Answer."},
    "reason": "review", "opens": False, "notify": "channel", "loop": 0, "rung": 0, "state": "pending",
    "queued_at": MONDAY, "not_before": MONDAY, "attempts": 0, "error": "",
}  # fmt: skip


@pytest.fixture
def old(url: str, clock: SimulatedClock) -> Iterator[Old]:
    with at_revision(url, clock, "0002") as made:
        yield made


def filled(old: Old) -> Rows:
    return old.fill(*MAIL, *QUARANTINE, (t.outbox, [REVIEW]))


# up


def test_all_rows_are_there_and_the_folders_are_read_on_from_where_they_were(old: Old) -> None:
    before = filled(old)
    store = old.upgraded()
    still_there(before, store.read(held))
    assert store.transact(lambda tx: tx.cursor("support", "INBOX")) == Cursor(1, 2, **SEEN)  # type: ignore[arg-type]


def test_what_lay_in_quarantine_still_waits_there_and_can_end(old: Old) -> None:
    filled(old)
    store = old.upgraded()
    first, second = store.transact(lambda tx: tx.in_quarantine())
    mail = Unreadable(Place("support", "INBOX", 1, 11), b"From: \xff\x00", "no header ends")
    assert first == Quarantined(1, mail, MONDAY, 1)
    store.transact(lambda tx: tx.end_quarantine(second.id, "ana", "called"))
    assert store.transact(lambda tx: tx.in_quarantine()) == [first]


def test_old_mail_waits_for_nothing_and_new_mail_can_be_held(old: Old) -> None:
    filled(old)
    store = old.upgraded()
    m = t.message.c
    rows = store.read(lambda c: c.execute(select(m.held_for, m.is_history).order_by(m.id)).all())
    assert [tuple(row) for row in rows] == [(None, False), (None, False)]
    held_back = Arrival(message("Again", subject="Order 1", received_at=MONDAY), Place("support", "INBOX", 1, 3))
    assert store.transact(lambda tx: tx.keep([held_back], "support")) == 1
    (thread,) = store.transact(lambda tx: tx.held_threads("support", ThreadId(0), 9))
    assert thread == 1, "it belongs to the thread that there was"


def test_alerts_and_notices_that_waited_are_said(old: Old) -> None:
    filled(old)
    store = old.upgraded()
    claimed = []
    while (row := store.transact(lambda tx: tx.claim(LEASE, SETTLE))) is not None:
        claimed.append(row.key)
        store.transact(lambda tx, it=row: tx.alert_for(it))  # type: ignore[misc]
    assert claimed == [CARD, "review:1"]


def test_the_outbox_takes_what_is_carried_and_nothing_else_that_is_new(old: Old) -> None:
    filled(old)
    store = old.upgraded()
    store.transact(lambda tx: tx.connection.execute(update(t.outbox).values(state="carried", carried_by=2)))
    for values in ({"state": "lost"}, {"carried_by": 77}):
        with pytest.raises(Exception, match=r"(?i)check|foreign key"):
            store.transact(lambda tx, it=values: tx.connection.execute(update(t.outbox).values(**it)))  # type: ignore[misc]


# down


def test_what_is_given_back_is_what_was_there(old: Old) -> None:
    before = filled(old)
    old.upgraded()
    assert old.given_back() == before


def test_what_an_older_amends_cannot_say_is_not_left_to_it_and_what_was_carried_is(old: Old) -> None:
    before = filled(old)
    store = old.upgraded()
    for topic in (Topic.WATCH, Topic.QUARANTINE, Topic.DIGEST):
        store.transact(lambda tx, it=topic: tx.announce(Notice(AlertKey(it.value), it, "New", ("1",), "")))  # type: ignore[misc]
    digest = select(t.outbox.c.id).where(t.outbox.c.key == "digest").scalar_subquery()
    carried = update(t.outbox).where(t.outbox.c.id == 1).values(state="carried", carried_by=digest)
    store.transact(lambda tx: tx.connection.execute(carried))
    assert old.given_back()["outbox"] == before["outbox"]


def test_a_digest_that_was_said_and_what_it_carried_stay_said(old: Old) -> None:
    filled(old)
    store = old.upgraded()
    store.transact(lambda tx: tx.announce(Notice(AlertKey("digest:1"), Topic.DIGEST, "Many", ("1",), "")))
    said = update(t.outbox).values(state="sent", ref="1.2", sent_at=MONDAY)
    store.transact(lambda tx: tx.connection.execute(said))
    digest = select(t.outbox.c.id).where(t.outbox.c.key == "digest:1").scalar_subquery()
    carried = update(t.outbox).where(t.outbox.c.id == 1).values(carried_by=digest)
    store.transact(lambda tx: tx.connection.execute(carried))
    found = {row["key"]: row["state"] for row in old.given_back()["outbox"]}
    assert set(found.values()) == {"sent"}
    assert {CARD, "review:1"} < set(found)


def keep(store: SqlStore, *arrivals: tuple[Any, str, int]) -> None:
    batch = [Arrival(mail, Place("support", folder, 1, uid)) for mail, folder, uid in arrivals]
    store.transact(lambda tx: tx.keep(batch, "support"))


def test_whoever_is_held_and_unanswered_waits_in_an_older_amends_and_is_overdue_there(old: Old) -> None:
    """It would never decide about what it finds stored already: without this those customers were lost."""
    filled(old)
    store = old.upgraded()
    ours = message("Sorry.", direction=Direction.FROM_US, sender=COLLEAGUE, references=("<b@x>",), received_at=MONDAY)
    keep(
        store,
        (message("A?", subject="A", rfc_id="<a@x>", received_at=MONDAY - DAY), "INBOX", 20),
        (message("A again?", subject="A", rfc_id="<a2@x>", received_at=MONDAY - HOUR), "INBOX", 21),
        (message("B?", subject="B", rfc_id="<b@x>", received_at=MONDAY - DAY), "INBOX", 22),
        (message("C: of a case?", subject="Order 1", rfc_id="<c@x>", received_at=MONDAY), "INBOX", 23),
        (ours, "Sent", 1),
    )
    store.transact(lambda tx: tx.remember(Arrival(message("Decided", subject="D")), NOTHING))
    old.given_back()
    again = old.upgraded()
    ((waiting, customer, _medium),) = again.transact(lambda tx: tx.due_waits(9))
    assert (waiting.since, waiting.count, waiting.due_at) == (MONDAY - DAY, 2, MONDAY - DAY)
    assert customer.address == "mo@customer.example"


def test_what_was_given_back_can_be_taken_up_again(old: Old) -> None:
    before = filled(old)
    old.upgraded()
    old.given_back()
    store = old.upgraded()
    still_there(before, store.read(held))
    say = Say(Reason.WROTE_AGAIN, Notify.CHANNEL, 0, 9)
    store.transact(lambda tx: tx.queue(CaseId(1), say))
    assert store.transact(lambda tx: tx.announce(NOTICE)) is False, "it stands there from before"
    assert store.transact(lambda tx: tx.remember(Arrival(message("New", subject="E")), MISTAKE)) is not None

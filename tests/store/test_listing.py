"""What people look at."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.domain.alert import CaseId
from bot.domain.case import State, Step
from bot.domain.message import Person, Place, Unreadable
from bot.service import feedback
from bot.store import tables as t
from bot.store.listing import cases, one_case, tally
from bot.store.store import SqlStore
from tests.fakes.build import HOUR, IGNORED, MISTAKE, POLICY
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.world import World
from tests.store.rows import open_case

NO_NUMBERS = dict.fromkeys(
    ("messages", "quarantined", "cases", "mistakes", "ignored", "staff_reports", "escalated", "exhausted", "answered",
     "dismissed", "closed", "alerts_sent", "log_entries"), 0,
)  # fmt: skip


@pytest.fixture
def world(url: str) -> World:
    return World(url)


def test_an_empty_database_has_nothing_to_show(store: SqlStore) -> None:
    assert (store.read(cases), store.read(tally)) == ([], NO_NUMBERS)
    assert store.read(lambda c: one_case(c, 1)) is None


def test_what_is_due_first_is_on_top_and_what_has_ended_is_last(store: SqlStore, clock: SimulatedClock) -> None:
    def opened(name: str, minutes: int) -> CaseId:
        due = MONDAY + timedelta(minutes=minutes)
        return store.transact(lambda tx: open_case(tx, Person(f"{name}@x.example", name), next_due_at=due))

    for name, minutes in (("late", 90), ("ended", 5), ("soon", 10), ("tie", 10)):
        opened(name, minutes)
    feedback.step(store, POLICY, CaseId(2), Step.CLOSED, who="ana", whence="cli", note="by phone")
    assert [row["customer"] for row in store.read(cases)] == ["soon", "tie", "late", "ended"]


def test_a_line_of_the_list_is_of_json_and_says_what_a_table_needs(store: SqlStore) -> None:
    store.transact(open_case)
    (row,) = store.read(cases)
    assert json.loads(json.dumps(row)) == row
    assert row == {
        "id": 1, "state": "suspected", "labels": ["mistake"], "reason": "mistake", "customer": "Mo",
        "opened_at": "2026-03-02T09:00:00+00:00", "next_due_at": "2026-03-02T09:15:00+00:00", "messages": 1,
        "severity": 2, "claimed_by": "", "exhausted": False,
    }  # fmt: skip


def test_a_case_is_told_with_its_messages_its_log_and_what_was_said(world: World) -> None:
    with world:
        complaint = world.customer("You charged me twice.", MISTAKE)
        world.hears("mistake to channel")
        world.clock.advance(HOUR)
        world.colleague("We are sorry.", to=complaint)
        world.customer("Thanks!")
        world.customer("Unrelated", sender=Person("jo@customer.example"))
        told = world.store.read(lambda c: one_case(c, 1))
    assert told is not None
    assert json.loads(json.dumps(told)) == told
    assert [(m["from"], m["direction"], m["text"]) for m in told["thread"]] == [
        ("Mo", "from_customer", "You charged me twice."), ("Ana", "from_us", "We are sorry."),
        ("Mo", "from_customer", "Thanks!"),
    ]  # fmt: skip
    assert (told["messages"], told["waiting_since"]) == (2, "2026-03-02T09:00:00+00:00")
    assert told["thread"][0]["verdict"]["labels"] == ["mistake"]
    assert [(e["who"], e["whence"], e["what"], e["from"], e["to"]) for e in told["log"]] == [
        ("amends", "mail", "opened", None, "suspected"), ("Ana", "mail", "contacted", "suspected", "contacted"),
        ("mo@customer.example", "mail", "wrote", "contacted", "contacted"),
    ]  # fmt: skip
    assert [(a["key"], a["notify"], a["state"], a["error"]) for a in told["alerts"]] == [
        ("1:mistake:0:0:channel", "channel", "sent", "")
    ]


def test_the_tally_counts_what_was_read_what_it_became_and_what_was_said(world: World) -> None:
    with world:
        for name, said in (("mo", MISTAKE), ("jo", IGNORED), ("al", MISTAKE)):
            world.customer(f"{name} complains", said, sender=Person(f"{name}@x.example"))
            world.hears("mistake to channel" if said is MISTAKE else "ignored to channel")
        world.staff("All invoices are wrong.", MISTAKE)
        world.hears("staff_report to channel")
        world.customer("Hello", sender=Person("hi@x.example"))
        world.step(Step.DISMISSED, case=1, note="their bank")
        world.step(Step.CONTACTED, case=2)
        world.step(Step.CLOSED, case=2, note="by phone")
        world.clock.advance(HOUR)
        world.engine()
        world.hears(*["still_unanswered to channel, late 45m"] * 2)
        world.store.transact(
            lambda tx: tx.connection.execute(update(t.case).where(t.case.c.id == 3).values(exhausted=True))
        )
        world.intake.take([Unreadable(Place("a", "INBOX", 1, 9), b"x", "broken")])
        counted = world.store.read(tally)
    assert counted == {
        "messages": 5, "quarantined": 1, "cases": 4, "mistakes": 3, "ignored": 1, "staff_reports": 1, "escalated": 2,
        "exhausted": 1, "answered": 1, "dismissed": 1, "closed": 1, "alerts_sent": 6, "log_entries": 9,
    }  # fmt: skip


def test_looking_works_for_every_state(store: SqlStore) -> None:
    store.transact(open_case)
    for state in State:
        due = None if state.resolved else MONDAY
        values = {"state": state.value, "next_due_at": due}
        store.transact(lambda tx, v=values: tx.connection.execute(update(t.case).values(**v)))  # type: ignore[misc]
        (row,) = store.read(cases)
        assert (row["state"], row["next_due_at"] is None) == (state.value, state.resolved)

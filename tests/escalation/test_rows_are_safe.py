"""S1, S3, S4, S6 and S9: each thing is written once, by whoever may write it, and the log tells all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import func, select

from bot.domain.actions import ChangeCase
from bot.domain.alert import CaseId, Reason, Say
from bot.domain.case import Entry, State, Step
from bot.domain.escalation import Notify
from bot.domain.message import Arrival, Direction, Person, Place
from bot.domain.verdict import Label
from bot.errors import LostRace
from bot.service import feedback
from bot.service.ports import Kind, Received
from bot.service.tick import Ticked, tick
from bot.service.ticking import LENGTH, TickLease
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.escalation import invariants
from tests.escalation.processes import Engine, Life, complain_until_taken, fire
from tests.fakes.build import COLLEAGUE, HOUR, MINUTE, MISTAKE, POLICY, message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World, everything

CASE = CaseId(1)


@pytest.fixture
def other(url: str, world: World) -> Iterator[SqlStore]:
    """The same database, opened by another process."""
    opened = SqlStore(url, world.clock)
    yield opened
    opened.close()


def complaints(world: World, count: int) -> None:
    """Of as many customers, each with a card."""
    for number in range(count):
        sender = Person(f"c{number}@customer.example")
        world.customer(f"You charged me twice, {number}.", MISTAKE, sender=sender)
        world.hears("mistake to channel")


def test_s1_a_key_is_one_row_whichever_of_several_processes_fires_first(
    world: World, start: Callable[..., Engine]
) -> None:
    complaints(world, 12)
    engines = [start() for _ in range(3)]
    for minute in (15, 60):
        for engine in engines:
            engine.is_told(fire, MONDAY + minute * MINUTE)
        assert sum(engine.answer().queued for engine in engines) == 12
    assert Counter(key.split(":", 1)[1] for key, _ in world.outbox()) == {
        "mistake:0:0:channel": 12, "still_unanswered:0:0:channel": 12, "still_unanswered:0:1:on_call": 12,
    }  # fmt: skip
    invariants.hold(world.store)


def test_s1_what_was_queued_once_is_not_queued_again(world: World, other: SqlStore) -> None:
    complaints(world, 1)
    say = Say(Reason.STILL_UNANSWERED, Notify.CHANNEL, 0, 0)
    for store in (world.store, other, world.store):
        store.transact(lambda tx: tx.queue(CASE, say))
    assert world.outbox()[1:] == [("1:still_unanswered:0:0:channel", "pending")]


def test_s3_the_log_of_a_whole_life_replayed_gives_the_case(life: Life) -> None:
    complaint = life.customer("You charged me twice.", MISTAKE)
    life.passes(HOUR)
    life.step(Step.ACKNOWLEDGED)
    life.snooze(2 * HOUR)
    life.passes(10 * HOUR)
    for step in (Step.CONTACTED, Step.AMENDS_MADE, Step.FIXED, Step.EVIDENCE_SENT, Step.CLOSED):
        invariants.hold(life.store)
        life.step(step)
    life.customer("And again!", MISTAKE, references=(complaint.rfc_id,))
    life.step(Step.DISMISSED, note="their bank")
    invariants.hold(life.store)


def test_s4_who_saw_an_older_generation_writes_nothing(world: World, other: SqlStore) -> None:
    complaints(world, 1)
    seen = world.case()
    feedback.step(other, POLICY, CASE, Step.ACKNOWLEDGED, who="ana", whence="slack")
    before = everything(world.store)
    entry = Entry(MONDAY, "amends", "amends", "still_unanswered", seen.state, State.SUSPECTED)
    with pytest.raises(LostRace):
        world.store.transact(lambda tx: tx.change_case(replace(seen, rung=1), entry))
    assert everything(world.store) == before


def test_s4_who_ticks_under_an_older_fence_writes_nothing(world: World, other: SqlStore) -> None:
    """Stopped for longer than its lease, it goes on where it was; another has ticked meanwhile."""
    complaints(world, 1)
    sleeper, standby = TickLease("one", lambda _: False), TickLease("two", lambda _: False)
    assert tick(world.store, POLICY, sleeper).held
    assert not tick(other, POLICY, standby).held
    world.clock.advance(LENGTH)
    assert tick(other, POLICY, standby).held
    world.clock.advance(15 * MINUTE - 2 * LENGTH)
    assert tick(other, POLICY, standby) == Ticked(held=True)
    world.clock.advance(LENGTH - MINUTE / 60)
    before = everything(world.store)
    assert not tick(world.store, POLICY, sleeper).held
    assert everything(world.store) == before


def test_s4_of_a_bundle_of_changes_one_of_which_is_stale_none_is_written(world: World, other: SqlStore) -> None:
    complaints(world, 2)
    seen = [world.case(1), world.case(2)]
    feedback.step(other, POLICY, CASE, Step.ACKNOWLEDGED, who="ana", whence="slack")
    before = everything(world.store)
    entry = Entry(MONDAY, "amends", "amends", "still_unanswered", State.SUSPECTED, State.SUSPECTED)
    with pytest.raises(LostRace):
        world.store.transact(lambda tx: tx.change_cases([ChangeCase(replace(one, rung=1), entry) for one in seen]))
    assert everything(world.store) == before


def test_s6_mail_that_is_read_again_and_again_in_any_order_counts_once(world: World) -> None:
    complaint = message("You charged me twice.", rfc_id="<1@customer.example>")
    world.judge.script[complaint.new_text] = MISTAKE
    ours = message("We are sorry.", direction=Direction.FROM_US, sender=COLLEAGUE, references=(complaint.rfc_id,),
                   received_at=MONDAY + HOUR)  # fmt: skip
    arrivals = [
        Arrival(complaint, Place("support", "INBOX", 1, 4)), Arrival(complaint, Place("support", "Orders", 1, 9)),
        Arrival(ours, Place("support", "Sent", 1, 1)),
    ]  # fmt: skip
    for order in permutations(arrivals):
        world.intake.take([*order, *order])
    assert world.log() == ["opened", "contacted"]
    assert world.outbox() in ([("1:mistake:0:0:channel", "pending")], [("1:mistake:0:0:channel", "withdrawn")])


def test_s6_what_slack_tells_again_counts_once(world: World, other: SqlStore) -> None:
    told = [Received(Kind.EVENT, f"Ev{number}", {}) for number in (1, 2, 1)]
    assert world.store.transact(lambda tx: tx.receive(told)) == 2
    for row in world.store.transact(lambda tx: tx.inbound(10)):
        assert world.store.transact(lambda tx, it=row.id: tx.worked_off(it))  # type: ignore[misc]
        assert not other.transact(lambda tx, it=row.id: tx.worked_off(it))  # type: ignore[misc]
    assert other.transact(lambda tx: tx.receive(told)) == 0
    assert other.transact(lambda tx: tx.inbound(10)) == []


def test_s9_several_processes_that_read_the_same_complaint_open_one_case(
    world: World, start: Callable[..., Engine]
) -> None:
    engines = [start() for _ in range(3)]
    for engine in engines:
        engine.is_told(complain_until_taken, MONDAY)
    assert [engine.answer() for engine in engines] == ["taken"] * 3
    assert world.store.read(lambda c: c.execute(select(func.count()).select_from(t.message)).scalar()) == 1
    assert world.cases() == 1
    assert [key.split(":", 1)[1] for key, _ in world.outbox()] == ["mistake:0:0:channel"]


def test_s9_a_thread_has_one_case_whoever_opens_it(world: World, other: SqlStore) -> None:
    world.customer("Where is my order?")
    labels = frozenset({Label.MISTAKE})
    for store in (world.store, other, world.store):
        feedback.act(store, POLICY, lambda team: team.treat_stored("<1@mail.example>", labels), who="ana", whence="cli")
    assert world.cases() == 1

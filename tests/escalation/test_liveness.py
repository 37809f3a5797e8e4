"""L1 to L4: whatever is due is said, by however many processes, and the channel shows how things stand in the end."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.alert import AlertKey
from bot.domain.case import Step
from bot.domain.message import Arrival, Person
from bot.errors import Gone, Refused, Retriable, Unshowable
from bot.service.tick import tick
from bot.store import tables as t
from tests.escalation import invariants
from tests.escalation.many import open_cases
from tests.escalation.processes import Engine, FileChannel, Life, beat
from tests.fakes.build import DAY, HOUR, MINUTE, MISTAKE, POLICY, message
from tests.fakes.clock import MONDAY

LOST = Retriable("the answer was lost", outcome_unknown=True)
DOWNTIMES = [15 * MINUTE, 9 * HOUR, 400 * DAY]
TROUBLE: list[Exception] = [
    Retriable("busy"), LOST, Retriable("too fast", retry_after=40), Refused("archived"), Unshowable("too long"), Gone(),
]  # fmt: skip


def complaints(life: Life, count: int) -> None:
    """Taken in, and not said yet."""
    life.judge.script["You charged me twice."] = MISTAKE
    arrivals = (message("You charged me twice.", sender=Person(f"c{n}@customer.example")) for n in range(count))
    life.intake.take([Arrival(one) for one in arrivals])


@pytest.mark.parametrize("downtime", DOWNTIMES, ids=str)
def test_l1_after_any_downtime_two_ticks_put_all_that_is_due_into_the_outbox(life: Life, downtime: timedelta) -> None:
    open_cases(life, 230)
    life.clock.advance(downtime)
    tick(life.store, POLICY)
    assert Counter(key.split(":", 1)[1] for key, _ in life.outbox())["still_unanswered:0:0:channel"] == 230
    tick(life.store, POLICY)
    due = select(t.case.c.id).where(t.case.c.next_due_at <= life.clock.now())
    assert life.store.read(lambda c: c.execute(due).all()) == []


def test_l1_whoever_waits_without_a_case_has_one_within_two_ticks(life: Life) -> None:
    for number in range(12):
        life.intake.take([Arrival(message(sender=Person(f"w{number}@customer.example")))])
    life.down(10 * DAY)
    assert life.cases() == 12


@pytest.mark.parametrize("seed", range(2))
def test_l2_every_row_ends_said_taken_back_or_dead_with_an_alert(life: Life, seed: int) -> None:
    dice = random.Random(seed)
    life.channel.before = [dice.choice(TROUBLE) if dice.random() < 0.6 else (lambda _: None) for _ in range(40)]
    life.channel.after = [LOST if dice.random() < 0.2 else (lambda _: None) for _ in range(40)]
    complaints(life, 4)
    life.passes(2 * HOUR)
    life.step(Step.ACKNOWLEDGED, case=1)
    life.channel.before, life.channel.after = [], []
    life.passes(12 * HOUR)
    rows = life.store.read(lambda c: c.execute(select(t.outbox)).all())
    told = {row.key for row in rows}
    assert {row.state for row in rows} <= {"sent", "withdrawn", "dead"}
    dead = [row for row in rows if row.state == "dead" and row.error != "its case no longer wants it"]
    assert all(f"delivery:{row.key}" in told for row in dead if not row.key.startswith("delivery:"))
    standing = life.channel.standing()
    assert all(standing[AlertKey(row.key)] == (row.state == "sent") for row in rows if row.carried_by is None)


@pytest.mark.parametrize("seed", range(2))
def test_l3_the_card_shows_the_last_state_in_the_end(life: Life, seed: int) -> None:
    dice = random.Random(seed)
    complaints(life, 1)
    life.delivery.run()
    life.channel.redraw_trouble = [dice.choice((LOST, Retriable("busy"))) for _ in range(12)]
    for step in (Step.ACKNOWLEDGED, Step.CONTACTED, Step.REOPENED, Step.CONTACTED, Step.AMENDS_MADE, Step.FIXED):
        life.step(step)
        life.passes(dice.choice((MINUTE, 20 * MINUTE)))
    life.channel.redraw_trouble = []
    life.passes(HOUR)
    (shown,) = life.channel.cards.values()
    assert (shown.state, shown.generation) == (life.case().state.value, life.case().generation)


MOMENTS = [MONDAY + minute * MINUTE for minute in (1, 15, 16, 60, 61, 240, 241, 480, 481)]


@pytest.mark.parametrize("processes", [1, 3])
def test_l4_any_number_of_processes_says_what_one_would(
    life: Life, start: Callable[..., Engine], tmp_path: Path, processes: int
) -> None:
    """All at the same time, without a lease: the rows themselves keep them apart."""
    complaints(life, 5)
    engines = [start() for _ in range(processes)]
    for moment in MOMENTS:
        for engine in engines:
            engine.is_told(beat, moment)
        for engine in engines:
            engine.answer()
    said = FileChannel(tmp_path / "channel", life.clock).standing()
    assert set(said.values()) == {1}
    assert Counter(key.split(":", 1)[1] for key in said) == {
        "mistake:0:0:channel": 5, "still_unanswered:0:0:channel": 5, "still_unanswered:0:1:on_call": 5,
        "still_unanswered:0:2:lead": 5, "first_response_overdue:0:3:on_call": 5,
    }  # fmt: skip
    invariants.hold(life.store)

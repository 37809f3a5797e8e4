"""Random histories of the whole engine beside the model: after each step both must tell the same.

Two engines tick and deliver on one database, each under the lease; they are killed inside and between transactions,
the channel fails, the clock jumps both ways, and the policy is edited.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from bot.domain.alert import CaseId, Notice
from bot.domain.case import Step
from bot.domain.message import Arrival, Direction, Person, Place
from bot.domain.triage import Policy
from bot.domain.verdict import Label, Verdict
from bot.errors import IllegalStep, Retriable, UsageError
from bot.service import feedback
from bot.service.recover import recover
from bot.service.tick import Ticked, tick
from bot.store import tables as t
from bot.store.store import SqlStore
from tests.escalation import invariants, model
from tests.escalation.engines import Channel, Killed, Process
from tests.escalation.model import DAY, HOUR, Model
from tests.escalation.policies import EPOCH, LADDERS, ladder_of, moment, policy_of, reach
from tests.fakes.build import COLLEAGUE, NOTHING, message, verdict
from tests.fakes.clock import SimulatedClock
from tests.fakes.world import ScriptedJudge, World

CUSTOMERS = ("mo", "jo", "li")
STEPS = ("acknowledged", "acknowledged", *model.LEGAL)
MAIL = ("question", "complaint", "answer")
VERDICTS = {
    ("mistake", 1): verdict(Label.MISTAKE, severity=1), ("mistake", 3): verdict(Label.MISTAKE, severity=3),
    ("ignored", 2): verdict(Label.IGNORED, severity=2),
}  # fmt: skip
TROUBLE = {
    "busy": Retriable("busy"), "patience": Retriable("too fast", retry_after=90),
    "lost": Retriable("lost", outcome_unknown=True),
}  # fmt: skip

JUMPS = (1, 5, 10, 15, HOUR, 4 * HOUR, 10 * HOUR, DAY, 3 * DAY, -HOUR, -10 * HOUR)
KILLS = st.sampled_from(["", "", "", "within", "after"])
WHO = st.sampled_from([0, 1])


class EscalationMachine(RuleBasedStateMachine):
    """On SQLite; `url_of` gives another database."""

    steps_done = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.url = self.url_of()
        self.clock = SimulatedClock(EPOCH + timedelta(days=7, hours=9))
        self.judge, self.channel = ScriptedJudge(), Channel(self.clock)
        self.known_dead: set[str] = set()
        self.looker = SqlStore(self.url, self.clock)
        self.ladder = 0
        self.model = Model(ladder_of(0), reach, self.minute())
        self.born, self.told, self.heard = 0, 0, 0
        self.first: dict[str, str] = {}  # the Message-ID with which each customer's thread begins
        self.holder, self.held_until = "", self.clock.now()
        self.engines = [self.new_engine(), self.new_engine()]

    def url_of(self) -> str:
        World.at(self.folder).store.close()
        return f"sqlite:///{self.folder / 'amends.db'}"

    def teardown(self) -> None:
        for one in self.engines:
            one.close()
        self.looker.close()
        shutil.rmtree(self.folder)

    @property
    def policy(self) -> Policy:
        return policy_of(self.ladder)

    def minute(self) -> int:
        return round((self.clock.now() - EPOCH).total_seconds() / 60)

    def new_engine(self) -> Process:
        self.born += 1
        name = f"engine {self.born}"
        return Process(name, self.url, self.clock, self.channel, lambda holder: holder in self.known_dead)

    def does(self, which: int, work: Callable[[Process], Any], kill: str = "", at: int = 1) -> bool:
        """Whether the process survived it; if not, another one stands in its place."""
        process = self.engines[which]
        process.transacts_until(at if kill else None, within=kill == "within")
        try:
            work(process)
        except Killed:
            process.close()
            self.engines[which] = self.new_engine()
            return False
        finally:
            process.transacts_until(None, within=False)
        return True

    # what comes in

    @initialize(kind=st.sampled_from(sorted(VERDICTS)), ladder=st.integers(0, len(LADDERS) - 1))
    def it_begins_with_a_complaint(self, kind: tuple[str, int], ladder: int) -> None:
        self.the_policy_is_edited(ladder)
        self.a_customer_complains("mo", kind, 0, "")

    @rule(customer=st.sampled_from(CUSTOMERS), what=st.sampled_from(MAIL), who=WHO, kill=KILLS)
    def mail_comes(self, customer: str, what: str, who: int, kill: str) -> None:
        if what == "question":
            self.arrives(customer, Direction.FROM_CUSTOMER, NOTHING, who, kill)
            self.model.asks(customer)
        elif what == "complaint" or customer not in self.first:
            self.a_customer_complains(customer, ("mistake", 1 if customer == "jo" else 3), who, kill)
        else:
            self.arrives(customer, Direction.FROM_US, NOTHING, who, kill)
            self.model.answers(customer)

    def a_customer_complains(self, customer: str, kind: tuple[str, int], who: int, kill: str) -> None:
        self.arrives(customer, Direction.FROM_CUSTOMER, VERDICTS[kind], who, kill)
        self.model.complains(customer, *kind)

    def arrives(self, customer: str, direction: Direction, found: Verdict, who: int, kill: str) -> None:
        """Whoever is killed by it, it is read again."""
        self.told += 1
        text, rfc_id = f"Where is my order? {self.told}", f"<{self.told}@mail.example>"
        first = self.first.setdefault(customer, rfc_id)
        ours = direction is Direction.FROM_US
        self.judge.script[text] = found
        arrival = Arrival(
            message(
                text, direction=direction, sender=COLLEAGUE if ours else Person(f"{customer}@customer.example"),
                rfc_id=rfc_id, references=() if first == rfc_id else (first,), subject=f"Order of {customer}",
                received_at=EPOCH - timedelta(days=30) + timedelta(seconds=self.told),
            ),
            Place("support", "Sent" if ours else "INBOX", 1, self.told),
        )  # fmt: skip
        if not self.does(who, lambda it: it.intake(self.judge, self.policy).take([arrival]), kill, 1 if ours else 2):
            self.does(who, lambda it: it.intake(self.judge, self.policy).take([arrival]))

    # what people do

    @precondition(lambda self: self.model.cases)
    @rule(data=st.data(), step=st.sampled_from(STEPS), who=WHO, kill=KILLS)
    def a_person_takes_a_step(self, data: st.DataObject, step: str, who: int, kill: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.cases)))
        told = {"who": "ana", "whence": "slack", "note": "for a reason"}
        legal = True

        def steps(it: Process) -> None:
            nonlocal legal
            try:
                feedback.step(it.mortal, self.policy, CaseId(number), Step(step), **told)
            except IllegalStep:
                legal = False

        self.does(who, steps, kill)
        if kill != "within" or not legal:
            assert self.model.steps(number, step) == legal

    @precondition(lambda self: self.model.cases)
    @rule(data=st.data(), length=st.sampled_from([30, 3 * HOUR, DAY]), who=WHO, kill=KILLS)
    def a_person_puts_it_off(self, data: st.DataObject, length: int, who: int, kill: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.cases)))
        until, legal = self.clock.now() + timedelta(minutes=length), True

        def snoozes(it: Process) -> None:
            nonlocal legal
            try:
                feedback.put_off(it.mortal, self.policy, CaseId(number), until, who="ana", whence="slack")
            except UsageError:
                legal = False

        self.does(who, snoozes, kill)
        if kill != "within" or not legal:
            assert self.model.snoozes(number, length) == legal

    @rule(number=st.integers(0, len(LADDERS) - 1))
    def the_policy_is_edited(self, number: int) -> None:
        """Cases keep the ladder that they opened with."""
        self.ladder, self.model.ladder = number, ladder_of(number)

    # time

    @rule(minutes=st.sampled_from(JUMPS), is_one_machine=st.booleans())
    def time_jumps(self, minutes: int, is_one_machine: bool) -> None:
        """On one machine it can be told of a process that it is gone."""
        self.time_passes(minutes)
        dead = {f"engine {n + 1}" for n in range(self.born)} - {one.name for one in self.engines}
        self.known_dead = dead if is_one_machine else set()

    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self.model.now = self.minute()

    @rule(who=WHO, kill=KILLS)
    def an_engine_ticks(self, who: int, kill: str) -> None:
        name, now = self.engines[who].name, self.clock.now()
        may = self.holder in ("", name, *self.known_dead) or self.held_until <= now
        ticked: list[Ticked] = []
        survived = self.does(who, lambda it: ticked.append(tick(it.mortal, self.policy, it.lease)), kill)
        assert [one.held for one in ticked] == [may] * survived
        if kill == "within" or not may:
            return
        self.holder, self.held_until = name, now + timedelta(seconds=5)
        self.model.ticks()

    @rule(minutes=st.sampled_from([1, 5, 15]), who=WHO)
    def time_passes_while_it_runs(self, minutes: int, who: int) -> None:
        for _ in range(minutes):
            self.time_passes(1)
            self.an_engine_ticks(who, "")
            self.an_engine_delivers(who, "", 1)

    @rule(slept=st.sampled_from([1, 7, 40, 3 * HOUR, 3 * DAY]), times=st.integers(1, 4), who=WHO)
    def it_was_down_and_runs_again(self, slept: int, times: int, who: int) -> None:
        self.time_passes(slept)
        self.it_runs_from_deadline_to_deadline(times, who, "")

    @rule(times=st.integers(2, 6), who=WHO, kill=KILLS)
    def it_runs_from_deadline_to_deadline(self, times: int, who: int, kill: str) -> None:
        for _ in range(times):
            dues = [due for one in self.model.cases.values() if (due := model.first_due(one)) is not None]
            self.time_passes(max(min(dues, default=0) - self.minute(), 1))
            self.an_engine_ticks(who, "")
            self.an_engine_delivers(who, "", 1)
            self.agrees()
        self.an_engine_ticks(who, kill)

    # what is said

    @rule(who=WHO, kill=KILLS, at=st.integers(1, 8))
    def an_engine_delivers(self, who: int, kill: str, at: int) -> None:
        self.does(who, self.say, kill, at)

    @rule(which=st.sampled_from(sorted(TROUBLE)), before=st.booleans())
    def the_channel_will_fail(self, which: str, before: bool) -> None:
        (self.channel.before if before else self.channel.after).append(TROUBLE["lost" if not before else which])

    @rule(who=WHO, before=st.booleans())
    def an_engine_is_killed_at_the_call(self, who: int, before: bool) -> None:
        def killed(_: object) -> None:
            raise Killed

        planned = self.channel.before if before else self.channel.after
        planned.insert(0, killed)
        self.does(who, self.say)
        if killed in planned:
            planned.remove(killed)

    def say(self, it: Process) -> None:
        recover(it.mortal, self.channel)
        it.delivery.run()

    @rule(who=WHO)
    def the_channel_is_well_for_long(self, who: int) -> None:
        """Everything that may be said is."""
        self.channel.before, self.channel.after = [], []
        for _ in range(40):
            self.does(who, self.say)
            self.agrees()
            left = [row for row in self.model.rows if row.state == "waiting" and (row.put_off or 0) <= self.minute()]
            if not left:
                return
            later = max(self.clock.now() + timedelta(minutes=6), self.next_try() + timedelta(minutes=1))
            self.clock.set(later.replace(second=0, microsecond=0))
            self.model.now = self.minute()
        raise AssertionError(f"this was never said: {[row.key for row in left]}")

    def next_try(self) -> datetime:
        o = t.outbox.c
        waiting = o.state.in_(("pending", "sending", "unknown"))
        found = select(o.not_before, o.look_up_at, o.state, o.deferred_until).where(waiting)
        rows = self.looker.read(lambda c: c.execute(found).all())
        due = [row.not_before if row.state == "pending" else row.look_up_at for row in rows]
        return min((at for at in due if at > self.clock.now()), default=self.clock.now())

    # whether both tell the same

    @invariant()
    def agrees(self) -> None:
        EscalationMachine.steps_done += 1
        rows = self.looker.read(lambda c: list(c.execute(select(t.outbox).order_by(t.outbox.c.id))))
        self.cases_are_the_same()
        self.said_as_the_model_allows(rows)
        mine = [row for row in rows if row.case_id is not None]
        keys, should_be = [row.key for row in mine], [row.key for row in self.model.rows]
        assert keys == should_be, f"the engine: {keys}\nthe model:  {should_be}"
        by_id = {row.id: row for row in rows}
        for row, told in zip(mine, self.model.rows, strict=True):
            self.is_the_same(row, told)
        on_its_way = {row.id for row in rows if row.state in ("sending", "unknown")}
        self.model.under_way = {row.key for row in mine if row.id in on_its_way or row.carried_by in on_its_way}
        assert not [row for row in by_id.values() if row.notice is not None and row.reason != "digest"]

    def cases_are_the_same(self) -> None:
        found = self.looker.read(lambda c: c.execute(select(t.case).order_by(t.case.c.id)).all())
        is_now = [
            {
                "number": row.id, "state": row.state, "loop": row.loop, "rung": row.rung, "exhausted": row.exhausted,
                "snoozed": row.snoozed, "step": row.step_due_at, "answer": row.answer_due_at,
                "changes": row.generation, "severity": row.severity, "reason": row.reason, "due": row.next_due_at,
            }
            for row in found
        ]  # fmt: skip
        should_be = [
            {key: case[key] for key in ("number", "state", "loop", "rung", "exhausted", "snoozed")}
            | {"step": moment(case["step"]), "answer": moment(case["answer"]), "changes": case["changes"]}
            | {"severity": case["severity"], "reason": case["reason"], "due": moment(model.first_due(case))}
            for case in self.model.cases.values()
        ]
        for one, other in zip_longest(is_now, should_be):
            assert one == other, f"the engine: {one}\nthe model:  {other}"
        invariants.hold(self.looker)

    def said_as_the_model_allows(self, rows: list[Any]) -> None:
        """Each post since the last look was of something that waited, was wanted, and was not put off."""
        told = {row.key: row for row in self.model.rows}
        carried = {row.key: [one.key for one in rows if one.carried_by == row.id] for row in rows}
        for post in self.channel.posts[self.heard :]:
            if isinstance(post.said, Notice):
                keys = carried[post.said.key]
            else:
                keys = [post.said.key]
                row = told[post.said.key]
                assert self.model.wants(row), f"{row.key} was said, and nobody wanted it"
                assert post.said.mention == row.mention
            for key in keys:
                assert told[key].state == "waiting", f"{key} was said, and it was {told[key].state}"
                assert (told[key].put_off or 0) <= self.minute(), f"{key} was said too early"
        self.heard = len(self.channel.posts)

    def is_the_same(self, row: Any, told: model.Row) -> None:
        ping, should_be = (row.mention, row.deferred_until), (told.mention, moment(told.put_off))
        assert ping == should_be, f"{told.key} pings {ping}, and should {should_be}"
        late = (row.late_seconds or 0) / 60
        assert late == told.late, f"{told.key} is told to be {late} minutes late, and is {told.late}"
        if row.state == "sent":
            assert told.state in ("waiting", "said"), f"{told.key} was said, and it was {told.state}"
            told.state = "said"
        elif row.state == "withdrawn":
            assert told.state == "withdrawn", told.key
        elif row.state == "dead":
            assert told.state == "dropped" or not self.model.wants(told), f"{told.key} was given up"
            told.state = "dropped"
        else:
            assert told.state == "waiting", f"{told.key} is {row.state}, and should be {told.state}"

"""A whole amends over a real database, with time, customers, colleagues and the channel in a test's hands.

Stories read as people tell them: something happens, time passes, and `hears` says what the channel must have heard.
What was posted and not yet heard fails the test at its next step, so silence is checked everywhere.
"""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, func, select

from bot.domain.alert import Alert, AlertKey, CaseId, Notice
from bot.domain.case import Case, State, Step
from bot.domain.chat import Deleted, Edited, Member, Places, Said, Words, micros_at, ts_of
from bot.domain.hours import spell
from bot.domain.message import Arrival, Direction, Medium, Message, Person, Place
from bot.domain.silence import Earlier
from bot.domain.triage import Policy
from bot.domain.verdict import Verdict
from bot.errors import Gone
from bot.service import feedback
from bot.service.chat import Chat
from bot.service.deliver import Delivery
from bot.service.intake import Intake, Taken
from bot.service.ports import Ref
from bot.service.recover import recover
from bot.service.settle import Settling
from bot.service.tick import Ticked, tick
from bot.store import tables as t
from bot.store.listing import one_case
from bot.store.store import SqlStore
from tests.fakes.build import COLLEAGUE, CUSTOMER, NOTHING, POLICY
from tests.fakes.clock import MONDAY, SimulatedClock

ACME, BETA, WORK = "C0ACME", "C0BETA", "C0WORK"
PLACES = Places(frozenset({WORK}), {ACME: "Acme", BETA: "Beta"}, "U0BOT")
JO, SAM = Member("U0JO", "Jo Park", is_ours=False), Member("U0SAM", "Sam Lee", is_ours=False)
ANA, BEN = Member("U0ANA", "Ana", is_ours=True), Member("U0BEN", "Ben", is_ours=True)


class Everybody:
    """Slack's directory, as far as stories need it."""

    def who(self, user: str) -> Member:
        return next(member for member in (JO, SAM, ANA, BEN) if member.id == user)


@functools.cache
def _empty_database() -> bytes:
    """A database as SqlStore makes it, made once: migrating takes longer than most stories."""
    with tempfile.TemporaryDirectory() as folder:
        SqlStore(f"sqlite:///{folder}/amends.db", SimulatedClock()).close()
        return Path(folder, "amends.db").read_bytes()


@dataclass
class ScriptedJudge:
    """Says of each text what the script says, and of all others that there is nothing in it."""

    script: dict[str, Verdict] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        self.asked += [message.new_text for message in messages]
        return [self.script.get(message.new_text, NOTHING) for message in messages]


@dataclass(frozen=True)
class Post:
    said: Alert | Notice
    root: Ref | None
    ref: Ref
    at: datetime
    plainly: bool = False

    @property
    def alert(self) -> Alert:
        assert isinstance(self.said, Alert), "this post is about no case"
        return self.said

    def __str__(self) -> str:
        """ "still_unanswered to on_call, late 9h 45m", or "review: " and the title of a notice."""
        if isinstance(self.said, Notice):
            return f"{self.said.topic.value}: {self.said.title}"
        late = f", late {spell(self.alert.late_by)}" if self.alert.late_by else ""
        return f"{self.alert.reason.value} to {self.alert.notify.value}{late}"


Trouble = Callable[[Any], None]  # called with what is posted


@dataclass
class RecordingChannel:
    """Keeps every post and finds it again by its key. `before` and `after` a post trouble can be raised, once each."""

    clock: SimulatedClock
    posts: list[Post] = field(default_factory=list)
    before: list[Exception | Trouble] = field(default_factory=list)
    after: list[Exception | Trouble] = field(default_factory=list)
    find_trouble: list[Exception] = field(default_factory=list)
    attempts: int = 0
    look_ups: list[AlertKey] = field(default_factory=list)
    heard: int = 0
    cards: dict[Ref, Alert] = field(default_factory=dict)  # as they were last redrawn
    redraw_trouble: list[Exception | Trouble] = field(default_factory=list)
    redraws: list[tuple[Ref, bool]] = field(default_factory=list)  # all attempts, with whether plainly
    delete_trouble: list[Exception] = field(default_factory=list)
    deleted: list[Ref] = field(default_factory=list)

    def post(self, alert: Alert | Notice, root: Ref | None, *, plainly: bool = False) -> Ref:
        self.attempts += 1
        _happen(self.before, alert)
        ref = Ref(f"1700000000.{len(self.posts) + 1:06d}")
        self.posts.append(Post(alert, root, ref, self.clock.now(), plainly))
        _happen(self.after, alert)
        return ref

    def find(self, key: AlertKey, root: Ref | None, since: datetime, *, to: str = "") -> list[Ref]:
        self.look_ups.append(key)
        if self.find_trouble:
            raise self.find_trouble.pop(0)
        found = (p for p in self.posts if p.said.key == key and p.root == root and p.at >= since)
        return [p.ref for p in found if p.ref not in self.deleted]

    def redraw(self, ref: Ref, alert: Alert, *, plainly: bool = False) -> None:
        self.redraws.append((ref, plainly))
        _happen(self.redraw_trouble, alert)
        if ref in self.deleted:
            raise Gone
        self.cards[ref] = alert

    def delete(self, ref: Ref) -> None:
        if self.delete_trouble:
            raise self.delete_trouble.pop(0)
        self.deleted.append(ref)

    def late(self, said: Alert | Notice, root: Ref | None = None) -> Ref:
        """The channel carries out now what it was asked for earlier and never answered."""
        ref = Ref(f"1700000000.{len(self.posts) + 1:06d}")
        self.posts.append(Post(said, root, ref, self.clock.now()))
        return ref

    def standing(self) -> Counter[AlertKey]:
        """How often each key can be seen."""
        return Counter(post.said.key for post in self.posts if post.ref not in self.deleted)

    def unheard(self) -> list[Post]:
        return self.posts[self.heard :]


def _happen(troubles: list[Exception | Trouble], alert: Alert | Notice) -> None:
    if not troubles:
        return
    trouble = troubles.pop(0)
    if isinstance(trouble, Exception):
        raise trouble
    trouble(alert)


class World(AbstractContextManager["World"]):
    """One team, one mailbox, one channel."""

    def __init__(self, url: str, policy: Policy = POLICY, start: datetime = MONDAY) -> None:
        self.clock, self.policy = SimulatedClock(start), policy
        self.store = SqlStore(url, self.clock)
        self.judge, self.channel = ScriptedJudge(), RecordingChannel(self.clock)
        self.intake = Intake(self.store, self.judge, policy)
        self.delivery = Delivery(self.store, self.channel, self.clock)
        self.chat = Chat(Settling(self.store, self.judge, policy), Everybody(), PLACES)
        self._numbers = itertools.count(1)

    @classmethod
    def at(cls, folder: Path, policy: Policy = POLICY, start: datetime = MONDAY) -> Self:
        """Over `amends.db` in this folder, which is made when it is not there."""
        file = folder / "amends.db"
        if not file.exists():
            file.write_bytes(_empty_database())
        return cls(f"sqlite:///{file}", policy, start)

    def __exit__(self, kind: object, *_: object) -> None:
        self.store.close()
        if kind is None:
            self._nothing_unheard()

    # who speaks

    def customer(self, text: str, verdict: Verdict = NOTHING, **other: Any) -> Message:
        """A customer's mail arrives and is taken in; alerts go out at once."""
        self.judge.script[text] = verdict
        return self._arrives(text, {"sender": CUSTOMER, "direction": Direction.FROM_CUSTOMER} | other, "INBOX")

    def colleague(self, text: str, to: Message, **other: Any) -> Message:
        """One of ours answers by mail; amends finds it in the Sent folder."""
        ours = {"sender": COLLEAGUE, "direction": Direction.FROM_US, "references": (to.rfc_id,)}
        return self._arrives(text, ours | other, "Sent")

    def machine(self, text: str, to: Message | None = None, **other: Any) -> Message:
        """An automatic reply, or a bounce."""
        references = (to.rfc_id,) if to else ()
        return self._arrives(
            text, {"sender": CUSTOMER, "direction": Direction.AUTOMATIC, "references": references} | other, "INBOX"
        )

    def staff(self, text: str, verdict: Verdict) -> Message:
        """A colleague reports something in the work channel."""
        self.judge.script[text] = verdict
        words = {"sender": Person("U7", "Ana"), "direction": Direction.FROM_CUSTOMER, "medium": Medium.WORK_CHANNEL}
        return self._arrives(text, {"subject": ""} | words, None)

    def writes(
        self, who: Member, text: str, verdict: Verdict = NOTHING, *, channel: str = ACME, to: Said | None = None
    ) -> Said:
        """Somebody writes in Slack: in the channel itself, or in the thread of a message."""
        thread = (to.thread_ts or to.ts) if to else ""
        said = Said(channel, self.ts(), who.id, text, thread)
        self.judge.script[text] = verdict
        self.slack(said)
        return said

    def edits(self, said: Said, text: str, verdict: Verdict = NOTHING) -> Said:
        """The writer changes the words of a message."""
        now = replace(said, text=text, edited_ts=self.ts())
        self.judge.script[text] = verdict
        self.slack(Edited(now))
        return now

    def deletes(self, said: Said) -> Deleted:
        gone = Deleted(said.channel, said.ts, said.author, said.thread_ts)
        self.slack(gone)
        return gone

    def slack(self, *words: Words) -> int:
        """Slack tells of these; they are taken in at once, and what is to be said goes out."""
        self._nothing_unheard()
        new = self.chat.take(words)
        self.delivery.run()
        return new

    def ts(self) -> str:
        """Of a message that is written now: each has its own microsecond."""
        return ts_of(micros_at(self.clock.now()) + next(self._numbers))

    def _arrives(self, text: str, fields: dict[str, Any], folder: str | None) -> Message:
        self._nothing_unheard()
        number = next(self._numbers)
        known: dict[str, Any] = {
            "subject": "Order 17",
            "received_at": self.clock.now(),
            "rfc_id": f"<{number}@mail.example>",
        }
        message = Message(new_text=text, **(known | fields))
        self.take(message, Place("support", folder, 1, number) if folder else None)
        return message

    def take(self, message: Message, place: Place | None = None) -> Taken:
        taken = self.intake.take([Arrival(message, place)])
        self.delivery.run()
        return taken

    # what people do

    def step(self, what: Step, *, case: int = 1, note: str = "", who: str = "ana") -> Case:
        self._nothing_unheard()
        done = feedback.step(self.store, self.policy, CaseId(case), what, who=who, whence="slack", note=note)
        self.delivery.run()
        return done

    def snooze(self, length: timedelta, *, case: int = 1) -> Case:
        self._nothing_unheard()
        return feedback.put_off(
            self.store, self.policy, CaseId(case), self.clock.now() + length, who="ana", whence="slack"
        )

    # time

    def passes(self, length: timedelta) -> None:
        """Time goes by while amends runs: it stops wherever something is due, as a tick a second would find it."""
        self._nothing_unheard()
        end = self.clock.now() + length
        while (due := self.store.read(self._next_due)) is not None and due <= end:
            self.clock.set(due)
            self.engine()
        self.clock.set(end)
        self.engine()

    def until(self, moment: datetime) -> None:
        self.passes(moment - self.clock.now())

    def down(self, length: timedelta) -> None:
        """Time goes by while amends does not run; then it starts."""
        self._nothing_unheard()
        self.clock.advance(length)
        self.engine()

    def engine(self) -> Ticked:
        """One beat: what the ticker does each second."""
        ticked = tick(self.store, self.policy)
        recover(self.store, self.channel)
        self.delivery.run()
        return ticked

    def _next_due(self, connection: Connection) -> datetime | None:
        """The next moment after now at which any row wants something."""
        o = t.outbox.c
        moments = (
            select(func.min(column)).where(column > self.clock.now(), *conditions)
            for column, conditions in (
                (t.case.c.next_due_at, ()),
                (t.thread.c.answer_due_at, ()),
                (o.not_before, (o.state == "pending",)),
                (o.look_up_at, (o.state.in_(("sending", "unknown")),)),
                (o.twins_due_at, (o.state == "sent",)),
                (t.card.c.not_before, (t.card.c.wanted > t.card.c.drawn,)),
                (t.card.c.lease_until, (t.card.c.wanted > t.card.c.drawn,)),
            )
        )
        found = [connection.execute(moment).scalar() for moment in moments]
        return min((moment for moment in found if moment is not None), default=None)

    # what came of it

    def hears(self, *expected: str) -> list[Post]:
        """Exactly this was posted since the last time, in this order."""
        posts = self.channel.unheard()
        assert [str(post) for post in posts] == list(expected)
        self.channel.heard = len(self.channel.posts)
        return posts

    def _nothing_unheard(self) -> None:
        assert [str(post) for post in self.channel.unheard()] == [], "the channel heard what the story does not tell"

    def case(self, number: int = 1) -> Case:
        found = self.store.transact(lambda tx: tx.case(CaseId(number)))
        assert found is not None, f"there is no case {number}"
        return found

    def state(self, number: int = 1) -> State:
        return self.case(number).state

    def cases(self) -> int:
        return self.store.read(lambda c: int(c.execute(select(func.count()).select_from(t.case)).scalar_one()))

    def log(self, number: int = 1) -> list[str]:
        """What the event log says was done, in order."""
        told = self.store.read(lambda connection: one_case(connection, number))
        assert told is not None
        return [entry["what"] for entry in told["log"]]

    def outbox(self) -> list[tuple[str, str]]:
        """Every row's key and state."""
        o = t.outbox.c
        return self.store.read(lambda c: [(r.key, r.state) for r in c.execute(select(o.key, o.state).order_by(o.id))])


def everything(store: SqlStore) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables: two of these are equal when nothing happened in between."""

    def rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
        tables = t.metadata.sorted_tables
        return {x.name: [tuple(row) for row in connection.execute(select(x).order_by(*x.primary_key))] for x in tables}

    return store.read(rows)

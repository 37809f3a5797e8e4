"""A mailbox has caught up: who was answered meanwhile alerts nobody, who waits does so once, and nobody is lost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.case import State, Step
from bot.domain.message import Arrival, Direction, Message, Place
from bot.domain.silence import Earlier
from bot.domain.triage import Action, Facts, Policy, on_message
from bot.domain.verdict import Verdict
from bot.errors import Retriable
from bot.service.ports import Store
from bot.service.settle import Settling
from bot.store import tables as t
from bot.store.store import SqlTransaction
from tests.fakes.between import Between
from tests.fakes.build import COLLEAGUE, CUSTOMER, DAY, HOUR, IGNORED, MINUTE, MISTAKE, POLICY, at, message
from tests.fakes.clock import MONDAY
from tests.fakes.folders import FakeFolder, Mailbox, numbered
from tests.fakes.world import ScriptedJudge, World, everything

CARD, AGAIN, IGNORED_CARD = "mistake to channel", "wrote_again to channel", "ignored to channel"
COMPLAINT = message("You charged me twice.", rfc_id="<1@customer.example>")


def ours(text: str = "We are sorry.", minutes: float = 30, to: str = "<1@customer.example>", **other: Any) -> Message:
    known = {"direction": Direction.FROM_US, "sender": COLLEAGUE, "references": (to,), "subject": "Re: Order 17"}
    return message(text, received_at=MONDAY + minutes * MINUTE, **(known | other))


def chaser(number: int, **other: Any) -> Message:
    return message(f"Hello? ({number})", rfc_id=f"<again{number}@customer.example>",
                   received_at=MONDAY + number * HOUR, references=(COMPLAINT.rfc_id,), **other)  # fmt: skip


@pytest.fixture(autouse=True)
def _script(world: World) -> None:
    world.judge.script |= {COMPLAINT.new_text: MISTAKE} | {f"Hello? ({n})": IGNORED for n in range(9)}
    world.clock.set(at("16:00"))


Meanwhile = dict[int, Callable[[], object]]


def held(world: World) -> list[str]:
    """The texts about which nothing was decided yet."""
    m = t.message.c
    wanted = select(m.new_text).where(m.held_for.is_not(None)).order_by(m.id)
    return list(world.store.read(lambda connection: connection.execute(wanted).scalars().all()))


def hold(world: World, *messages: Message, folder: str = "INBOX", first: int = 1) -> None:
    """They lie in their folder, and the others are not read yet."""
    places = [Place("support", folder, 1, first + n) for n in range(len(messages))]
    world.intake.keep([Arrival(m, p, is_history=True) for m, p in zip(messages, places, strict=True)], "support")


def settling(world: World, store: Store | None = None, judge: object | None = None) -> Settling:
    return Settling(store or world.store, judge or world.judge, POLICY)  # type: ignore[arg-type]


# stories


@pytest.mark.parametrize("inbox_first", [True, False])
def test_who_was_answered_while_amends_was_away_alerts_nobody(world: World, inbox_first: bool) -> None:
    inbox, sent = FakeFolder(mails=[COMPLAINT]), FakeFolder("support/Sent", mails=[ours()])
    Mailbox(world, [inbox, sent] if inbox_first else [sent, inbox]).look()
    assert (world.cases(), world.outbox(), held(world)) == (0, [], [])
    world.passes(5 * DAY)
    world.hears()


def test_who_was_not_answered_gets_one_card_however_often_they_wrote(world: World) -> None:
    Mailbox(world, [FakeFolder(mails=[COMPLAINT, chaser(1), chaser(2)]), FakeFolder("support/Sent")]).look()
    (card,) = world.hears(CARD)
    assert (card.alert.messages, card.alert.waiting_since, card.alert.words) == (3, MONDAY, "You charged me twice.")
    assert {label.value for label in world.case().labels} == {"mistake", "ignored"}
    assert world.log() == ["opened", "wrote", "wrote"]


def test_three_in_a_row_are_an_ignored_customer_even_if_the_judge_finds_nothing(world: World) -> None:
    mails = [message(f"Where is my order? {n}", rfc_id=f"<q{n}@x>", received_at=MONDAY + n * HOUR) for n in range(3)]
    Mailbox(world, [FakeFolder(mails=[*mails])]).look()
    (card,) = world.hears(IGNORED_CARD)
    assert card.alert.waiting_since == MONDAY


def test_who_wrote_again_after_our_answer_waits_since_then(world: World) -> None:
    Mailbox(world, [FakeFolder(mails=[COMPLAINT, chaser(2)]), FakeFolder("support/Sent", mails=[ours()])]).look()
    world.hears(IGNORED_CARD)


def test_a_machine_s_word_is_no_answer_and_no_question(world: World) -> None:
    away = message("I am away.", direction=Direction.AUTOMATIC, references=(COMPLAINT.rfc_id,), received_at=at("15:00"))
    Mailbox(world, [FakeFolder(mails=[COMPLAINT, away])]).look()
    world.hears(CARD)
    alone = message("Your call was noted.", subject="Ticket", direction=Direction.AUTOMATIC)
    Mailbox(world, [FakeFolder("other/INBOX", mails=[alone])]).look()
    assert held(world) == []


def test_a_case_that_there_is_hears_of_what_came_while_amends_was_away(world: World) -> None:
    inbox, sent = FakeFolder(mails=[COMPLAINT]), FakeFolder("support/Sent")
    box = Mailbox(world, [inbox, sent])
    box.look()
    world.hears(CARD)
    inbox.mails.append(chaser(8, sender=CUSTOMER))
    box.restart()
    box.look()
    world.hears(AGAIN)


def test_a_case_that_was_answered_while_amends_was_away_is_contacted(world: World) -> None:
    inbox, sent = FakeFolder(mails=[COMPLAINT]), FakeFolder("support/Sent")
    box = Mailbox(world, [inbox, sent])
    box.look()
    world.hears(CARD)
    sent.mails.append(ours(minutes=500))
    box.restart()
    box.look()
    assert (world.state(), world.log()) == (State.CONTACTED, ["opened", "contacted"])


def test_a_question_in_the_history_is_due_from_when_it_came_and_a_new_one_from_when_it_is_seen(world: World) -> None:
    question = message("How long does delivery take?", received_at=MONDAY + 5 * MINUTE)
    late = message("And to Spain?", subject="Spain", rfc_id="<2@x>", received_at=MONDAY + 5 * MINUTE)
    box = Mailbox(world, [FakeFolder(mails=[question], arrives={2: [late]})])
    box.look()
    box.look()
    world.until(at("09:05", MONDAY + DAY))
    (card,) = world.hears("unanswered to channel")
    assert card.alert.waiting_since == MONDAY + 5 * MINUTE
    world.step(Step.DISMISSED, note="answered by telephone")
    world.until(at("16:00", MONDAY + DAY))
    world.hears("unanswered to channel")


def test_a_question_that_is_overdue_already_is_said_once_at_the_next_tick(world: World) -> None:
    question = message("How long does delivery take?", received_at=MONDAY - 7 * DAY)
    Mailbox(world, [FakeFolder(mails=[question])]).look()
    world.passes(timedelta(seconds=1))
    world.hears("unanswered to channel")


def test_who_waits_alone_is_told_of_as_if_the_mail_had_come_just_now(world: World, tmp_path: Path) -> None:
    """The way through what is held and the way of live mail decide alike."""
    (tmp_path / "live").mkdir()
    now = replace(COMPLAINT, received_at=world.clock.now())
    hold(world, now)
    settling(world).settle("support")
    with World.at(tmp_path / "live", start=world.clock.now()) as live:
        live.judge.script = world.judge.script
        live.intake.take([Arrival(now, Place("support", "INBOX", 1, 1), is_history=True)])
        one, other = everything(world.store), everything(live.store)
    assert {name for name in one if one[name] != other[name]} == set()


TURNS = st.lists(st.sampled_from(["customer", "ours", "machine"]), min_size=1, max_size=8)


@given(TURNS, st.booleans(), st.integers(1, 4))
def test_whoever_wrote_last_decides_and_there_is_never_more_than_one_card(
    turns: list[str], inbox_first: bool, batch: int
) -> None:
    inbox, sent = FakeFolder(batch=batch), FakeFolder("support/Sent", batch=batch)
    ids: list[str] = []
    for number, who in enumerate(turns):
        fields: dict[str, Any] = {
            "received_at": MONDAY + number * MINUTE, "rfc_id": f"<{number}@x>", "references": tuple(reversed(ids)),
        }  # fmt: skip
        ids.append(f"<{number}@x>")
        if who == "ours":
            sent.mails.append(message("Sorry.", direction=Direction.FROM_US, sender=COLLEAGUE, **fields))
        else:
            kind = Direction.AUTOMATIC if who == "machine" else Direction.FROM_CUSTOMER
            inbox.mails.append(message(f"{who} {number}", direction=kind, **fields))
    with tempfile.TemporaryDirectory() as folder, World.at(Path(folder)) as world:
        world.clock.set(at("16:00"))
        world.judge.script = {f"customer {n}": MISTAKE for n in range(len(turns))}
        Mailbox(world, [inbox, sent] if inbox_first else [sent, inbox]).look()
        people = [who for who in turns if who != "machine"]
        waits = bool(people) and people[-1] == "customer"
        assert (world.cases(), len(world.outbox())) == (int(waits), int(waits))
        assert held(world) == []
        world.channel.heard = len(world.channel.posts)


# breaking off, and others who do the same


class LightsOutError(Exception):
    """The process ends here."""


def go_dark() -> None:
    raise LightsOutError


def test_what_was_decided_before_a_crash_stays_decided_and_the_rest_is_decided_after_it(world: World) -> None:
    hold(world, *[replace(COMPLAINT, subject=f"Order {n}", rfc_id=f"<{n}@x>") for n in range(120)])
    with pytest.raises(LightsOutError):
        settling(world, Between(world.store, {3: go_dark})).settle("support")  # looked, loaded, decided the first fifty
    assert (world.cases(), len(held(world))) == (50, 70)
    assert settling(world).settle("support") == 70
    assert (world.cases(), held(world), len(world.outbox())) == (120, [], 120)


def test_settling_again_changes_nothing(world: World) -> None:
    hold(world, COMPLAINT, chaser(1))
    assert settling(world).settle("support") == 1
    before = everything(world.store)
    assert settling(world).settle("support") == 0
    assert everything(world.store) == before


@pytest.mark.parametrize("moment", [1, 2])
def test_two_who_settle_at_the_same_time_open_one_case(world: World, moment: int) -> None:
    hold(world, COMPLAINT, chaser(1))
    meanwhile: Meanwhile = {moment: lambda: settling(world).settle("support")}
    settling(world, Between(world.store, meanwhile)).settle("support")
    assert (world.cases(), world.log()) == (1, ["opened", "wrote"])
    assert world.outbox() == [("1:mistake:0:0:channel", "pending")]


def test_another_account_s_mail_is_left_to_it(world: World) -> None:
    hold(world, COMPLAINT)
    assert settling(world).settle("sales") == 0
    assert held(world) == [COMPLAINT.new_text]


def test_what_comes_while_others_are_judged_is_not_decided_unjudged(world: World) -> None:
    """A second folder was told to wait a moment before the last one had caught up."""
    hold(world, message("Where is it?", subject="Order 17", rfc_id="<0@x>"))
    arrives: Meanwhile = {
        2: lambda: hold(world, replace(COMPLAINT, subject="Order 17", received_at=at("15:00")), first=7)
    }
    settling(world, Between(world.store, arrives)).settle("support")
    assert (world.cases(), len(held(world))) == (0, 2)
    settling(world).settle("support")
    assert (world.case().reason.value, held(world)) == ("mistake", [])


# what cannot be judged or decided


@dataclass
class Squeamish:
    """Cannot judge this one text."""

    scripted: ScriptedJudge
    poison: str

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        if any(one.new_text == self.poison for one in messages):
            raise ArithmeticError(self.poison)
        return self.scripted.judge(messages, earlier)


def test_one_that_cannot_be_judged_is_waited_for_and_the_others_are_judged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    poison = message("Can you help with a very secret matter?", subject="Poison", received_at=at("15:00"))
    others = [replace(COMPLAINT, subject=f"Order {n}", rfc_id=f"<{n}@x>") for n in range(9)]
    hold(world, *others[:4], poison, *others[4:])
    squeamish = Squeamish(world.judge, poison.new_text)
    settling(world, judge=squeamish).settle("support")
    assert (world.cases(), held(world)) == (9, [])
    c = t.thread.c
    waiting = world.store.read(lambda one: one.execute(select(c.subject_key).where(c.waiting_since.is_not(None))).all())
    assert [tuple(row) for row in waiting] == [("poison",)]
    assert "cannot be judged" in caplog.text
    assert "secret" not in caplog.text
    with world.store.engine.connect() as connection:
        strata = connection.execute(select(t.message.c.stratum).where(t.message.c.subject == "Poison")).scalars().all()
    assert strata == ["unsure"], "people are to look at it"


def test_a_thread_that_cannot_be_decided_stays_held_and_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hold(world, *[replace(COMPLAINT, subject=f"Order {n}", rfc_id=f"<{n}@x>") for n in range(3)])

    def refuse(facts: Facts, policy: Policy, now: datetime) -> tuple[Action, ...]:
        if facts.message.subject == "Order 1":
            raise ArithmeticError(facts.message.new_text)
        return on_message(facts, policy, now)

    with monkeypatch.context() as patch:
        patch.setattr("bot.service.settle.on_message", refuse)
        settling(world).settle("support")
        assert (world.cases(), len(held(world))) == (2, 1)
    assert "cannot be decided; it is tried again at the next look" in caplog.text
    assert COMPLAINT.new_text not in caplog.text
    settling(world).settle("support")
    assert (world.cases(), held(world)) == (3, [])


def test_a_database_that_is_away_is_nobody_s_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(world, COMPLAINT)

    def away(*_: object, **__: object) -> None:
        raise Retriable("The database is locked by another process.")

    with monkeypatch.context() as patch:
        patch.setattr(SqlTransaction, "open_case", away)
        with pytest.raises(Retriable):
            settling(world).settle("support")
    assert held(world) == [COMPLAINT.new_text]


# what others are told


def test_who_delivers_waits_while_much_is_decided_and_is_woken_when_it_is_done(world: World) -> None:
    seen: list[bool] = []
    for many in (40, 60):
        woken: list[int] = []
        hold(world, *numbered_complaints(world, many), first=many * 10)
        between = Between(world.store)
        made = replace(settling(world, between), wake=lambda woken=woken: woken.append(world.cases()))  # type: ignore[misc]
        between.then = {2: lambda made=made: seen.append(made.is_long)}  # type: ignore[misc]
        made.settle("support")
        assert (made.is_long, len(woken)) == (False, 1)
    assert seen == [False, True]


def test_whoever_settles_the_same_account_and_is_done_first_is_not_done_for_the_other(world: World) -> None:
    seen: list[bool] = []
    hold(world, *numbered_complaints(world, 60), first=600)
    between = Between(world.store)
    made = settling(world, between)

    def meanwhile() -> None:
        between.then = {}
        replace(made, store=world.store).settle("support")
        seen.append(made.is_long)

    between.then = {2: meanwhile}
    made.settle("support")
    assert (seen, made.is_long) == ([True], False)


def numbered_complaints(world: World, many: int) -> list[Message]:
    found = [one for one in numbered(*range(many * 100, many * 101)) if isinstance(one, Message)]
    world.judge.script |= {one.new_text: MISTAKE for one in found}
    return found


def test_with_nothing_held_nobody_is_woken(world: World) -> None:
    woken: list[int] = []
    replace(settling(world), wake=lambda: woken.append(1)).settle("support")
    assert woken == []

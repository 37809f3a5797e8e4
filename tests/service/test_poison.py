"""A mail on which judging or storing fails is tried three times, then put aside; the others go on, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.domain.message import Arrival, Direction, Message, Place, Unreadable
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.errors import AmendsError, CannotHold, LostRace, Retriable, StoreUnfit
from bot.service.intake import TRIES, Intake, Taken
from bot.service.ports import Quarantined
from bot.store.store import SqlTransaction
from tests.fakes.build import COLLEAGUE, MINUTE, MISTAKE, message
from tests.fakes.folders import FakeFolder, Mailbox, numbered
from tests.fakes.world import World

POISON = message("A very secret poison.", subject="Poison", rfc_id="<poison@x>")


def arrival(one: Message, uid: int, raw: bytes = b"as it was") -> Arrival:
    return Arrival(one, Place("support", "INBOX", 1, uid), raw)


def others(*numbers: int) -> list[Message]:
    return [one for one in numbered(*numbers) if isinstance(one, Message)]


def waiting(world: World) -> list[Quarantined]:
    return world.store.transact(lambda tx: tx.in_quarantine())


def read_up_to(world: World) -> int:
    cursor = world.store.transact(lambda tx: tx.cursor("support", "INBOX"))
    return cursor.last_uid if cursor else 0


@dataclass
class Squeamish:
    """Cannot judge the poison; finds a mistake in all else."""

    asked: list[list[str]] = field(default_factory=list)

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        self.asked.append([one.new_text for one in messages])
        if POISON in messages:
            raise ArithmeticError(POISON.new_text)
        return [MISTAKE] * len(messages)


Failing = Callable[..., Any]


def fails_on_poison(problem: Exception, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Failing = getattr(SqlTransaction, method)

    def work(tx: SqlTransaction, what: Any, *rest: Any, **named: Any) -> Any:
        found = [what] if isinstance(what, Arrival) else what
        if any(isinstance(one, Arrival) and one.message.rfc_id == POISON.rfc_id for one in found):
            raise problem
        return real(tx, what, *rest, **named)

    monkeypatch.setattr(SqlTransaction, method, work)


# live


def test_one_that_cannot_be_judged_holds_up_those_behind_it_twice_and_is_then_put_aside(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    before, behind = others(1, 2)
    intake = replace(world.intake, judge=Squeamish())
    batch = [arrival(before, 1), arrival(POISON, 2), arrival(behind, 3)]
    for _ in range(TRIES - 1):
        with pytest.raises(Retriable, match=r"support/INBOX: UID 2 cannot be taken in: ArithmeticError at test_poison"):
            intake.take(batch)
        assert (read_up_to(world), world.cases(), waiting(world)) == (1, 1, [])
    taken = intake.take(batch)
    assert taken == Taken(new=1, known=1, quarantined=1, queued=2)
    assert (read_up_to(world), world.cases()) == (3, 2)
    (aside,) = waiting(world)
    assert (aside.mail.place.uid, aside.mail.raw, aside.mail.proven_ours) == (2, b"as it was", False)
    assert aside.mail.error.startswith("ArithmeticError at test_poison.py:")
    assert "secret" not in caplog.text + aside.mail.error


def test_the_others_of_a_batch_are_judged_although_one_cannot_be(world: World) -> None:
    judge = Squeamish()
    with pytest.raises(Retriable):
        replace(world.intake, judge=judge).take([arrival(one, n) for n, one in enumerate([*others(1, 2), POISON], 1)])
    assert world.cases() == 2
    assert judge.asked == [["Number 1", "Number 2", POISON.new_text], ["Number 1"], ["Number 2"], [POISON.new_text]]


@pytest.mark.parametrize("problem", [CannotHold("The database refused a value."), ArithmeticError("odd")])
def test_one_that_cannot_be_stored_is_put_aside_at_the_third_time(
    world: World, problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_on_poison(problem, "remember", monkeypatch)
    ours = replace(POISON, direction=Direction.FROM_US, sender=COLLEAGUE)
    batch = [arrival(ours, 1), arrival(others(1)[0], 2)]
    for _ in range(TRIES - 1):
        with pytest.raises(Retriable):
            world.intake.take(batch)
    assert world.intake.take(batch) == Taken(new=1, quarantined=1, queued=1)
    (aside,) = waiting(world)
    assert aside.mail.proven_ours, "it is ours when it is read after all"


@pytest.mark.parametrize("problem", [Retriable("locked"), LostRace("faster"), StoreUnfit("disk is full")])
def test_what_is_the_world_s_fault_never_counts_against_a_mail(
    world: World, problem: AmendsError, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_on_poison(problem, "remember", monkeypatch)
    for _ in range(TRIES * 3):
        with pytest.raises(type(problem)):
            world.intake.take([arrival(POISON, 1)])
    assert (waiting(world), read_up_to(world)) == ([], 0)


def test_a_mail_that_is_taken_in_the_end_starts_anew_when_it_is_read_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        with monkeypatch.context() as patch:
            fails_on_poison(ArithmeticError("odd"), "remember", patch)
            for _ in range(TRIES - 1):
                with pytest.raises(Retriable):
                    world.intake.take([arrival(POISON, 1)])
        world.intake.take([arrival(POISON, 1)])
    assert waiting(world) == []


def test_what_has_no_place_cannot_be_put_aside_and_fails_as_it_is(world: World) -> None:
    for _ in range(TRIES + 1):
        with pytest.raises(ArithmeticError):
            replace(world.intake, judge=Squeamish()).take([Arrival(POISON)])


def test_what_was_in_quarantine_and_fails_once_more_goes_back_at_once(world: World) -> None:
    intake = Intake(world.store, Squeamish(), world.policy)
    intake.take([Unreadable(arrival(POISON, 2).place or Place("", "", 0, 0), b"raw", "no header ends")])
    assert intake.try_again([arrival(POISON, 2)]) == Taken()
    (aside,) = waiting(world)
    assert (aside.tries, aside.mail.raw) == (2, b"as it was")
    assert aside.mail.error.startswith("ArithmeticError")


def test_trying_again_moves_no_cursor_not_even_to_another_uidvalidity(world: World) -> None:
    """A mail of a folder's former life must not make amends read all of that folder again."""
    aside = Unreadable(Place("support", "INBOX", 1, 2), b"", "odd")
    world.intake.take([aside])
    world.intake.take([Arrival(others(1)[0], Place("support", "INBOX", 2, 70))])
    before = world.store.transact(lambda tx: tx.cursor("support", "INBOX"))
    world.intake.try_again([aside])
    world.intake.try_again([Arrival(others(2)[0], aside.place)])
    assert world.store.transact(lambda tx: tx.cursor("support", "INBOX")) == before
    assert waiting(world) == []


# held


def test_of_a_batch_that_cannot_be_stored_at_once_all_are_stored_but_the_one(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fails_on_poison(CannotHold("The database refused a value."), "keep", monkeypatch)
    one, other = others(1, 2)
    batch = [arrival(one, 1), arrival(POISON, 2), arrival(other, 3)]
    for _ in range(TRIES - 1):
        with pytest.raises(Retriable):
            world.intake.keep(batch, "support")
    assert read_up_to(world) == 1
    assert world.intake.keep(batch, "support") == Taken(new=1, known=1, quarantined=1, queued=1)
    assert (read_up_to(world), len(waiting(world))) == (3, 1)
    assert "they are stored one by one" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("problem", [Retriable("locked"), LostRace("faster")])
def test_while_the_database_is_away_nothing_is_stored_one_by_one(
    world: World, problem: AmendsError, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fails_on_poison(problem, "keep", monkeypatch)
    for _ in range(TRIES + 1):
        with pytest.raises(type(problem)):
            world.intake.keep([arrival(others(1)[0], 1), arrival(POISON, 2)], "support")
    assert (read_up_to(world), waiting(world), caplog.text) == (0, [], "")


def test_what_is_kept_is_not_judged_and_moves_the_cursor_with_it(world: World) -> None:
    batch: list[Arrival | Unreadable] = [
        arrival(others(1)[0], 1),
        Unreadable(Place("support", "INBOX", 1, 2), b"", "odd"),
    ]
    assert world.intake.keep(batch, "support") == Taken(new=1, quarantined=1)
    assert (read_up_to(world), world.judge.asked, world.cases()) == (2, [], 0)
    assert world.intake.keep(batch, "support") == Taken(known=1)
    assert world.intake.keep([], "support") == Taken()


# as a watch lives with it


def test_a_folder_with_a_poison_mail_is_read_to_its_end_within_half_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T6: one poison mail blocked a whole mailbox for days."""
    fails_on_poison(ArithmeticError("odd"), "keep", monkeypatch)
    fails_on_poison(ArithmeticError("odd"), "remember", monkeypatch)
    first, second, third = others(1, 2, 3)
    folder = FakeFolder(mails=[first, POISON, second], batch=2)
    box = Mailbox(world, [folder])
    box.look()
    box.passes(MINUTE / 2, every=MINUTE / 30)
    assert (read_up_to(world), len(waiting(world))) == (3, 1)
    world.hears("quarantine: A mail could not be read")
    folder.mails.append(third)
    box.look()
    assert read_up_to(world) == 4

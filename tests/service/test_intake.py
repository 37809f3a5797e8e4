"""What arrives is stored once, decided once, and its cursor moves with it or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.domain.case import Case, Entry, State
from bot.domain.message import Arrival, Direction, Medium, Message, Place, Unreadable
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.errors import LostRace, Retriable
from bot.service.intake import Intake, Taken
from bot.service.ports import Cursor
from bot.store import tables as t
from bot.store.store import SqlTransaction
from tests.fakes.between import Between
from tests.fakes.build import COLLEAGUE, HOUR, IGNORED, MISTAKE, NOTHING, POLICY, message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World, everything

COMPLAINT = message("You charged me twice.", rfc_id="<1@customer.example>")


def place(uid: int, folder: str = "INBOX", uidvalidity: int = 1) -> Place:
    return Place("support", folder, uidvalidity, uid)


def cursor(world: World, folder: str = "INBOX") -> Cursor | None:
    return world.store.transact(lambda tx: tx.cursor("support", folder))


def at(uid: int, uidvalidity: int = 1) -> Cursor:
    """Read so far, since that Monday."""
    return Cursor(uidvalidity, uid, MONDAY.date())


def rows(world: World, table: str) -> int:
    counted = select(func.count()).select_from(t.metadata.tables[table])
    return world.store.read(lambda connection: int(connection.execute(counted).scalar_one()))


@pytest.fixture(autouse=True)
def _script(world: World) -> None:
    world.judge.script[COMPLAINT.new_text] = MISTAKE


def test_a_place_that_is_read_twice_counts_once(world: World) -> None:
    arrival = Arrival(COMPLAINT, place(4))
    assert world.intake.take([arrival]) == Taken(new=1, queued=1)
    before = everything(world.store)
    world.clock.advance(HOUR)
    assert world.intake.take([arrival]) == Taken(known=1)
    assert everything(world.store) == before


def test_a_message_that_lies_in_two_folders_is_one_message_at_two_places_and_one_alert(world: World) -> None:
    assert world.intake.take([Arrival(COMPLAINT, place(4)), Arrival(COMPLAINT, place(9, "Orders"))]) == Taken(
        new=1, known=1, queued=1
    )
    assert (rows(world, "message"), rows(world, "place"), rows(world, "outbox")) == (1, 2, 1)
    assert (cursor(world), cursor(world, "Orders")) == (at(4), at(9))


def test_two_messages_under_one_message_id_are_both_kept(world: World) -> None:
    other = replace(COMPLAINT, new_text="And where is my parcel?")
    assert world.intake.take([Arrival(COMPLAINT, place(4)), Arrival(other, place(5))]).new == 2
    assert rows(world, "message") == 2


def test_after_a_new_uidvalidity_known_messages_alert_nobody_again(world: World) -> None:
    world.intake.take([Arrival(COMPLAINT, place(40))])
    assert world.intake.take([Arrival(COMPLAINT, place(1, uidvalidity=2))]) == Taken(known=1)
    assert cursor(world) == at(1, uidvalidity=2)


def test_a_cursor_never_goes_back(world: World) -> None:
    world.intake.take([Arrival(COMPLAINT, place(40)), Arrival(message("Hello"), place(39))])
    assert cursor(world) == at(40)


def test_what_cannot_be_read_is_kept_with_its_bytes_and_the_cursor_moves_on(world: World) -> None:
    broken = Unreadable(place(5), b"From: \xff\x00", "no header ends")
    taken = world.intake.take([Arrival(COMPLAINT, place(4)), broken, Arrival(message("Hello"), place(6)), broken])
    assert taken == Taken(new=2, quarantined=1, queued=2)
    q = t.quarantine.c
    kept = world.store.read(lambda c: c.execute(select(q.uid, q.raw, q.error)).all())
    assert [tuple(row) for row in kept] == [(5, b"From: \xff\x00", "no header ends")]
    assert cursor(world) == at(6)


def test_a_folder_that_ends_with_something_unreadable_is_read_to_its_end(world: World) -> None:
    world.intake.take([Arrival(COMPLAINT, place(4)), Unreadable(place(5), b"\x00", "no header ends")])
    assert cursor(world) == at(5)


def test_a_message_without_a_place_is_known_by_what_it_says(world: World) -> None:
    report = replace(COMPLAINT, medium=Medium.WORK_CHANNEL)
    assert world.intake.take([Arrival(report)]) == Taken(new=1, queued=1)
    assert world.intake.take([Arrival(report)]) == Taken(known=1)


def test_an_event_that_is_delivered_again_and_again_in_any_order_counts_once(world: World) -> None:
    ours = message("We are sorry.", direction=Direction.FROM_US, sender=COLLEAGUE, references=(COMPLAINT.rfc_id,))
    arrivals = [
        Arrival(COMPLAINT, place(4)), Arrival(COMPLAINT, place(9, "Orders")),
        Arrival(replace(ours, received_at=MONDAY + HOUR), place(1, "Sent")),
    ]  # fmt: skip
    for order in itertools.permutations(arrivals):
        world.intake.take(order)
        world.intake.take(order)
    assert (rows(world, "message"), rows(world, "place"), rows(world, "outbox"), world.cases()) == (2, 3, 1, 1)
    assert world.log() == ["opened", "contacted"]


def test_only_customers_words_are_judged_all_at_once_and_before_any_of_them_is_stored(world: World) -> None:
    between = Between(world.store)
    asked: list[tuple[int, list[str]]] = []

    class Asked:
        def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
            asked.append((between.done, [m.new_text for m in messages]))
            return [NOTHING] * len(messages)

    Intake(between, Asked(), POLICY).take([
        Arrival(message("One", subject="A")), Arrival(message("Ours", direction=Direction.FROM_US, subject="B")),
        Arrival(message("Away", direction=Direction.AUTOMATIC, subject="C")), Arrival(message("Two", subject="D")),
    ])  # fmt: skip
    assert asked == [(1, ["One", "Two"])]
    assert between.done == 5


def test_without_a_customers_message_nobody_is_asked_for_a_verdict(world: World) -> None:
    world.intake.take([Arrival(message("Ours", direction=Direction.FROM_US))])
    assert world.intake.take([]) == Taken()
    assert world.judge.asked == []


def test_delivery_is_woken_once_after_everything_is_committed_and_only_if_something_is_new(world: World) -> None:
    woken: list[int] = []
    intake = replace(world.intake, wake=lambda: woken.append(rows(world, "outbox")))
    intake.take([Arrival(message("Hello"))])
    assert woken == [0]  # an answer says nothing, and changes a card
    intake.take([Arrival(message("Hello"))])
    assert woken == [0]
    jo = replace(COMPLAINT, sender=replace(COMPLAINT.sender, address="jo@customer.example"))
    intake.take([Arrival(COMPLAINT), Arrival(jo)])
    assert woken == [0, 2]


Change = Callable[[SqlTransaction, Case, Entry], None]


def lose(times: int, real: Change = SqlTransaction.change_case) -> Change:
    """change_case, but the first `times` somebody else was faster."""
    lost = iter(range(times))

    def change(tx: SqlTransaction, case: Case, entry: Entry) -> None:
        if next(lost, None) is not None:
            raise LostRace("somebody else was faster")
        real(tx, case, entry)

    return change


def test_a_lost_race_is_run_again_from_the_facts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.intake.take([Arrival(COMPLAINT, place(4))])
    monkeypatch.setattr(SqlTransaction, "change_case", lose(4))
    again = message("Hello? Please answer.", references=(COMPLAINT.rfc_id,))
    assert world.intake.take([Arrival(again, place(5))]) == Taken(new=1, queued=1)
    assert (rows(world, "message"), cursor(world)) == (2, at(5))
    assert world.log() == ["opened", "wrote"]


def test_a_race_that_is_lost_five_times_is_an_error_and_leaves_the_message_to_be_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.intake.take([Arrival(COMPLAINT, place(4))])
    before = everything(world.store)
    monkeypatch.setattr(SqlTransaction, "change_case", lose(5))
    with pytest.raises(LostRace):
        world.intake.take([Arrival(message("Please answer."), place(5))])
    assert everything(world.store) == before


def test_what_was_taken_before_a_failure_stays_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tx: SqlTransaction, gone: Unreadable) -> None:
        raise Retriable("the disk is full")

    monkeypatch.setattr(SqlTransaction, "quarantine", refuse)
    with pytest.raises(Retriable):
        world.intake.take([Arrival(COMPLAINT, place(4)), Unreadable(place(5), b"", "broken")])
    assert (cursor(world), world.state()) == (at(4), State.SUSPECTED)


def test_a_folder_that_was_never_read_has_no_cursor(world: World) -> None:
    assert cursor(world) is None


def test_a_customer_whom_we_wrote_first_is_the_customer_of_the_thread(world: World) -> None:
    """Our own letter began the thread; the alert about the silence must name the customer and not ourselves."""
    letter = message("Your order is delayed.", direction=Direction.FROM_US, sender=COLLEAGUE, rfc_id="<0@acme.example>",
                     received_at=MONDAY - HOUR, recipients=("mo@customer.example",))  # fmt: skip
    world.take(letter, place(1, "Sent"))
    world.customer("When will it come?", references=("<0@acme.example>",))
    world.passes(8 * HOUR)
    (card,) = world.hears("unanswered to channel")
    assert (card.alert.customer, world.case().customer.address) == ("Mo", "mo@customer.example")


def test_who_answers_our_letter_under_the_same_subject_only_is_found_in_its_thread(world: World) -> None:
    letter = message("Your order is delayed.", direction=Direction.FROM_US, sender=COLLEAGUE, rfc_id="<0@acme.example>",
                     recipients=("mo@customer.example",))  # fmt: skip
    world.take(letter, place(1, "Sent"))
    world.customer("You charged me twice.", MISTAKE, references=("<0@acme.example>",))
    world.hears("mistake to channel")
    world.clock.advance(timedelta(minutes=1))
    world.customer("Answer me please.", IGNORED, references=())
    world.hears("wrote_again to channel")

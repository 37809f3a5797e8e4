"""Nothing is said before all folders have caught up, and nothing is held up for long by one that cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.message import Direction
from bot.errors import Refused, Retriable
from bot.service.gate import EXCUSED, Gate
from tests.fakes.build import COLLEAGUE, HOUR, MINUTE, MISTAKE, message
from tests.fakes.clock import MONDAY
from tests.fakes.folders import FakeFolder, Mailbox
from tests.fakes.world import World

SECOND = timedelta(seconds=1)
INBOX, SENT, CARD = "support/INBOX", "support/Sent", "mistake to channel"
DOWN = Retriable("It does not answer.")
COMPLAINT = message("You charged me twice.", rfc_id="<1@customer.example>")
ANSWER = message("We are sorry.", direction=Direction.FROM_US, sender=COLLEAGUE, references=(COMPLAINT.rfc_id,),
                 received_at=MONDAY + 5 * SECOND)  # fmt: skip


@pytest.fixture
def gate() -> Gate:
    return Gate([INBOX, SENT])


def test_it_is_closed_until_every_folder_has_caught_up(gate: Gate) -> None:
    assert (gate.is_open(MONDAY), gate.waits_for) == (False, [INBOX, SENT])
    gate.reached(SENT)
    assert (gate.is_open(MONDAY), gate.waits_for) == (False, [INBOX])
    gate.reached(INBOX)
    assert (gate.is_open(MONDAY), gate.waits_for) == (True, [])
    assert Gate([]).is_open(MONDAY)


def test_a_folder_that_fails_is_waited_for_a_minute_from_its_first_failure(gate: Gate) -> None:
    gate.reached(INBOX)
    gate.fails(SENT, MONDAY)
    gate.fails(SENT, MONDAY + 50 * SECOND)
    assert [gate.is_open(MONDAY + s) for s in (EXCUSED - SECOND, EXCUSED)] == [False, True]


def test_one_that_had_caught_up_and_fails_is_waited_for_again(gate: Gate) -> None:
    for folder in (INBOX, SENT):
        gate.reached(folder)
    gate.fails(SENT, MONDAY)
    assert [gate.is_open(MONDAY + s) for s in (timedelta(), EXCUSED)] == [False, True]
    gate.reached(SENT)
    assert gate.is_open(MONDAY)


def test_one_that_answers_after_all_is_waited_for_while_it_is_read(gate: Gate) -> None:
    gate.reached(INBOX)
    gate.fails(SENT, MONDAY)
    gate.reads(SENT)
    assert not gate.is_open(MONDAY + HOUR)
    gate.reached(SENT)
    assert gate.is_open(MONDAY + HOUR)


def test_nobody_waits_for_one_that_refuses_for_good_not_even_when_it_fails_later(gate: Gate) -> None:
    gate.reached(INBOX)
    gate.excuse(SENT)
    assert gate.is_open(MONDAY)
    gate.fails(SENT, MONDAY)
    assert gate.is_open(MONDAY)
    assert gate.waits_for == [SENT]


# as a mailbox lives with it


@pytest.fixture
def inbox(world: World) -> FakeFolder:
    world.judge.script[COMPLAINT.new_text] = MISTAKE
    return FakeFolder()


def test_a_complaint_waits_for_the_sent_folder_and_is_dropped_when_the_answer_lies_there(
    world: World, inbox: FakeFolder
) -> None:
    sent = FakeFolder(SENT, mails=[ANSWER], troubles=[DOWN, None])
    inbox.mails = [COMPLAINT]
    box = Mailbox(world, [inbox, sent])
    box.look()
    world.hears()
    box.passes(30 * SECOND)
    assert world.cases() == 0


def test_after_a_minute_it_is_said_although_the_sent_folder_is_still_away(world: World, inbox: FakeFolder) -> None:
    inbox.mails = [COMPLAINT]
    box = Mailbox(world, [inbox, FakeFolder(SENT, troubles=[DOWN] * 99)])
    box.look()
    box.passes(59 * SECOND, every=SECOND)
    world.hears()
    box.passes(SECOND)
    world.hears(CARD)


def test_where_the_sent_folder_can_never_be_opened_nothing_waits_for_it(world: World, inbox: FakeFolder) -> None:
    inbox.mails = [COMPLAINT]
    box = Mailbox(world, [inbox, FakeFolder(SENT, troubles=[Refused("There is no such folder.")] * 9)])
    box.look()
    world.hears()
    box.look()  # the folder that cannot be opened was asked after the other
    world.hears(CARD)


def test_what_comes_while_another_folder_has_just_failed_is_held_and_decided_when_it_is_back(
    world: World, inbox: FakeFolder
) -> None:
    sent = FakeFolder(SENT, troubles=[None, DOWN, None])
    box = Mailbox(world, [sent, inbox])
    box.look()
    inbox.mails.append(COMPLAINT)
    world.clock.advance(MINUTE)
    box.look()
    world.hears()
    sent.mails.append(ANSWER)
    box.passes(MINUTE)
    assert world.cases() == 0, "the answer was given in the seconds in which Sent could not be read"


def test_with_all_folders_read_live_mail_is_decided_at_once(world: World, inbox: FakeFolder) -> None:
    box = Mailbox(world, [inbox, FakeFolder(SENT)])
    box.look()
    inbox.mails.append(COMPLAINT)
    box.look(INBOX)
    world.hears(CARD)


def test_a_sent_folder_that_comes_back_after_an_hour_holds_the_others_until_it_is_read(
    world: World, inbox: FakeFolder
) -> None:
    sent = FakeFolder(SENT, troubles=[None] + [DOWN] * 20, batch=1)
    box = Mailbox(world, [inbox, sent])
    box.look()
    box.passes(20 * MINUTE)
    sent.mails += [message("Yours", direction=Direction.FROM_US, subject="Else", sender=COLLEAGUE), ANSWER]
    sent.troubles.clear()

    def complains() -> None:
        """And amends reads it between two of our answers."""
        if not inbox.mails:
            inbox.mails.append(COMPLAINT)
            box.look(INBOX)

    sent.meanwhile = complains
    box.passes(6 * MINUTE, every=MINUTE)
    assert (len(inbox.mails), world.cases()) == (1, 0)


# a server that was away for long


def test_when_one_comes_back_after_long_the_others_get_their_minute_anew(gate: Gate) -> None:
    for folder in (INBOX, SENT):
        gate.fails(folder, MONDAY)
    gate.recovers(INBOX, MONDAY + HOUR)
    gate.reached(INBOX)
    assert gate.recovered_after(MONDAY)
    assert [gate.is_open(MONDAY + HOUR + s) for s in (timedelta(), EXCUSED - SECOND, EXCUSED)] == [False, False, True]


def test_one_that_stumbles_again_and_again_renews_nobody_s_minute(gate: Gate) -> None:
    gate.fails(SENT, MONDAY)
    for n in range(10):
        gate.fails(INBOX, MONDAY + n * 10 * SECOND)
        gate.recovers(INBOX, MONDAY + (n * 10 + 2) * SECOND)
        gate.reached(INBOX)
    assert gate.is_open(MONDAY + 92 * SECOND)


def test_one_that_will_not_be_read_is_not_waited_for_either_when_others_come_back(gate: Gate) -> None:
    gate.excuse(SENT)
    gate.fails(INBOX, MONDAY)
    gate.recovers(INBOX, MONDAY + HOUR)
    gate.reached(INBOX)
    assert gate.is_open(MONDAY + HOUR)


def test_whoever_was_answered_while_the_server_was_away_for_hours_alerts_nobody(world: World) -> None:
    world.judge.script[COMPLAINT.new_text] = MISTAKE
    inbox = FakeFolder(INBOX, arrives={22: [COMPLAINT]}, troubles=[None, *[DOWN] * 20])
    sent = FakeFolder(SENT, arrives={22: [ANSWER]}, troubles=[None, *[DOWN] * 20])
    mailbox = Mailbox(world, [inbox, sent])
    mailbox.look()
    while inbox.looks < 21:
        mailbox.passes(MINUTE)
    while inbox.looks < 22:  # the inbox comes back first, and Sent was just tried in vain
        world.clock.advance(10 * SECOND)
        mailbox.look(INBOX)
    assert (sent.looks, world.cases()) == (21, 0)
    mailbox.look(SENT)
    assert (sent.looks, world.cases()) == (22, 0)


def test_a_server_that_asks_to_be_left_alone_is_left_alone_whoever_comes_back(world: World) -> None:
    throttled = Retriable("It is throttled.", retry_after=900)
    sent = FakeFolder(SENT, troubles=[throttled])
    mailbox = Mailbox(world, [FakeFolder(INBOX, troubles=[DOWN] * 6), sent])
    mailbox.passes(5 * MINUTE)
    assert (mailbox.desk.gate.recovered_after(MONDAY), sent.looks) == (True, 1)

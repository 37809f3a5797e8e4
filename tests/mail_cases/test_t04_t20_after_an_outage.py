"""T4 and T20: however long amends was away, all that came is read, oldest first, and said once and not in a flood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

import pytest

from bot.domain.alert import Alert, Notice, Topic
from bot.edges.imap.connection import Connection
from bot.store import tables as t
from tests.fakes.boxes import Box, answer, mail
from tests.fakes.build import DAY, HOUR, MINUTE, MISTAKE
from tests.fakes.mailroom import WatchedMail, rows
from tests.fakes.world import World

from .conftest import COMPLAINT, QUESTION

pytestmark = pytest.mark.dovecot
CARDS = 5


def from_customer(number: int, text: str = COMPLAINT) -> bytes:
    return mail(text, f"Customer {number} <c{number}@customer.example>", Subject=f"Order {number}")


def heard(world: World) -> tuple[list[Alert], list[Notice]]:
    """(cards and replies, notices) since the last time."""
    posts = [post.said for post in world.channel.unheard()]
    world.channel.heard = len(world.channel.posts)
    return [said for said in posts if isinstance(said, Alert)], [said for said in posts if isinstance(said, Notice)]


def test_t04_after_ten_days_down_all_that_waited_is_read_oldest_first_and_said_as_a_list(
    box: Box, world: World, watched: WatchedMail
) -> None:
    now = world.clock.now()
    world.clock.set(now - 10 * DAY)
    watched.add(box.account())
    watched.look()
    for number in range(800):
        text = COMPLAINT if number % 4 == 0 else "Thank you!"
        box.receives(from_customer(number, text), arrived=now - 10 * DAY + number * (10 * DAY / 801))
    world.clock.set(now)
    watched.look()
    subjects = [subject for (subject,) in rows(world, t.message.c.subject)]
    assert subjects == [f"Order {number}" for number in range(800)]
    assert world.cases() == 200
    cards, notices = heard(world)
    assert (len(cards), [notice.topic for notice in notices]) == (CARDS, [Topic.DIGEST])
    listed = notices[0].lines
    assert len(listed) + len(cards) == 200
    assert [card.subject for card in cards] == [f"Order {4 * number}" for number in range(CARDS)], "the longest waiting"
    world.engine()
    assert heard(world) == ([], [])


def test_t04_a_look_that_ends_midway_is_gone_on_with_where_it_was(box: Box, world: World, watched: WatchedMail) -> None:
    class ToldToStop(Connection):
        """As by a signal while the first batch is fetched."""

        def ask(self, uids: Iterable[int], items: str) -> bytes:
            watched.stop.set()
            return super().ask(uids, items)

    watched.add(box.account(), connect=ToldToStop)
    watched.look()
    box.receives(*(from_customer(number, "Thank you!") for number in range(450)))
    watched.look()
    assert len(rows(world, t.message.c.id)) == 100
    watched.stop.clear()
    for _ in range(4):
        watched.look()
        watched.stop.clear()
    assert len(rows(world, t.message.c.id)) == len(rows(world, t.place.c.uid)) == 450


@pytest.mark.parametrize("first", ["INBOX", "Sent"])
@pytest.mark.parametrize("is_running", [False, True], ids=["as amends begins", "while amends runs"])
def test_t04_who_was_answered_within_the_second_alerts_nobody_whichever_folder_is_read_first(
    box: Box, world: World, watched: WatchedMail, first: str, *, is_running: bool
) -> None:
    complaint, same_second = mail(COMPLAINT), world.clock.now()
    inbox, sent = watched.add(box.account())
    watched.watches = [inbox, sent] if first == "INBOX" else [sent, inbox]
    if is_running:
        watched.look()
    box.receives(complaint, arrived=same_second)
    box.receives(answer(complaint), arrived=same_second, folder="Sent")
    watched.look(times=2)
    if first == "INBOX" and is_running:  # nobody had answered it when it was read
        world.hears("mistake to channel")
    world.hears()
    assert rows(world, t.thread.c.waiting_count) == [(0,)]


def test_t04_who_writes_in_the_second_of_our_answer_to_another_mail_still_waits(
    box: Box, world: World, watched: WatchedMail
) -> None:
    greeting, same_second = mail("Hello."), world.clock.now()
    complaint = mail(COMPLAINT, In_Reply_To=re.findall("<.*@mail.example>", greeting.decode())[0])
    box.receives(greeting, complaint, arrived=same_second)
    box.receives(answer(greeting), arrived=same_second, folder="Sent")
    inbox, sent = watched.add(box.account())
    watched.watches = [sent, inbox]
    watched.look(times=2)
    world.hears("mistake to channel")


def test_t04_who_was_answered_during_a_long_outage_alerts_nobody(box: Box, world: World, watched: WatchedMail) -> None:
    now = world.clock.now()
    world.clock.set(now - 10 * DAY)
    watched.add(box.account())
    watched.look()
    for number in range(20):
        came = from_customer(number, COMPLAINT if number % 2 else QUESTION)
        box.receives(came, arrived=now - 9 * DAY + number * HOUR)
        if number != 7:
            box.receives(answer(came), folder="Sent", arrived=now - 9 * DAY + (number + 2) * HOUR)
    world.clock.set(now)
    watched.close()
    started = WatchedMail(world)
    started.add(box.account())
    started.look()
    started.close()
    (card,) = world.hears("mistake to channel")
    assert card.alert.subject == "Order 7"
    world.passes(30 * MINUTE)
    assert [post.alert.subject for post in world.hears("still_unanswered to channel")] == ["Order 7"]


def test_a_first_start_on_an_old_mailbox_alerts_only_of_those_whom_nobody_answered(
    box: Box, world: World, watched: WatchedMail
) -> None:
    now = world.clock.now()
    for number in range(40):
        came = from_customer(number, COMPLAINT)
        arrived = now - 20 * DAY + number * (20 * DAY / 40)
        box.receives(came, arrived=arrived)
        if number not in (3, 38):
            box.receives(answer(came), folder="Sent", arrived=arrived + HOUR)
    watched.add(box.account())
    watched.look()
    (card,) = world.hears("mistake to channel")
    assert card.alert.subject == "Order 38", "Order 3 came before the fortnight that is looked back"
    assert all(is_history for (is_history,) in rows(world, t.message.c.is_history))
    assert [subject for (subject,) in rows(world, t.message.c.subject) if subject == "Order 3"] == []


def test_how_far_is_looked_back_is_a_setting(box: Box, world: World, watched: WatchedMail) -> None:
    now = world.clock.now()
    for days in (40, 20, 2):
        box.receives(from_customer(days, "Thank you!"), arrived=now - days * DAY)
    watched.add(box.account(since_days=30))
    watched.look()
    assert [subject for (subject,) in rows(world, t.message.c.subject)] == ["Order 20", "Order 2"]


def test_t20_what_became_due_while_amends_was_down_is_said_once_and_marked_late(
    box: Box, world: World, watched: WatchedMail
) -> None:
    watched.add(box.account())
    watched.look()
    box.receives(from_customer(1))
    watched.look()
    world.hears("mistake to channel")
    world.down(2 * HOUR)
    (late, *_) = heard(world)[0]
    assert late.late_by is not None
    assert timedelta() < late.late_by <= 2 * HOUR
    watched.look()
    world.engine()
    world.hears()


def test_t20_five_hundred_that_are_due_at_once_are_a_list_and_five_cards(
    box: Box, world: World, watched: WatchedMail
) -> None:
    watched.add(box.account())
    watched.look()
    for number in range(500):
        text = f"{COMPLAINT} {number}"
        world.judge.script[text] = MISTAKE
        box.receives(from_customer(number, text))
    watched.look()
    cards, notices = heard(world)
    assert (len(cards), len(notices)) == (CARDS, 1)
    assert (notices[0].title, len(notices[0].lines)) == ("495 more alerts wait", 495)
    world.down(DAY)
    escalations, lists = heard(world)
    assert len({said.case for said in escalations}) <= CARDS
    assert all(said.topic is Topic.DIGEST for said in lists)
    assert 1 <= len(lists) <= 3, "one for each of those that it is for"
    assert {state for (state,) in rows(world, t.outbox.c.state)} == {"sent"}, "nothing was dropped"

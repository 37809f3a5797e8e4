"""After a process ended without a word the first mails are read one by one: one that ends processes is found so."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.message import Place
from bot.service.quarantine import ENDS_US, ask_again, remind
from tests.fakes.folders import FakeFolder, Mailbox, numbered
from tests.fakes.world import World

NOTICE = "quarantine: A mail could not be read"


def left_behind(world: World, folder: FakeFolder) -> Mailbox:
    """As a new process that finds the lease of one that was killed."""
    mailbox = Mailbox(world, [folder])
    mailbox.desk.lease.was_left = True
    return mailbox


def stored(world: World) -> list[int]:
    cursor = world.store.transact(lambda tx: tx.cursor("support", "INBOX"))
    return list(range(1, (cursor.last_uid if cursor else 0) + 1))


def attempts(world: World, uid: int) -> int:
    """How often it was begun, this time included."""
    return world.store.transact(lambda tx: tx.begin_reading(Place("support", "INBOX", 1, uid)))


def test_each_of_the_first_is_written_down_before_it_is_read_and_crossed_out_after_it_was_taken(world: World) -> None:
    folder = FakeFolder(mails=numbered(1, 2, 3), batch=50)
    left_behind(world, folder).look()
    assert folder.fetched == [1, 2, 3]
    assert [attempts(world, uid) for uid in (1, 2, 3)] == [1, 1, 1]


def test_past_the_first_fifty_it_reads_as_ever(world: World) -> None:
    sizes: list[int] = []
    folder = FakeFolder(mails=numbered(*range(120)), batch=50)
    folder.meanwhile = lambda: sizes.append(len(folder.fetched))
    left_behind(world, folder).look()
    assert sizes == [*range(51), 100]


def test_after_an_orderly_end_nothing_is_read_one_by_one(world: World) -> None:
    sizes: list[int] = []
    folder = FakeFolder(mails=numbered(1, 2, 3), batch=50)
    folder.meanwhile = lambda: sizes.append(len(folder.fetched))
    Mailbox(world, [folder]).look()
    assert sizes == [0]


def test_a_mail_that_ended_three_processes_is_put_aside_and_the_others_are_read(world: World) -> None:
    folder = FakeFolder(mails=numbered(1, 2, 3), batch=50)
    for _ in range(3):  # three processes wrote down that they read it, and ended
        attempts(world, 2)
    left_behind(world, folder).look()
    assert folder.fetched == [1, 3]
    (waiting,) = world.store.transact(lambda tx: tx.in_quarantine())
    assert (waiting.mail.place.uid, waiting.mail.error) == (2, ENDS_US)
    world.hears(NOTICE)


def test_what_failed_otherwise_while_it_was_read_counts_for_nothing(world: World) -> None:
    folder = FakeFolder(mails=numbered(1), batch=50, breaks=[0, 0, 0, 0])
    mailbox = left_behind(world, folder)
    for _ in range(4):
        mailbox.look()
        world.clock.advance(mailbox.watches[0]._backoff.until - world.clock.now())  # type: ignore[operator]
    mailbox.look()
    assert (stored(world), world.store.transact(lambda tx: tx.in_quarantine())) == ([1], [])


def test_the_daily_try_leaves_it_alone_and_a_person_may_try(world: World) -> None:
    folder = FakeFolder(mails=numbered(1), batch=50)
    for _ in range(3):
        attempts(world, 1)
    left_behind(world, folder).look()
    world.hears(NOTICE)
    world.store.transact(remind)
    (waiting,) = world.store.transact(lambda tx: tx.in_quarantine())
    assert not waiting.fetch_again
    ask_again(world.store, waiting.id)
    assert replace(waiting, fetch_again=True) == world.store.transact(lambda tx: tx.quarantined(waiting.id))

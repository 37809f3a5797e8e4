"""What could not be read is told of, tried again, and ends when it could be read or a person says what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.alert import Notice
from bot.domain.message import Arrival, Place, Unreadable
from bot.errors import UsageError
from bot.service import quarantine
from bot.service.intake import Taken
from tests.fakes.build import DAY, HOUR, MISTAKE, at, message
from tests.fakes.clock import MONDAY
from tests.fakes.folders import FakeFolder, Mailbox, numbered
from tests.fakes.mornings import Mornings, lines

TOLD, DAILY = "quarantine: A mail could not be read", "quarantine: {} in quarantine"
TUESDAY = at("09:00", MONDAY + DAY)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Mornings]:
    with Mornings.at(tmp_path) as world:
        world.engine()
        yield world


def broken(uid: int = 5, error: str = "no header ends", account: str = "support") -> Unreadable:
    return Unreadable(Place(account, "INBOX", 1, uid), b"From: \xff\x00", error)


def take(world: Mornings, *arrivals: Arrival | Unreadable) -> Taken:
    taken = world.intake.take(arrivals)
    world.delivery.run()
    return taken


# telling


def test_the_first_of_a_day_is_told_with_its_place_and_what_is_wrong(world: Mornings) -> None:
    assert take(world, broken()) == Taken(quarantined=1, queued=1)
    (post,) = world.hears(TOLD)
    assert lines(post) == ("support/INBOX, UID 5: no header ends",)
    assert isinstance(post.said, Notice)
    assert post.said.advice.startswith("Look: amends quarantine list.")


def test_a_broken_mailbox_is_told_of_once_a_day_and_another_one_for_itself(world: Mornings) -> None:
    take(world, *[broken(uid) for uid in range(5, 300)])
    world.hears(TOLD)
    take(world, broken(300), broken(account="sales"))
    world.hears(TOLD)
    world.clock.advance(DAY)
    take(world, broken(301))
    world.hears(TOLD)


def test_the_same_again_is_told_to_nobody(world: Mornings) -> None:
    take(world, broken())
    world.hears(TOLD)
    world.clock.advance(DAY)
    assert take(world, broken()) == Taken()
    world.hears()


def test_a_folder_that_is_read_for_the_first_time_tells_of_it_too(world: Mornings) -> None:
    Mailbox(world, [FakeFolder(mails=[*numbered(1), "no header ends", *numbered(2)], batch=3)]).look()
    (post,) = world.hears(TOLD)
    assert lines(post) == ("support/INBOX, UID 2: no header ends",)
    assert len(world.store.transact(lambda tx: tx.in_quarantine())) == 1


# each morning


def test_every_morning_people_hear_what_still_waits(world: Mornings) -> None:
    take(world, broken(), broken(6, "strange"))
    world.hears(TOLD)
    for day in range(2):
        world.until(TUESDAY + day * DAY)
        (post,) = world.hears(DAILY.format("2 mails"))
        assert lines(post) == (
            "1 · support/INBOX, UID 5, since 2026-03-02: no header ends",
            "2 · support/INBOX, UID 6, since 2026-03-02: strange",
        )


def test_of_many_ten_are_listed_and_the_others_counted(world: Mornings) -> None:
    take(world, *[broken(uid) for uid in range(1, 13)])
    world.hears(TOLD)
    world.until(TUESDAY)
    (post,) = world.hears(DAILY.format("12 mails"))
    assert (len(lines(post)), lines(post)[-1]) == (11, "and 2 more")


def test_where_nothing_waits_the_morning_is_quiet(world: Mornings) -> None:
    take(world, broken())
    world.hears(TOLD)
    quarantine.release(world.store, 1, who="ana", note="called her")
    world.until(TUESDAY + DAY)
    world.hears()


def test_every_morning_the_server_is_asked_for_it_once_more_and_one_day_it_can_be_read(world: Mornings) -> None:
    folder = FakeFolder(mails=["no header ends"])
    box = Mailbox(world, [folder])
    box.look()
    world.hears(TOLD)
    world.until(TUESDAY)
    world.hears(DAILY.format("1 mail"))
    box.passes(HOUR)
    assert folder.fetched == [1, 1], "once a morning"
    world.until(TUESDAY + DAY)
    world.hears(DAILY.format("1 mail"))
    world.judge.script["You charged me twice."] = MISTAKE
    folder.mails = [message("You charged me twice.")]
    box.passes(timedelta(minutes=1))
    world.hears("mistake to channel, late 1d 16h")
    assert world.store.transact(lambda tx: tx.in_quarantine()) == []
    found = world.store.transact(lambda tx: tx.quarantined(1))
    assert found is not None
    assert (found.ended_by, found.tries) == ("amends", 2)


def test_what_fails_again_and_again_is_at_last_left_to_people_but_never_forgotten(world: Mornings) -> None:
    folder = FakeFolder(mails=["no header ends"])
    box = Mailbox(world, [folder])
    box.look()
    world.hears(TOLD)
    for day in range(14):
        world.until(TUESDAY + day * DAY)
        world.channel.heard = len(world.channel.posts)
        box.passes(timedelta(minutes=1))
    assert len(folder.fetched) == 7
    assert len(world.store.transact(lambda tx: tx.in_quarantine())) == 1


# by hand


def test_a_person_who_releases_it_says_what_became_of_it(world: Mornings) -> None:
    take(world, broken())
    world.hears(TOLD)
    with pytest.raises(UsageError, match="What became of it"):
        quarantine.release(world.store, 1, who="ana", note="  ")
    assert quarantine.release(world.store, 1, who="ana", note=" called her ").id == 1
    found = world.store.transact(lambda tx: tx.quarantined(1))
    assert found is not None
    assert (found.ended_by, found.note, found.ended_at) == ("ana", "called her", MONDAY)
    for work in (quarantine.waiting, quarantine.ask_again):
        with pytest.raises(UsageError, match="1 no longer waits: it was released by ana"):
            work(world.store, 1)


def test_a_number_that_is_not_there_is_named(world: Mornings) -> None:
    with pytest.raises(UsageError, match="There is no 9 in quarantine"):
        quarantine.waiting(world.store, 9)


def test_what_was_read_after_all_says_so(world: Mornings) -> None:
    take(world, broken())
    world.hears(TOLD)
    assert take(world, Arrival(message("Hello"), broken().place)).new == 1
    with pytest.raises(UsageError, match="it was read after all"):
        quarantine.waiting(world.store, 1)


def test_who_asks_again_has_the_server_asked_at_the_next_look(world: Mornings) -> None:
    folder = FakeFolder(mails=["no header ends"])
    box = Mailbox(world, [folder])
    box.look()
    world.hears(TOLD)
    quarantine.ask_again(world.store, 1)
    box.look()
    box.look()
    assert folder.fetched == [1, 1]
    found = world.store.transact(lambda tx: tx.quarantined(1))
    assert found is not None
    assert (found.tries, found.fetch_again) == (2, False)

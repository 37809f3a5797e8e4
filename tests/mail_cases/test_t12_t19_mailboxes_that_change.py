"""T12 and T19: mails that are deleted, moved in, counted anew or numbered otherwise are stored once and alert once."""

from __future__ import annotations

from datetime import timedelta

import imapclient  # type: ignore[import-untyped, unused-ignore]
import pytest

from bot.store import tables as t
from tests.fakes.boxes import Box, mail
from tests.fakes.build import DAY
from tests.fakes.mailroom import WatchedMail, rows
from tests.fakes.world import World

from .conftest import COMPLAINT, AnyBox

LATER = 301.0  # seconds after which a folder is selected anew


def texts(world: World) -> list[str]:
    return [text for (text,) in rows(world, t.message.c.new_text)]


def test_t12_deleted_mails_neither_come_back_nor_hide_others(
    anybox: AnyBox, world: World, watched: WatchedMail
) -> None:
    watched.add(anybox.account, sent=anybox.sent)
    watched.look()
    anybox.writes("Hello.", COMPLAINT)
    watched.look()
    world.hears("mistake to channel")
    with anybox.client() as other:
        other.select_folder("INBOX")
        other.add_flags([1, 2], [imapclient.DELETED])
    anybox.writes("Thank you!")
    watched.look(times=2, apart=LATER)
    anybox.expunge(1)
    anybox.writes("Bye.")
    watched.look(times=2, apart=LATER)
    assert texts(world) == ["Hello.", COMPLAINT, "Thank you!", "Bye."]
    assert world.cases() == 1


def test_t12_a_mail_that_is_marked_as_deleted_before_it_was_read_is_read(
    anybox: AnyBox, world: World, watched: WatchedMail
) -> None:
    watched.add(anybox.account, sent=anybox.sent)
    watched.look()
    anybox.writes(COMPLAINT)
    with anybox.client() as other:
        other.select_folder("INBOX")
        other.add_flags([1], [imapclient.DELETED])
    watched.look()
    world.hears("mistake to channel")


def test_t12_a_mail_that_is_moved_in_is_seen_however_old_it_is(
    anybox: AnyBox, world: World, watched: WatchedMail
) -> None:
    watched.add(anybox.account, sent=anybox.sent)
    watched.look()
    anybox.writes("new")
    watched.look()
    with anybox.client() as other:
        other.select_folder("INBOX")  # Courier writes down a UID only for who may write
        other.append("INBOX", mail(COMPLAINT), (), world.clock.now() - 300 * DAY)
    watched.look()
    (card,) = world.hears("mistake to channel")
    assert abs(card.alert.waiting_since - (world.clock.now() - 300 * DAY)) < timedelta(seconds=2)


def test_t12_after_a_new_uidvalidity_nothing_alerts_twice_and_what_is_new_is_read(
    anybox: AnyBox, world: World, watched: WatchedMail
) -> None:
    watched.add(anybox.account, sent=anybox.sent)
    anybox.writes("Hello.", COMPLAINT)
    watched.look()
    world.hears("mistake to channel")
    [(before,)] = set(rows(world, t.place.c.uidvalidity))
    anybox.reset()
    if anybox.kind == "cyrus":  # where it is deleted and restored
        anybox.deliver(*anybox.delivered)
    watched.look(times=2, apart=LATER)
    world.hears()
    places = rows(world, t.place.c.uidvalidity, t.place.c.uid, t.place.c.message_id)
    assert sorted((uid, message) for _, uid, message in places) == [(1, 1), (1, 1), (2, 2), (2, 2)]
    assert len({uidvalidity for uidvalidity, _, _ in places}) == 2
    assert (before, world.cases()) == (places[0][0], 1)
    anybox.receives(mail(COMPLAINT, "jo@customer.example", Subject="Order 99"))
    watched.look()
    world.hears("mistake to channel")


@pytest.mark.dovecot
def test_t12_what_came_while_the_folder_was_replaced_alerts_once(box: Box, world: World, watched: WatchedMail) -> None:
    watched.add(box.account())
    box.deliver("Hello.")
    watched.look()
    box.server.reset_uidvalidity(box.user, "INBOX")
    box.deliver(COMPLAINT)
    watched.look(times=3, apart=LATER)
    world.hears("mistake to channel")


# T19


def test_t19_another_clients_expunge_shifts_nothing(anybox: AnyBox, world: World, watched: WatchedMail) -> None:
    watched.add(anybox.account, sent=anybox.sent)
    watched.look()
    anybox.writes(*map(str, range(1, 7)))
    watched.look()
    for uid in (1, 2, 5):
        anybox.expunge(uid)
    anybox.writes("7", COMPLAINT)
    watched.look()
    anybox.expunge(8)
    anybox.writes("9")
    watched.look(times=2, apart=LATER)
    world.hears("mistake to channel")
    assert texts(world) == ["1", "2", "3", "4", "5", "6", "7", COMPLAINT, "9"]
    assert [uid for (uid,) in rows(world, t.place.c.uid)] == list(range(1, 10))

"""How far folders were read, what could not be read in them, who may watch them, and how that goes: as rows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest

from bot.domain.message import Place, Unreadable
from bot.domain.watching import Watched
from bot.service.ports import Cursor, Quarantined
from bot.store.store import SqlStore
from tests.fakes.build import DAY, HOUR, MINUTE
from tests.fakes.clock import MONDAY, SimulatedClock

SINCE = date(2026, 2, 16)
LENGTH = timedelta(seconds=20)
NOBODY: frozenset[str] = frozenset()


def place(uid: int, folder: str = "INBOX", validity: int = 1) -> Place:
    return Place("support", folder, validity, uid)


def cursor(store: SqlStore, folder: str = "INBOX") -> Cursor | None:
    return store.transact(lambda tx: tx.cursor("support", folder))


# cursors


def test_a_folder_begins_where_its_history_does(store: SqlStore) -> None:
    assert cursor(store) is None
    begun = Cursor(7, 40, SINCE, 90)
    store.transact(lambda tx: tx.begin_folder("support", "INBOX", begun))
    assert (cursor(store), cursor(store, "Sent")) == (begun, None)


def test_a_cursor_moves_forward_only_and_keeps_what_its_history_is(store: SqlStore) -> None:
    store.transact(lambda tx: tx.begin_folder("support", "INBOX", Cursor(7, 40, SINCE, 90)))
    for uid, stands in ((55, 55), (41, 55), (120, 120)):
        store.transact(lambda tx, it=uid: tx.move_cursor(place(it, validity=7)))  # type: ignore[misc]
        assert cursor(store) == Cursor(7, stands, SINCE, 90)


def test_another_uidvalidity_is_another_count_and_knows_since_when_history_is_read(store: SqlStore) -> None:
    store.transact(lambda tx: tx.begin_folder("support", "INBOX", Cursor(7, 40, SINCE, 90)))
    store.transact(lambda tx: tx.move_cursor(place(3, validity=8)))
    assert cursor(store) == Cursor(8, 3, SINCE)
    store.transact(lambda tx: tx.begin_folder("support", "INBOX", Cursor(9, 0, SINCE, 12)))
    assert cursor(store) == Cursor(9, 0, SINCE, 12)


def test_folders_are_read_each_for_itself(store: SqlStore) -> None:
    store.transact(lambda tx: [tx.move_cursor(place(4)), tx.move_cursor(place(9, "Sent"))])  # type: ignore[func-returns-value]
    assert (cursor(store), cursor(store, "Sent")) == (Cursor(1, 4, MONDAY.date()), Cursor(1, 9, MONDAY.date()))


# quarantine


def put(store: SqlStore, uid: int = 5, error: str = "odd", raw: bytes = b"From: \xff\x00", **other: object) -> bool:
    mail = Unreadable(place(uid, **other), raw, error, proven_ours=uid == 6)  # type: ignore[arg-type]
    return store.transact(lambda tx: tx.quarantine(mail))


def waiting(store: SqlStore) -> list[Quarantined]:
    return store.transact(lambda tx: tx.in_quarantine())


def test_what_cannot_be_read_lies_in_quarantine_once_with_all_that_is_known(store: SqlStore) -> None:
    assert [put(store), put(store, 6), put(store, folder="Sent")] == [True, True, True]
    first, second, third = waiting(store)
    assert first == Quarantined(1, Unreadable(place(5), b"From: \xff\x00", "odd"), MONDAY, 1)
    assert (second.mail.proven_ours, third.mail.place) == (True, place(5, "Sent"))
    assert store.transact(lambda tx: tx.quarantined(2)) == second
    assert store.transact(lambda tx: tx.quarantined(99)) is None


def test_each_try_in_vain_is_counted_and_bytes_that_were_known_are_kept(store: SqlStore, clock: SimulatedClock) -> None:
    put(store)
    clock.advance(DAY)
    assert not put(store, error="still odd", raw=b"")
    (found,) = waiting(store)
    assert (found.tries, found.mail.error, found.mail.raw, found.at) == (2, "still odd", b"From: \xff\x00", MONDAY)
    put(store, error="other", raw=b"more of it")
    assert waiting(store)[0].mail.raw == b"more of it"


def test_what_has_ended_waits_no_more_and_does_not_come_back(store: SqlStore, clock: SimulatedClock) -> None:
    put(store)
    put(store, 6)
    clock.advance(HOUR)
    store.transact(lambda tx: tx.end_quarantine(1, "ana", "called her"))
    assert store.transact(lambda tx: tx.end_quarantine_at(place(6), "amends"))
    assert not store.transact(lambda tx: tx.end_quarantine_at(place(6), "amends"))
    assert not store.transact(lambda tx: tx.end_quarantine_at(place(7), "amends"))
    assert store.transact(lambda tx: tx.end_quarantine_among([place(5), place(6), place(7)], "amends")) == 0
    assert (put(store), put(store, 6), waiting(store)) == (False, False, [])
    ended = [store.transact(lambda tx, n=n: tx.quarantined(n)) for n in (1, 2)]  # type: ignore[misc]
    assert [(one.ended_at, one.ended_by, one.note, one.tries) for one in ended if one] == [
        (MONDAY + HOUR, "ana", "called her", 1), (MONDAY + HOUR, "amends", "", 1),
    ]  # fmt: skip


def test_the_server_is_asked_again_once_and_only_for_what_waits(store: SqlStore) -> None:
    for uid in (5, 6, 7):
        put(store, uid)
    put(store, 8, folder="Sent")
    put(store, 9, validity=2)
    store.transact(lambda tx: [tx.fetch_again(number) for number in (2, 1, 3, 4, 5)])  # type: ignore[func-returns-value]
    store.transact(lambda tx: tx.end_quarantine(3, "ana", "called"))
    assert waiting(store)[0].fetch_again

    def asked(folder: str, validity: int = 1) -> list[int]:
        return store.transact(lambda tx: tx.to_fetch_again("support", folder, validity))

    assert (asked("INBOX"), asked("INBOX"), asked("Sent"), asked("INBOX", 2)) == ([5, 6], [], [8], [9])


def test_what_failed_again_is_not_asked_for_by_itself(store: SqlStore) -> None:
    put(store)
    store.transact(lambda tx: tx.fetch_again(1))
    put(store)
    assert store.transact(lambda tx: tx.to_fetch_again("support", "INBOX", 1)) == []


def test_a_mail_that_is_being_read_is_counted_until_it_was(store: SqlStore) -> None:
    def begin(uid: int) -> int:
        return store.transact(lambda tx: tx.begin_reading(place(uid)))

    assert [begin(5), begin(6), begin(5), begin(5)] == [1, 1, 2, 3]
    store.transact(lambda tx: tx.done_reading(place(5)))
    assert [begin(5), begin(6)] == [1, 2]


# leases


def take(store: SqlStore, holder: str, dead: frozenset[str] = NOBODY, name: str = "mailbox support") -> bool:
    return store.transact(lambda tx: tx.take_lease(name, holder, LENGTH, from_the_dead=dead))


def holder(store: SqlStore, name: str = "mailbox support") -> str:
    return store.transact(lambda tx: tx.lease_holder(name))


def test_a_lease_is_held_by_one_and_renewed_by_the_same(store: SqlStore, clock: SimulatedClock) -> None:
    assert holder(store) == ""
    assert (take(store, "we"), take(store, "they"), holder(store)) == (True, False, "we")
    clock.advance(LENGTH / 2)
    assert take(store, "we")
    clock.advance(LENGTH * 0.9)
    assert not take(store, "they"), "it was renewed meanwhile"
    assert take(store, "they", name="mailbox sales")


def test_a_lease_ends_at_its_very_moment(store: SqlStore, clock: SimulatedClock) -> None:
    take(store, "we")
    clock.advance(LENGTH - timedelta(milliseconds=1))
    assert not take(store, "they")
    clock.advance(timedelta(milliseconds=1))
    assert (take(store, "they"), take(store, "we"), holder(store)) == (True, False, "they")


def test_who_is_dead_holds_nothing(store: SqlStore) -> None:
    take(store, "we")
    assert not take(store, "they", dead=frozenset({"others"}))
    assert take(store, "they", dead=frozenset({"we"}))
    assert holder(store) == "they"


def test_a_lease_is_dropped_only_by_who_holds_it(store: SqlStore) -> None:
    take(store, "we")
    store.transact(lambda tx: tx.drop_lease("mailbox support", "they"))
    assert holder(store) == "we"
    store.transact(lambda tx: tx.drop_lease("mailbox support", "we"))
    assert (holder(store), take(store, "they")) == ("", True)


@pytest.mark.parametrize("how", ["first", "run out"])
def test_of_many_who_ask_at_the_same_moment_one_gets_it_and_nobody_an_error(
    store: SqlStore, url: str, clock: SimulatedClock, how: str
) -> None:
    if how == "run out":
        take(store, "before")
        clock.advance(LENGTH)
    stores = [SqlStore(url, clock) for _ in range(4)]
    start = threading.Barrier(len(stores))

    def ask(number: int) -> bool:
        start.wait(10)
        return take(stores[number], f"process {number}")

    with ThreadPoolExecutor(len(stores)) as pool:
        got = list(pool.map(ask, range(len(stores))))
    for one in stores:
        one.close()
    assert sorted(got) == [False, False, False, True]
    assert holder(store) == f"process {got.index(True)}"


# how watching goes


def watched(store: SqlStore) -> list[Watched]:
    return store.transact(lambda tx: tx.watched())


def test_a_folder_is_watched_since_somebody_began_and_was_good_when_it_was_last_looked_at(
    store: SqlStore, clock: SimulatedClock
) -> None:
    def health(
        good: datetime | None, error: str = "", *, told: bool = False, begun: datetime = MONDAY
    ) -> list[Watched]:
        return [Watched("support", "support/INBOX", begun, good, error, told)]

    here = ("support", "support/INBOX")
    store.transact(lambda tx: tx.begin_watch(*here))
    assert watched(store) == health(None)
    store.transact(lambda tx: tx.bad_look(*here, "no answer"))
    store.transact(lambda tx: tx.told_of_watch(*here))
    assert watched(store) == health(None, "no answer", told=True)
    clock.advance(MINUTE)
    assert store.transact(lambda tx: tx.good_look(*here)), "people had been told otherwise"
    assert not store.transact(lambda tx: tx.good_look(*here))
    assert watched(store) == health(MONDAY + MINUTE)
    clock.advance(HOUR)
    store.transact(lambda tx: tx.begin_watch(*here))
    assert watched(store) == health(MONDAY + MINUTE, begun=MONDAY + MINUTE + HOUR)


def test_a_new_beginning_does_not_forget_that_people_were_told(store: SqlStore) -> None:
    here = ("support", "support/INBOX")
    store.transact(lambda tx: [tx.begin_watch(*here), tx.told_of_watch(*here)])  # type: ignore[func-returns-value]
    store.transact(lambda tx: tx.begin_watch(*here))
    assert watched(store)[0].is_told
    assert store.transact(lambda tx: tx.good_look(*here))

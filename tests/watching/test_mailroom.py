"""The mailboxes of a config as things that run: who gets a connection, whose lease it is, when silence is an alarm."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.message import Arrival, Place
from bot.edges.imap.folder import AUTO, Folder
from bot.service.lease import LENGTH
from bot.service.watch import Rotation, Watch
from bot.settings import load
from bot.watching import Mailroom
from tests.fakes.build import HOUR, MISTAKE, message
from tests.fakes.world import World

SECOND = timedelta(seconds=1)
BOX = """
[[mailbox]]
name = "{name}"
host = "{host}"
user = "{name}"
password_env = "AMENDS_TEST_PASSWORD"
folders = {folders}
sent = "{sent}"
max_connections = {most}
poll = "{poll}"
"""
DOWN = "watch: A mailbox is not being read"


def box(name: str = "support", **other: Any) -> str:
    known = {"host": "imap.acme.example", "folders": '["INBOX"]', "sent": "auto", "most": 6, "poll": "30s"}
    return BOX.format(name=name, **(known | other))


def mailroom(world: World, folder: Path, *boxes: str) -> Mailroom:
    """Nothing in it is ever connected."""
    file = folder / "config.toml"
    file.write_text("".join(boxes), encoding="utf-8")
    return Mailroom(load(file), world.store, world.judge, world.clock, wake=lambda: None)


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with World.at(tmp_path) as world:
        yield world


def runners(room: Mailroom) -> list[list[str]]:
    """What each thread looks at."""
    found: list[list[str]] = []
    for one in room._runners:
        watches = [one] if isinstance(one, Watch) else one.watches
        found.append([watch.source.name for watch in watches])
    return found


def test_every_folder_has_a_connection_of_its_own_where_the_server_takes_so_many(world: World, tmp_path: Path) -> None:
    room = mailroom(world, tmp_path, box(folders='["INBOX", "Orders"]'))
    assert runners(room) == [["support/INBOX"], ["support/Sent"], ["support/Orders"]]
    assert len(room.threads(threading.Event())) == 3


def test_with_more_folders_than_connections_the_most_urgent_keep_theirs_and_the_others_take_turns(
    world: World, tmp_path: Path
) -> None:
    boxes = [box(name, folders='["INBOX", "Orders"]', most=most) for name, most in (("support", 6), ("sales", 3))]
    room = mailroom(world, tmp_path, *boxes)
    assert runners(room) == [
        ["support/INBOX"], ["sales/INBOX"],
        ["sales/Sent", "sales/Orders", "support/Sent", "support/Orders"],
    ]  # fmt: skip
    assert isinstance(room._runners[-1], Rotation)


def test_servers_are_counted_each_for_itself(world: World, tmp_path: Path) -> None:
    room = mailroom(world, tmp_path, box("a", most=1), box("b", most=1, host="mail.acme.example"))
    assert runners(room) == [["a/INBOX", "a/Sent"], ["b/INBOX", "b/Sent"]]


def test_where_no_sent_folder_is_wanted_none_is_watched(world: World, tmp_path: Path) -> None:
    assert runners(mailroom(world, tmp_path, box(sent=""))) == [["support/INBOX"]]


def test_a_sent_folder_is_called_the_same_before_and_after_it_was_found(world: World, tmp_path: Path) -> None:
    """The others of its account wait for it by this name."""
    room = mailroom(world, tmp_path, box())
    (sent,) = [one for one in room._runners if isinstance(one, Watch) and one.source.folder == AUTO]
    before = sent.source.name
    sent.source._folder = "INBOX.Gesendet"  # type: ignore[attr-defined]
    assert sent.source.name == before == "support/Sent"
    assert before in sent.desk.gate.waits_for


# leases


def test_a_second_amends_stands_by_and_takes_over_when_the_first_leaves(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mailroom(world, tmp_path, box())
    monkeypatch.setattr("bot.watching.own_name", lambda: "another")
    second = mailroom(world, tmp_path, box())
    for room in (first, second):
        room.keep()
    assert [room._leases["support"].held for room in (first, second)] == [True, False]
    first.leave()
    second.keep()
    assert [room._leases["support"].held for room in (first, second)] == [False, True]


# health


def keeps(world: World, room: Mailroom, length: timedelta) -> None:
    for _ in range(int(length / (5 * SECOND))):
        world.clock.advance(5 * SECOND)
        room.keep()
        world.delivery.run()


def test_a_folder_that_nobody_reads_is_an_alarm_after_three_intervals(world: World, tmp_path: Path) -> None:
    room = mailroom(world, tmp_path, box(sent=""))
    room.keep()
    keeps(world, room, 85 * SECOND)
    world.hears()
    keeps(world, room, 5 * SECOND)
    world.hears(DOWN)


def test_after_a_night_off_the_first_minute_is_no_alarm(world: World, tmp_path: Path) -> None:
    """Nobody read it all night because amends did not run, and now it does."""
    room = mailroom(world, tmp_path, box(sent=""))
    room.keep()
    world.store.transact(lambda tx: tx.begin_watch("support", "support/INBOX"))  # as its watch does
    world.store.transact(lambda tx: tx.good_look("support", "support/INBOX"))
    room.leave()
    world.clock.advance(14 * HOUR)
    again = mailroom(world, tmp_path, box(sent=""))
    again.keep()
    keeps(world, again, 80 * SECOND)
    world.hears()


def test_a_machine_that_slept_is_not_blamed_for_it(world: World, tmp_path: Path) -> None:
    room = mailroom(world, tmp_path, box(sent=""))
    room.keep()
    world.store.transact(lambda tx: tx.begin_watch("support", "support/INBOX"))
    world.clock.advance(LENGTH + HOUR)
    room.keep()
    world.delivery.run()
    world.hears()


def test_folders_that_take_turns_may_take_longer(world: World, tmp_path: Path) -> None:
    names = ", ".join(f'"Folder {n}"' for n in range(40))
    room = mailroom(world, tmp_path, box(folders=f"[{names}]", most=1, sent=""))
    assert set(room._intervals.values()) == {120 * SECOND}


def test_who_stands_by_does_not_watch_the_watcher(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mailroom(world, tmp_path, box(sent=""))
    first.keep()
    monkeypatch.setattr("bot.watching.own_name", lambda: "another")
    second = mailroom(world, tmp_path, box(sent=""))
    world.clock.advance(LENGTH - SECOND)
    first.keep()
    for _ in range(30):
        world.clock.advance(5 * SECOND)
        first._leases["support"].keep()
        second.keep()
    world.delivery.run()
    world.hears()


def test_folders_that_take_turns_go_over_one_connection_an_account(world: World, tmp_path: Path) -> None:
    folders = '["INBOX", "Orders", "Returns"]'
    room = mailroom(world, tmp_path, box(folders=folders, most=2), box("billing", folders=folders, most=2))
    (rotation,) = (one for one in room._runners if isinstance(one, Rotation))
    by_account: dict[str, set[int]] = {}
    for watch in rotation.watches:
        assert isinstance(watch.source, Folder)
        by_account.setdefault(watch.source.account, set()).add(id(watch.source.connection))
    assert sorted(map(len, by_account.values())) == [1, 1]
    assert len(rotation.watches) == 7


def test_mail_that_was_held_for_a_mailbox_that_is_no_longer_in_the_config_is_decided(
    world: World, tmp_path: Path
) -> None:
    complaint = message("You charged me twice.")
    world.judge.script[complaint.new_text] = MISTAKE
    world.store.transact(lambda tx: tx.keep([Arrival(complaint, Place("gone", "INBOX", 1, 1))], "gone"))
    mailroom(world, tmp_path, box()).threads(threading.Event())
    world.delivery.run()
    world.hears("mistake to channel")

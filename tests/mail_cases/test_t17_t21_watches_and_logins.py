"""T17 and T21: a folder that nobody reads is told of, and so is that it is read again; each mailbox fails alone."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from bot.store import tables as t
from tests.fakes.boxes import Box, add_box, scripted_account
from tests.fakes.chaos import Chaos
from tests.fakes.dovecot import Dovecot
from tests.fakes.mailroom import WatchedMail, rows
from tests.fakes.scripted_imap import ScriptedImap
from tests.fakes.world import World

from .conftest import COMPLAINT

DOWN, AGAIN = "watch: A mailbox is not being read", "watch: A mailbox is read again"
TWICE = 2  # folders: INBOX and Sent


def texts(world: World) -> list[str]:
    return [text for (text,) in rows(world, t.message.c.new_text)]


# T17


@pytest.mark.dovecot
def test_t17_after_three_intervals_without_a_good_look_people_are_told_once_and_told_when_it_is_over(
    box: Box, world: World, watched: WatchedMail
) -> None:
    with Chaos(box.server.tls_port) as line:
        watched.add(replace(box.account(), port=line.port))
        watched.look()
        line.strike("reset")
        line.door("shut")
        watched.look(apart=60.0)
        watched.check()
        world.hears()
        watched.look(apart=30.0)
        watched.check()
        first, _ = world.hears(*[DOWN] * TWICE)
        assert "support/INBOX: not read for 1m." in str(first.said)
        assert "It cannot be reached: Connection refused." in str(first.said)
        for _ in range(5):
            watched.look(apart=300.0)
            watched.check()
        world.hears()
        box.deliver(COMPLAINT)
        line.heal()
        watched.look(apart=301.0)
        watched.check()
        assert sorted(map(str, world.channel.unheard())) == ["mistake to channel", *[AGAIN] * TWICE]
        world.channel.heard = len(world.channel.posts)
        watched.close()


@pytest.mark.dovecot
def test_t17_a_server_that_takes_us_in_and_says_nothing_more_is_told_of(
    box: Box, world: World, watched: WatchedMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.edges.imap.connection._READ", 1.0)
    with Chaos(box.server.port) as line:
        watched.add(replace(box.account(), port=line.port, tls="off"))
        watched.look()
        for limit in ("_CONNECT", "_READ"):  # a greeting that does not come is waited for as long as a connection
            monkeypatch.setattr(f"bot.edges.imap.connection.{limit}", 0.3)
        line.strike("blackhole")
        line.door("silent")
        watched.look(times=4, apart=25.0)
        watched.check()
        told = world.hears(*[DOWN] * TWICE)
        assert "timed out" in str(told[0].said) or "did not answer in time" in str(told[0].said)
        watched.close()


@pytest.mark.dovecot
def test_t17_a_thread_that_is_gone_is_told_of_too(box: Box, world: World, watched: WatchedMail) -> None:
    inbox, _sent = watched.add(box.account())
    watched.look()
    watched.watches.remove(inbox)  # nobody looks there, and nothing fails
    for _ in range(4):
        watched.look(apart=30.0)
    watched.watches.append(inbox)
    watched.check()
    (told,) = world.hears(DOWN)
    assert "support/INBOX" in str(told.said)


@pytest.mark.dovecot
def test_t17_nobody_is_told_of_a_mailbox_that_is_read(box: Box, world: World, watched: WatchedMail) -> None:
    watched.add(box.account())
    for _ in range(20):
        watched.look(apart=30.0)
        watched.check()
    world.hears()


# a folder that fails holds up the others only for a minute, one that cannot be opened not at all


@pytest.mark.dovecot
def test_a_sent_folder_that_is_not_there_holds_up_no_alert(
    box: Box, world: World, watched: WatchedMail, caplog: pytest.LogCaptureFixture
) -> None:
    box.deliver(COMPLAINT)
    watched.add(box.account(), sent="Sent Items")
    watched.look(times=2, apart=1.0)
    world.hears("mistake to channel")
    [line] = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith("support/Sent Items: support (127.0.0.1:")
    assert line.endswith("`amends mail check` lists the folders there are. Tried again in 300 s.")


@pytest.mark.dovecot
def test_a_sent_folder_that_is_out_of_reach_holds_up_alerts_for_a_minute(
    box: Box, world: World, watched: WatchedMail
) -> None:
    with Chaos(box.server.tls_port) as line:
        box.deliver(COMPLAINT)
        _inbox, sent = watched.add(box.account())
        sent.source._connection.account = replace(box.account(), port=line.port)  # type: ignore[attr-defined]
        line.door("shut")
        watched.look(times=2, apart=20.0)
        world.hears()
        watched.look(times=3, apart=20.0)
        world.hears("mistake to channel")


# T21


@pytest.mark.dovecot
def test_t21_one_account_that_does_not_let_us_in_keeps_the_others_from_nothing(
    dovecot: Dovecot, box: Box, world: World, watched: WatchedMail, caplog: pytest.LogCaptureFixture
) -> None:
    other = add_box(dovecot)
    other.deliver("not seen")
    box.deliver(COMPLAINT)
    watched.add(other.account(name="sales", password="wrong"))
    watched.add(box.account())
    watched.look()
    world.hears("mistake to channel")
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [line.partition(":")[0] for line in told] == ["sales/INBOX", "sales/Sent"]
    assert all("It refused the login of" in line for line in told)
    assert texts(world) == [COMPLAINT]


@pytest.mark.dovecot
def test_t21_each_has_its_own_back_off(dovecot: Dovecot, box: Box, world: World, watched: WatchedMail) -> None:
    other = add_box(dovecot)
    watched.add(other.account(name="sales", password="wrong"))
    watched.add(box.account())
    for number in range(5):
        box.deliver(f"Number {number}")
        watched.look(apart=10.0)
    assert texts(world) == [f"Number {number}" for number in range(5)]
    log = (dovecot.base / "dovecot.log").read_text()
    assert log.count(f"auth failed, 1 attempts in 0 secs): user=<{other.user}>") <= 2, "a login each folder a minute"


@pytest.mark.parametrize("offers", ["says no", "does not offer it"])
def test_t21_where_starttls_fails_no_password_is_sent_and_people_are_told(
    world: World, watched: WatchedMail, offers: str
) -> None:
    told = {"STARTTLS": "{tag} NO not today\r\n"} if offers == "says no" else {
        "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n",
    }  # fmt: skip
    with ScriptedImap(**told) as server:
        watched.add(scripted_account(server, tls="starttls"))
        watched.look(times=4, apart=30.0)
        watched.check()
        first, _ = world.hears(*[DOWN] * TWICE)
        assert "STARTTLS" in str(first.said)
        for word in (b"LOGIN", b"AUTHENTICATE", b"tr0ub4dor", b" mo "):
            assert word not in server.heard

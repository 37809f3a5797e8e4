"""T10 and T11: killed at any step, or run twice, amends makes exactly one case of a mail, and one alert."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.edges.imap.account import Account
from bot.store import tables as t
from tests.app.installation import CHANNEL, COMPLAINT, Installation
from tests.fakes.boxes import Box, account_of, opened_for_writing
from tests.fakes.build import MISTAKE
from tests.fakes.mail_servers import MailServer
from tests.fakes.mailroom import WatchedMail, rows, soon
from tests.fakes.slack import FakeSlack
from tests.fakes.world import World

from .conftest import KINDS

SIGKILL = -9
MINUTE = timedelta(minutes=1)
STEPS = [
    "before_storing", "before_commit_of_taking", "after_commit_of_taking", "before_commit_of_case",
    "after_commit_of_case", "before_commit_of_claim", "before_post", "after_post", "before_commit_of_settling",
    "after_commit_of_settling",
]  # fmt: skip


@dataclass
class Reached:
    """A user's mailbox as an installation wants to have it."""

    server: MailServer
    user: str
    password: str
    right: Account


@pytest.fixture
def installed(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> Iterator[Installation]:
    """One with a mailbox on that kind of server."""
    if kind == "dovecot":
        box = request.getfixturevalue("box")
    else:
        made = request.getfixturevalue(kind).box()
        opened_for_writing(made)
        box = Reached(made.server, made.user, made.password, account_of(made))
    with FakeSlack((CHANNEL,), epoch=int(time.time())) as slack:
        installation = Installation(tmp_path, box, slack)
        if kind != "dovecot":
            text = installation.config.read_text().replace('ca_file = "None"', 'tls = "off"')
            installation.config.write_text(text.replace('sent = "Sent"', f'sent = "{made.server.sent}"'))
        yield installation
        installation.close()


def has_begun(installed: Installation) -> bool:
    return len(installed.rows(t.watch.c.good_at)) == 2 and all(good for (good,) in installed.rows(t.watch.c.good_at))


DOVECOT, *OTHERS = KINDS
# one kind of server is enough for the steps that no server sees
ON_WHICH = [pytest.param(step, "dovecot", marks=DOVECOT.marks, id=step) for step in STEPS] + [
    pytest.param(step, *kind.values, marks=kind.marks, id=f"{step} on {kind.values[0]}")
    for step in ("before_storing", "after_commit_of_taking") for kind in OTHERS
]  # fmt: skip


@pytest.mark.parametrize(("step", "kind"), ON_WHICH)
def test_t10_killed_at_any_step_it_makes_one_case_and_one_alert(installed: Installation, step: str, kind: str) -> None:
    installed.store_is_made()
    dying = installed.run_and_die(step).watches()
    installed.until(lambda: has_begun(installed), "both folders are read")
    installed.customer(COMPLAINT, 1)
    assert dying.code() == SIGKILL
    installed.time_passes(MINUTE)
    installed.run_lightly()
    installed.says_once("card")
    assert (len(installed.rows(t.case.c.id)), len(installed.rows(t.message.c.id))) == (1, 1)
    assert len(installed.rows(t.place.c.uid)) == 1


# T11


@pytest.mark.dovecot
def test_t11_of_two_processes_one_reads_and_the_other_takes_over_when_it_is_killed(box: Box, tmp_path: Path) -> None:
    with FakeSlack((CHANNEL,), epoch=int(time.time())) as slack:
        installed = Installation(tmp_path, box, slack)
        try:
            installed.store_is_made()
            first = installed.run_lightly().watches()
            installed.until(lambda: has_begun(installed), "the first reads")
            waits = "is watched by another amends; standing by"
            second = installed.run_lightly().watches().says(waits)
            installed.customer(COMPLAINT, 1)
            installed.says_once("card")
            holder = installed.rows(t.lease.c.holder)
            first.signal(signal.SIGKILL)
            assert first.code() == SIGKILL
            installed.customer(COMPLAINT, 2)
            installed.says_once("card", "card")
            assert installed.rows(t.lease.c.holder) != holder
            assert waits not in second.log.partition(waits)[2]
        finally:
            installed.close()


@pytest.mark.dovecot
def test_t11_while_one_holds_the_lease_the_other_does_not_look_and_a_dead_holders_lease_ends(
    box: Box, world: World, watched: WatchedMail
) -> None:
    other = WatchedMail(world, holder="another process")
    for mailroom in (watched, other):
        mailroom.add(box.account())
    watched.look()
    box.deliver(COMPLAINT)
    world.judge.script[COMPLAINT] = MISTAKE
    other.look(times=3, apart=5.0)
    world.hears()
    other.look(apart=10.0)
    world.hears("mistake to channel")
    watched.look()
    assert not watched.leases[0].held
    other.close()


@pytest.mark.dovecot
def test_t11_even_two_that_read_at_once_store_a_mail_once(box: Box, world: World, watched: WatchedMail) -> None:
    world.judge.script[COMPLAINT] = MISTAKE
    for _ in range(2):
        watched.add(box.account())  # the same account, twice in one process: nothing keeps them apart
    watched.look()
    box.deliver(COMPLAINT, "Thank you!")
    with watched.running():
        soon(lambda: len(rows(world, t.place.c.uid)) == 2 and world.channel.posts, "both are read")
        box.deliver("Bye.")
        soon(lambda: len(rows(world, t.place.c.uid)) == 3, "it goes on")
    world.hears("mistake to channel")
    assert len(rows(world, t.message.c.id)) == 3

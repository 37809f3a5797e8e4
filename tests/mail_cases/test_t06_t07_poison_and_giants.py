"""T6 and T7: neither a mail on which something fails nor a huge one holds up the others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.domain.case import Step
from bot.domain.message import Arrival, Message
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.edges.imap import reading
from bot.store import tables as t
from bot.store.store import SqlTransaction
from tests.fakes.boxes import Box, mail
from tests.fakes.build import DAY
from tests.fakes.dovecot import HOST, wait_until
from tests.fakes.mailroom import WatchedMail, rows
from tests.fakes.world import ScriptedJudge, World

from .conftest import COMPLAINT
from .test_t01_to_t03_nothing_is_passed_over import IN_QUARANTINE, poisoned

pytestmark = pytest.mark.dovecot
HOME = Path(__file__).parents[2]


def fails_in_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "read_mail", poisoned)


def fails_in_judging(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ScriptedJudge.judge

    def judge(self: ScriptedJudge, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        if any("poison" in message.new_text for message in messages):
            raise ArithmeticError("of poison no verdict can be made")
        return real(self, messages, earlier)

    monkeypatch.setattr(ScriptedJudge, "judge", judge)


def fails_in_storing(monkeypatch: pytest.MonkeyPatch) -> None:
    remember, keep = SqlTransaction.remember, SqlTransaction.keep

    def check(arrivals: Sequence[Arrival]) -> None:
        if any("poison" in arrival.message.new_text for arrival in arrivals):
            raise UnicodeEncodeError("utf-8", "poison", 0, 1, "surrogates not allowed")

    def remembers(self: SqlTransaction, arrival: Arrival, verdict: Verdict | None) -> Any:
        check([arrival])
        return remember(self, arrival, verdict)

    def keeps(self: SqlTransaction, arrivals: Sequence[Arrival], account: str) -> int:
        check(arrivals)
        return keep(self, arrivals, account)

    monkeypatch.setattr(SqlTransaction, "remember", remembers)
    monkeypatch.setattr(SqlTransaction, "keep", keeps)


@pytest.mark.parametrize("fails", [fails_in_parsing, fails_in_storing])
def test_t06_a_mail_on_which_anything_fails_is_put_aside_and_the_others_go_on(
    box: Box, world: World, watched: WatchedMail, fails: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    fails(monkeypatch)
    watched.add(box.account())
    watched.look()
    for number, text in enumerate(("Hello.", "poison, PIN 4711", COMPLAINT), 1):
        box.receives(mail(text, f"c{number}@customer.example", Subject=f"Order {number}"))
    watched.look(times=4, apart=10.0)
    assert sorted(map(str, world.channel.unheard())) == ["mistake to channel", IN_QUARANTINE]
    world.channel.heard = len(world.channel.posts)
    assert [text for (text,) in rows(world, t.message.c.new_text)] == ["Hello.", COMPLAINT]
    [(uid, raw)] = rows(world, t.quarantine.c.uid, t.quarantine.c.raw)
    assert (uid, b"poison" in raw) == (2, True)
    assert "4711" not in caplog.text, "a customer's words are in the log"
    watched.look(times=3, apart=600.0)
    assert len(rows(world, t.quarantine.c.id)) == 1


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
def test_t06_a_mail_that_cannot_be_judged_is_stored_and_waited_for_and_the_others_are_alerted(
    box: Box, world: World, watched: WatchedMail, begins: bool, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    fails_in_judging(monkeypatch)
    watched.add(box.account())
    if not begins:
        watched.look()
    for number, text in enumerate(("Hello.", "Who sent me this poison?", COMPLAINT), 1):
        box.receives(mail(text, f"c{number}@customer.example", Subject=f"Order {number}"))
    watched.look(times=3, apart=10.0)
    world.hears("mistake to channel")
    assert len(rows(world, t.message.c.id)) == 3
    assert "Who sent" not in caplog.text, "a customer's words are in the log"
    world.step(Step.DISMISSED, note="paid once")
    world.passes(5 * DAY)
    (card, *_) = world.channel.unheard()
    world.channel.heard = len(world.channel.posts)
    assert (str(card), card.alert.words) == ("unanswered to channel", "Who sent me this poison?")


def test_t06_a_mail_for_which_the_server_hangs_up_is_put_aside_and_the_others_go_on(
    box: Box, world: World, watched: WatchedMail
) -> None:
    watched.add(box.account())
    box.deliver("One.", COMPLAINT, "Three.")
    min((box.maildir() / "new").iterdir()).chmod(0)
    watched.look(times=10, apart=300.0)
    assert sorted(map(str, world.channel.unheard())) == ["mistake to channel", IN_QUARANTINE]
    world.channel.heard = len(world.channel.posts)
    assert rows(world, t.quarantine.c.uid, t.quarantine.c.error) == [
        (1, "the server hangs up when it is asked for this one")
    ]
    assert [words for (words,) in rows(world, t.message.c.new_text)] == [COMPLAINT, "Three."]


def test_t06_a_hundred_poisoned_mails_are_one_alert(
    box: Box, world: World, watched: WatchedMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_in_parsing(monkeypatch)
    watched.add(box.account())
    box.deliver(*["poison"] * 100)
    watched.look()
    world.hears(IN_QUARANTINE)
    assert len(rows(world, t.quarantine.c.id)) == 100


# T7


def film(megabytes: int, text: str = COMPLAINT) -> bytes:
    """A mail with something attached that is so large."""
    head = mail("", Content_Type='multipart/mixed; boundary="b"', MIME_Version="1.0").partition(b"\r\n\r\n")[0]
    name = b'Content-Type: video/mp4\r\nContent-Disposition: attachment; filename="film.mp4"\r\n'
    attached = name + b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"QUFB" * 18 + b"\r\n") * (megabytes * 14_170)
    return head + b"\r\n\r\n--b\r\n\r\n" + text.encode() + b"\r\n--b\r\n" + attached + b"\r\n--b--\r\n"


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
def test_t07_a_mail_of_sixty_megabytes_alerts_with_its_text_and_the_names_of_its_files(
    box: Box, world: World, watched: WatchedMail, begins: bool
) -> None:
    watched.add(box.account())
    if not begins:
        watched.look()
    box.receives(film(60), mail("Thank you!", "jo@customer.example", Subject="Order 18"))
    watched.look()
    (card,) = world.hears("mistake to channel")
    assert card.alert.words == COMPLAINT
    [(attached,), (none,)] = rows(world, t.message.c.attachments)
    assert ("film.mp4" in str(attached), none) == (True, [])
    watched.close()
    log = box.server.base / "dovecot.log"
    assert wait_until(lambda: f"imap({box.user})" in log.read_text(), 10)
    told = [line for line in log.read_text().splitlines() if f"imap({box.user})" in line and " out=" in line]
    assert 0 < sum(int(line.partition(" out=")[2].split()[0]) for line in told) < 200_000, "bytes that crossed the wire"


READS = """
import sys
from pathlib import Path
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import Folder
from bot.edges.imap.reading import Reader
from bot.domain.house import House
from bot.edges.sign_in import Password
from bot.opening import SystemClock
host, port, user, password = sys.argv[1:]
def peak():
    # not getrusage: there a process begins with what its parent had
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024
def read():
    account = Account("support", host, int(port), "off", user, Password(lambda: password))
    folder = Folder(Connection(account), "INBOX", SystemClock(), Reader(House(), proven_ours=False))
    found = [one for batch in folder.read(folder.look(lambda *_: None)) for one in batch]
    folder.close()
    return found
before = peak()
found = read()
print(len(found), peak() - before)
"""


def test_t07_memory_is_bounded_whatever_is_attached(box: Box) -> None:
    box.receives(*(film(60, f"Number {number}") for number in range(3)))
    command = [sys.executable, "-c", READS, HOST, str(box.server.port), box.user, box.password]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True)
    count, grown = map(int, done.stdout.split())
    assert count == 3
    assert grown < 40, f"{grown} MB"


def test_t07_a_text_behind_a_huge_attachment_is_found(box: Box, world: World, watched: WatchedMail) -> None:
    watched.add(box.account())
    watched.look()
    head, _, rest = film(5, "").partition(b"\r\n\r\n")
    attached = rest.partition(b"\r\n--b\r\n")[2].removesuffix(b"--b--\r\n")
    box.receives(head + b"\r\n\r\n--b\r\n" + attached + b"--b\r\n\r\n" + COMPLAINT.encode() + b"\r\n--b--\r\n")
    watched.look()
    (card,) = world.hears("mistake to channel")
    assert card.alert.words == COMPLAINT
    assert "film.mp4" in str(rows(world, t.message.c.attachments))


def test_t07_a_giant_of_words_is_cut_and_read(box: Box, world: World, watched: WatchedMail) -> None:
    watched.add(box.account())
    watched.look()
    box.receives(mail(f"{COMPLAINT}\r\n" + "x" * 70_000 + ("\r\n" + "y" * 70) * 60_000))
    watched.look()
    [(text,)] = rows(world, t.message.c.new_text)
    assert text.startswith(COMPLAINT)
    assert 50_000 < len(text) <= 100_000

"""Everything at once, for long: mail in bursts, a line that fails in every way, and kill -9 at random.

    python -m benchmarks.soak --mails 20000 --kills 200
    python -m benchmarks.soak --seed 7 --mails 500 --kills 20     # some two minutes

`amends run` itself (SQLite, the shipped model) reads a private Dovecot through a proxy that cuts, resets, swallows and
slows, and speaks to a Slack on loopback that fails now and then too. In the end everything is let alone until amends
has caught up, and counted. Exit code 1 when something was lost, doubled, changed or left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import imaplib
import itertools
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import postbag
from benchmarks.running import CHANNEL, PASSWORD, USER, Installation, until
from tests.fakes.chaos import Chaos, How
from tests.fakes.dovecot import HOST, Dovecot, available, living, quoted
from tests.fakes.slack import FakeSlack, Kind

AS_IT_IS = ("bot",)
BY_RULE = ("tests.app.dying", "never")  # to load the classifier takes longer than most of these processes live
LONGEST_START, LONGEST_LIFE = 60.0, 8.0  # seconds until a process is killed even if what was waited for did not come
NO_PROGRESS = 120.0  # seconds without any, and the end is not waited for any longer
MARKER = re.compile(r"z[qr]\d+k\d{6}x")
FLAGS = ("", "", "", r"\Seen", r"\Flagged", r"\Answered \Seen", r"\Deleted", "$label1")


@dataclass
class Figures:
    """What happened."""

    mails: int = 0
    answers: int = 0
    copies: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    idle_kills: int = 0
    quarantined: int = 0
    wrong: list[str] = field(default_factory=list)


class Inbox:
    """The mailbox on the server, and what was delivered into it: flags by marker, one for each copy."""

    def __init__(self, server: Dovecot, seed: int) -> None:
        """An empty one."""
        self.seed, self._server = seed, server
        self.flags: dict[str, list[str]] = {}
        self.numbers: list[int] = []
        server.add_user(USER, PASSWORD)
        self._client = imaplib.IMAP4(HOST, server.port)
        self._client.login(USER, PASSWORD)

    def by_file(self, n: int) -> None:
        """As a mail system delivers it."""
        self._server.deliver(USER, "INBOX", postbag.letter(self.seed, n))
        self._note(postbag.marker(self.seed, n), "")
        self.numbers.append(n)

    def by_append(self, n: int, flags: str) -> None:
        """As another program does it, with flags that are to stay."""
        self._append("INBOX", postbag.letter(self.seed, n), flags)
        self._note(postbag.marker(self.seed, n), flags)
        self.numbers.append(n)

    def answer(self, n: int) -> None:
        """We answer mail n."""
        self._append("Sent", postbag.answer(self.seed, n), r"\Seen")
        self._note(postbag.answer_marker(self.seed, n), r"\Seen")

    def _note(self, marker: str, flags: str) -> None:
        self.flags.setdefault(marker, []).append(flags)

    def _append(self, folder: str, raw: bytes, flags: str) -> None:
        done, told = self._client.append(quoted(folder), f"({flags})", "", raw)
        if done != "OK":
            raise RuntimeError(f"Dovecot did not take the message: {told!r}")

    def count(self) -> int:
        """Mails in both folders, as delivered."""
        return sum(len(copies) for copies in self.flags.values())

    def found(self, folder: str) -> dict[int, tuple[str, str]]:
        """(marker, flags) by UID, as the server has them now."""
        self._client.select(quoted(folder), readonly=True)
        found: dict[int, tuple[str, str]] = {}
        _, (uids,) = self._client.uid("SEARCH", "ALL")
        every = uids.split()
        for start in range(0, len(every), 500):
            some = b",".join(every[start : start + 500]).decode()
            _, data = self._client.uid("FETCH", some, "(UID FLAGS BODY.PEEK[]<0.16384>)")
            found |= dict(_told(data))
        return found

    def close(self) -> None:
        self._client.logout()


def _told(data: list[Any]) -> Iterator[tuple[int, tuple[str, str]]]:
    for head, body in (one for one in data if isinstance(one, tuple)):
        uid, flags = re.search(rb"UID (\d+)", head), re.search(rb"FLAGS \(([^)]*)\)", head)
        assert uid is not None, head
        assert flags is not None, head
        kept = sorted(flag for flag in flags[1].decode().split() if flag != "\\Recent")
        yield int(uid[1]), (postbag.marker_in(body.decode("latin-1")), " ".join(kept))


class Soak:
    """One run; everything random follows from the seed, but for the moments at which processes do things."""

    def __init__(self, amends: Installation, inbox: Inbox, proxy: Chaos, slack: FakeSlack, seed: int) -> None:
        """Nothing is delivered and nothing runs yet."""
        self.amends, self.inbox, self.proxy, self.slack = amends, inbox, proxy, slack
        self.database = amends.database
        self.dice = random.Random(seed)
        self.figures = Figures()
        self._last_fault = ""

    # amends

    def kill(self, why: str) -> None:
        """As by kill -9; what it had started must end by itself."""
        process = self.amends.process
        assert process is not None
        if process.poll() is not None:
            self.figures.wrong.append(f"amends ended by itself with code {process.returncode}")
        process.kill()
        process.wait()
        self.figures.kills[why] += 1
        if not until(lambda: not living(process.pid), 20.0):
            self.figures.wrong.append(f"{len(living(process.pid))} processes outlived amends")
            os.killpg(process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """As a service manager ends it."""
        process = self.amends.process
        assert process is not None
        process.terminate()
        if process.wait(60) != 0:
            self.figures.wrong.append(f"told to end, it ended with code {process.returncode}")

    # the world

    def deliver(self, numbers: range) -> None:
        """In bursts of all sizes; some mails come twice, some are answered."""
        for n in numbers:
            chance = self.dice.random()
            if chance < 0.6:
                self.inbox.by_file(n)
            else:
                self.inbox.by_append(n, self.dice.choice(FLAGS))
            self.figures.mails += 1
            if chance < 0.02:
                self.inbox.by_append(n, "")
                self.figures.copies += 1
            if self.dice.random() < 0.1:
                answered = self.dice.choice(self.inbox.numbers[-200:])
                if postbag.answer_marker(self.inbox.seed, answered) not in self.inbox.flags:
                    self.inbox.answer(answered)
                    self.figures.answers += 1

    def fault(self) -> None:
        """Something befalls the line, or Slack; a door that was closed is opened the next time."""
        dice, proxy = self.dice, self.proxy
        how: How = dice.choice(("cut", "reset", "blackhole"))
        answers, commands = (b" FETCH ", b"EXISTS", b"OK ", b"Message-ID"), (b"FETCH", b"IDLE", b"DONE")
        acts: dict[str, Callable[[], object]] = {
            f"{how} now": lambda: proxy.strike(how),
            f"{how} after some bytes": lambda: proxy.plan(how, after=dice.randrange(1, 100_000)),
            f"{how} in an answer": lambda: proxy.plan(how, on=dice.choice(answers)),
            f"{how} of a command": lambda: proxy.plan(how, on=dice.choice(commands), way="up"),
            "slow": lambda: proxy.slow(dice.choice((20_000, 200_000, 2_000_000)), dice.choice((7, 1_000, 65_536))),
            "door": lambda: proxy.door(dice.choice(("silent", "cut", "reset", "shut"))),
            "healed": proxy.heal,
            "Slack": self._slack_fails,
        }  # fmt: skip
        what = "healed" if self._last_fault in ("door", "slow") else dice.choice(list(acts))
        acts[what]()
        self._last_fault = what
        self.figures.faults[what] += 1

    def _slack_fails(self) -> None:
        kinds: tuple[Kind, ...] = ("429", "500", "reset_before", "reset_after")
        self.slack.fault("chat.postMessage", self.dice.choice(kinds))

    # a life and its end

    def live(self, numbers: range) -> None:
        """amends is started, mail comes in bursts, the line fails; then it is killed in the midst of something."""
        if self.dice.random() < 0.7:
            self.proxy.heal()
        before, lines = self._state(), self.proxy.accepted
        self.amends.start()
        why, met = self._moment(before)
        if self.dice.random() < 0.7:  # else mail comes before it looks, and is history to it
            until(lambda: self.proxy.accepted >= lines + 2 or met(), LONGEST_START, lambda: self.amends.lives)
        over = time.monotonic() + LONGEST_LIFE
        for burst in self._bursts(numbers):
            self.deliver(burst)
            if self.dice.random() < 0.7:
                self.fault()
            until(met, self.dice.uniform(0, 1), lambda: self.amends.lives)
        if not until(met, over - time.monotonic(), lambda: self.amends.lives):
            why = "at last"
        self.figures.idle_kills += self._state() == before
        self.kill(why)

    def _bursts(self, numbers: range) -> Iterator[range]:
        """All of them in a few goes of any size."""
        ends = sorted(self.dice.choices(range(len(numbers) + 1), k=self.dice.randrange(4)))
        for start, end in itertools.pairwise([0, *ends, len(numbers)]):
            yield numbers[start:end]

    def _state(self) -> tuple[int, int, int]:
        return self.database.places, self.database.decided, self._said()

    def _said(self) -> int:
        return len(self.slack.calls("chat.postMessage"))

    def _moment(self, before: tuple[int, int, int]) -> tuple[str, Callable[[], bool]]:
        """When it is to be killed: while it starts, reads, settles or delivers."""
        few, dice = self.dice.choice((1, 3, 10, 40)), self.dice
        read, decided, said = before
        if (chance := dice.random()) < 0.15:
            moment = time.monotonic() + dice.uniform(0, 5)
            return "at some time", lambda: time.monotonic() >= moment
        if chance < 0.5:
            return "reading", lambda: self.database.places >= read + few
        if chance < 0.75:
            return "deciding", lambda: self.database.decided >= decided + few
        return "delivering", lambda: self._said() > said

    def catch_up(self) -> None:
        """All is well again: amends runs until there is nothing left to do, or nothing moves any more."""
        self.proxy.heal()
        self.amends.start()
        known: tuple[int, ...] = ()
        deadline = time.monotonic() + NO_PROGRESS
        while not self._is_done() and time.monotonic() < deadline:
            self._retry_quarantined()
            now = (*self._state(), self.database.unsaid)
            if now != known:
                known, deadline = now, time.monotonic() + NO_PROGRESS
            until(self._is_done, 1.0)
        self.stop()

    def _is_done(self) -> bool:
        d = self.database
        return d.places >= self.inbox.count() and not (d.held or d.unsaid or d.quarantined)

    def _retry_quarantined(self) -> None:
        """A mail at which the line broke five times is put aside; whoever looks after it has it tried again."""
        for (number,) in self.database.rows("SELECT id FROM quarantine WHERE ended_at IS NULL AND NOT fetch_again"):
            self.amends.amends("quarantine", "retry", str(number))

    # what came of it

    def check(self) -> None:
        """Everything that must hold, whatever happened."""
        self._every_mail_is_a_row()
        self._each_alert_was_said_once()
        self._nothing_waits()
        self.figures.quarantined = self.database.number("SELECT count(*) FROM quarantine")

    def _wrong(self, what: str, which: object) -> None:
        if which:
            self.figures.wrong.append(f"{what}: {str(which)[:300]}")

    def _every_mail_is_a_row(self) -> None:
        stored = {
            (folder, uid): postbag.marker_in(f"{subject} {text}")
            for folder, uid, subject, text in self.database.rows(
                "SELECT folder, uid, subject, new_text FROM place JOIN message ON message.id = message_id"
            )
        }
        on_server: Counter[tuple[str, str]] = Counter()
        for folder in ("INBOX", "Sent"):
            found = self.inbox.found(folder)
            on_server.update(found.values())
            self._wrong(f"not read in {folder}", sorted(found.keys() - {uid for name, uid in stored if name == folder}))
            differ = [uid for uid, (marker, _) in found.items() if stored.get((folder, uid), marker) != marker]
            self._wrong(f"read as another mail in {folder}", differ)
        delivered = Counter((m, " ".join(sorted(f.split()))) for m, flags in self.inbox.flags.items() for f in flags)
        self._wrong("delivered, and not so on the server", list((delivered - on_server).items()))
        self._wrong("on the server, and not delivered so", list((on_server - delivered).items()))
        messages = self.database.number("SELECT count(*) FROM message")
        self._wrong("messages that are one", messages - len(self.inbox.flags))

    def _each_alert_was_said_once(self) -> None:
        visible = Counter(one["metadata"]["event_payload"]["key"] for one in self.slack.messages(CHANNEL))
        self._wrong("said twice", [key for key, times in visible.items() if times > 1])
        rows = self.database.rows("SELECT key, state, carried_by IS NULL FROM outbox")
        meant = {key for key, state, alone in rows if state == "sent" and alone}
        self._wrong("said, and nobody knows", sorted(visible.keys() - meant))
        self._wrong("never said", sorted(meant - visible.keys()))
        self._wrong("customers with two cases", self.database.rows(
            "SELECT customer_address, count(*) FROM case_ GROUP BY 1 HAVING count(*) > 1"))  # fmt: skip
        self._wrong("cases without an alert", self.database.rows(
            "SELECT id, state FROM case_ WHERE id NOT IN (SELECT case_id FROM outbox WHERE opens)"
        ))  # fmt: skip

    def _nothing_waits(self) -> None:
        self._wrong("held", self.database.held)
        self._wrong("unsaid", self.database.rows(
            "SELECT key, state, error FROM outbox WHERE state NOT IN ('sent', 'withdrawn', 'dead')"))  # fmt: skip
        self._wrong("in quarantine", self.database.rows(
            "SELECT folder, uid, error FROM quarantine WHERE ended_at IS NULL"))  # fmt: skip
        complaints = self.database.rows(
            "SELECT id, verdict FROM message AS m WHERE direction = 'from_customer' AND verdict IS NOT NULL"
            " AND thread_id NOT IN (SELECT thread_id FROM case_)"
            " AND thread_id NOT IN (SELECT thread_id FROM message WHERE direction = 'from_us')"
        )
        self._wrong("complaints without a case", [n for n, verdict in complaints if json.loads(verdict)["labels"]])
        self._wrong("unjudged, and not answered", self.database.number(
            "SELECT count(*) FROM message WHERE direction = 'from_customer' AND verdict IS NULL"
            " AND thread_id NOT IN (SELECT thread_id FROM message WHERE direction = 'from_us')"
        ))  # fmt: skip


def soak(mails: int, kills: int, seed: int, folder: Path, tell: Callable[[str], None] = lambda _: None,
         program: Sequence[str] = AS_IT_IS) -> Figures:  # fmt: skip
    """The whole of it. `folder` keeps the database and the log; `program` is the module that is run as amends."""
    with contextlib.ExitStack() as stack:
        base = Path(tempfile.mkdtemp(prefix="amends-"))
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        server = stack.enter_context(Dovecot(base))
        proxy = stack.enter_context(Chaos(server.port))
        slack = stack.enter_context(FakeSlack((CHANNEL,), epoch=int(time.time()), clock=time.time))
        amends = Installation(folder, proxy.port, slack.api_url, slack.token, program=program)
        stack.callback(amends.end)
        one = Soak(amends, stack.enter_context(contextlib.closing(Inbox(server, seed))), proxy, slack, seed)
        history = mails // 5
        one.deliver(range(history))
        for life in range(kills):
            first, last = (history + (mails - history) * at // kills for at in (life, life + 1))
            one.live(range(first, last))
            tell(f"life {life + 1} of {kills}: {one.database.places} of {one.inbox.count()} read")
        one.catch_up()
        one.check()
        _say(one, tell)
        return one.figures


def _say(one: Soak, tell: Callable[[str], None]) -> None:
    figures, database = one.figures, one.database
    tell(f"delivered  {figures.mails} mails, {figures.copies} of them twice, and {figures.answers} answers")
    tell(f"read       {database.places} places, {database.number('SELECT count(*) FROM message')} messages, "
         f"{figures.quarantined} of them through quarantine")  # fmt: skip
    tell(f"killed     {sum(figures.kills.values())} times: {_listed(figures.kills)}; "
         f"{figures.idle_kills} before anything was done")  # fmt: skip
    tell(f"faults     {_listed(figures.faults)}; {one.proxy.struck} of {one.proxy.accepted} lines were struck")
    visible = len(one.slack.messages(CHANNEL))
    tell(f"said       {database.number('SELECT count(*) FROM case_')} cases, {visible} messages in the channel")
    for what in figures.wrong:
        tell(f"WRONG      {what}")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{times} {what}" for what, times in counts.most_common())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the database and the log, kept afterwards")
    parser.add_argument("--by-rule", action="store_true", help="judge by a rule, which needs not be loaded")
    asked = parser.parse_args()
    if missing := available():
        print(missing, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        begin = time.monotonic()
        program = BY_RULE if asked.by_rule else AS_IT_IS
        figures = soak(asked.mails, asked.kills, asked.seed, folder, lambda line: print(line, flush=True), program)
    print(f"seed {asked.seed}, {time.monotonic() - begin:.0f} s: {'WRONG' if figures.wrong else 'all is well'}")
    return min(len(figures.wrong), 1)


if __name__ == "__main__":
    sys.exit(main())

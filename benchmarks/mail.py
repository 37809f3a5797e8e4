"""Reading mail: speed, latency, what an idle watch costs, and what a giant does; beside its peers, in one run.

    python -m benchmarks.mail                      # all of it, some ten minutes
    python -m benchmarks.mail fetch read history   # parts: fetch, read, history, latency, poll, idle, large

Against a private Dovecot, for latency a private Cyrus as well; mbsync is the package isync. Exit code 1 when a limit is
missed. Peers: the bare socket, which shows what the server can do; IMAPClient as it comes with the standard library's
parser; mbsync, which stores each mail as safely; a bare loop around IDLE.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import email
import email.policy
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import imapclient

from benchmarks import postbag
from benchmarks.mailbag import mail
from benchmarks.relay import Relay
from benchmarks.run import Figure, tell
from benchmarks.running import CHANNEL, PASSWORD, USER, Installation, until
from bot.domain.house import House
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import Folder
from bot.edges.imap.reading import Raw, Reader
from bot.edges.sign_in import Password
from bot.opening import SystemClock
from bot.text.parts import parse
from tests.fakes.cyrus import Cyrus
from tests.fakes.dovecot import HOST, Dovecot, available
from tests.fakes.mail_servers import served
from tests.fakes.slack import FakeSlack

MAILS, SLOW_MAILS, ROUNDS = 3000, 500, 3
LATENCIES, POLLED = 200, 15
SEED = 1
NO_IDLE = "IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE SPECIAL-USE"


class Server(Protocol):
    """What all private servers can do."""

    port: int

    def append(self, user: str, folder: str, raw: bytes) -> int: ...


# mailboxes


@contextlib.contextmanager
def dovecot(capability: str = "", folders: Sequence[str] = ("Sent",)) -> Iterator[Dovecot]:
    """A server of its own, with one user."""
    base = Path(tempfile.mkdtemp(prefix="amends-"))
    try:
        with Dovecot(base, capability=capability) as server:
            server.add_user(USER, PASSWORD, folders)
            yield server
    finally:
        shutil.rmtree(base, ignore_errors=True)


def fill(server: Dovecot, count: int) -> None:
    """Mails into INBOX, and answers of ours to every third into Sent."""
    for n in range(count):
        server.deliver(USER, "INBOX", mail(SEED, n))
        if n % 3 == 0:
            server.deliver(USER, "Sent", postbag.answer(SEED, n))
    with raw_socket(server, "INBOX") as (line, _):  # Dovecot makes its index now, and not while it is measured
        line.sendall(b"b FETCH 1:* (RFC822.SIZE)\r\n")
        _swallow(line, b"b OK")


def source(server: Server, folder: str = "INBOX") -> Folder:
    """INBOX as amends reads it."""
    account = Account("support", HOST, server.port, "off", USER, Password(lambda: PASSWORD))
    reader = Reader(House(frozenset({postbag.OURS})), proven_ours=False)
    return Folder(Connection(account), folder, SystemClock(), reader)


@contextlib.contextmanager
def raw_socket(server: Server, folder: str) -> Iterator[tuple[socket.socket, int]]:
    """Logged in and on that folder; with the number of mails there."""
    with socket.create_connection((HOST, server.port)) as line:
        line.sendall(f'a LOGIN {USER} "{PASSWORD}"\r\n'.encode())
        _swallow(line, b"a OK")
        line.sendall(f"a EXAMINE {folder}\r\n".encode())
        told = _swallow(line, b"a OK")
        yield line, int(told.partition(b" EXISTS")[0].rpartition(b"* ")[2])


def _swallow(line: socket.socket, end: bytes) -> bytes:
    """Read until a tag is answered and throw away all but the last of it."""
    buffer, kept = bytearray(1 << 18), b""
    while end not in kept:
        count = line.recv_into(buffer)
        if not count:
            raise RuntimeError("the server hung up")
        kept = (kept + bytes(buffer[max(0, count - 4096) : count]))[-8192:]
    return kept


# fetching and parsing


def fetch(count: int) -> Iterator[Figure]:
    """How fast mails come, beside a socket that asks for all at once and throws them away."""
    with dovecot() as server:
        fill(server, count)
        rounds = [(socket_rate(server, "BODY.PEEK[]"), fetch_rate(server)) for _ in range(ROUNDS)]
        limit, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
        same = socket_rate(server, "UID RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.65536>")
    told = f"{ours:.0f}/s beside {limit:.0f}/s; asked for the same bytes, the socket {same:.0f}/s"
    yield Figure("fetching", ours / limit, 0.6, "x bare socket", True, told)


def socket_rate(server: Server, items: str) -> float:
    """Mails a second, pipelined and thrown away: what the server can do."""
    with raw_socket(server, "INBOX") as (line, count):
        begin = time.perf_counter()
        asked = [f"c{start} FETCH {start}:{min(start + 199, count)} ({items})\r\n" for start in range(1, count, 200)]
        line.sendall("".join(asked).encode())
        _swallow(line, f"{asked[-1].split()[0]} OK".encode())
        return count / (time.perf_counter() - begin)


def fetch_rate(server: Server, then: Callable[[bytes], object] = len) -> float:
    """Mails a second as amends fetches them; `then` is done to each."""
    folder = source(server)
    look = folder.look(lambda *_: None)
    begin = time.perf_counter()
    for batch in fetched(folder, look.uids, look.cursor.uidvalidity):
        for one in batch:
            then(one.octets)
    rate = len(look.uids) / (time.perf_counter() - begin)
    folder.close()
    return rate


def fetched(folder: Folder, uids: Sequence[int], uidvalidity: int) -> Iterator[list[Raw]]:
    """What a folder hands to its reader."""
    from bot.domain.message import Place

    places = [Place("support", "INBOX", uidvalidity, uid) for uid in uids]
    for batch in folder._batches(places, 0):
        yield [one for one in batch if isinstance(one, Raw)]


def read(count: int) -> Iterator[Figure]:
    """Mails into messages, from the server on."""
    with dovecot() as server:
        fill(server, count)
        tree = fetch_rate(server, parse)
        folder = source(server)
        look = folder.look(lambda *_: None)
        begin = time.perf_counter()
        found = sum(map(len, folder.read(look)))
        ours = found / (time.perf_counter() - begin)
        folder.close()
        theirs = peer_read_rate(server, SLOW_MAILS)
    told = f"{ours:.0f}/s beside {theirs:.0f}/s; with the MIME tree only {tree / theirs:.1f} x"
    yield Figure("fetching and reading", ours / theirs, 15, "x IMAPClient + policy.default", True, told)


def peer_read_rate(server: Server, count: int) -> float:
    """IMAPClient as it comes, and email with the policy that its documentation advises."""
    with imapclient.IMAPClient(HOST, server.port, ssl=False) as client:
        client.login(USER, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        uids = client.search()[:count]
        begin = time.perf_counter()
        for start in range(0, len(uids), 100):
            for data in client.fetch(
                uids[start : start + 100], ["BODY.PEEK[]", "RFC822.SIZE", "INTERNALDATE"]
            ).values():
                with contextlib.suppress(Exception):  # it gives up on some broken ones
                    _read_by_email(data[b"BODY[]"])
        return len(uids) / (time.perf_counter() - begin)


def _read_by_email(raw: bytes) -> tuple[Any, ...]:
    told = email.message_from_bytes(raw, policy=email.policy.default)
    body = told.get_body(("plain", "html"))
    words = body.get_content() if body else ""
    names = [part.get_filename() for part in told.iter_attachments()]
    return told["From"], told["Subject"], told["Date"], told["Message-ID"], told["References"], words, names


# the whole of it


@contextlib.contextmanager
def running(port: int, **how: Any) -> Iterator[tuple[Installation, FakeSlack]]:
    """`amends run` at work, and the Slack that it speaks to."""
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeSlack((CHANNEL,), epoch=int(time.time()), clock=time.time) as slack,
    ):
        amends = Installation(Path(folder), port, slack.api_url, slack.token, **how)
        try:
            amends.start()
            if not until(
                lambda: amends.log.exists() and b"watching" in amends.log.read_bytes(), 120, lambda: amends.lives
            ):
                raise RuntimeError(f"amends does not start: {amends.log.read_text()}")
            yield amends, slack
        finally:
            amends.end()


def history(count: int) -> Iterator[Figure]:
    """A mailbox seen for the first time: fetched, read, stored, judged, decided. mbsync fetches and stores."""
    with dovecot() as server:
        fill(server, count)
        every = count + (count + 2) // 3
        theirs = mbsync_rate(server, every)
        with running(server.port) as (amends, _):
            begin, before = time.perf_counter(), memory(amends.pid)["VmRSS"]
            done = until(
                lambda: amends.database.places >= every and not amends.database.held, 1200, lambda: amends.lives
            )
            taken, peak = time.perf_counter() - begin, memory(amends.pid)["VmHWM"]
            if not done:
                raise RuntimeError(f"the history was not read: {amends.log.read_text()[-2000:]}")
    told = (
        f"{every / taken:.0f}/s beside {theirs:.0f}/s" if theirs else f"{every / taken:.0f}/s; mbsync is not installed"
    )
    yield Figure("history, whole intake", every / taken / theirs if theirs else 0, 1, "x mbsync, fsync", True, told)
    yield Figure("history, memory grows by", peak - before, 150, "MB", detail=f"{before:.0f} to {peak:.0f} MB")


def mbsync_rate(server: Server, count: int) -> float:
    """Mails a second into a Maildir, each safely on the disk; 0 if there is no mbsync here."""
    if shutil.which("mbsync") is None:
        return 0.0
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mbsyncrc"
        config.write_text(
            f'FSync yes\nIMAPStore far\nHost {HOST}\nPort {server.port}\nUser {USER}\nPass "{PASSWORD}"\n'
            f"{_no_tls()}\nAuthMechs LOGIN\n\nMaildirStore near\nPath {folder}/\nInbox {folder}/INBOX\n\n"
            "Channel mail\nFar :far:\nNear :near:\nPatterns INBOX Sent\nCreate Near\nSync Pull\nSyncState *\n"
        )
        begin = time.perf_counter()
        done = subprocess.run(["mbsync", "-q", "-c", str(config), "mail"], capture_output=True, text=True, check=False)
        rate = count / (time.perf_counter() - begin)
        stored = sum(
            len(list(Path(folder).glob(f"{name}/{part}/*"))) for name in ("INBOX", "Sent") for part in ("new", "cur")
        )
        if done.returncode or stored < 0.99 * count:
            raise RuntimeError(f"mbsync stored {stored} of {count}: {done.stderr}")
        return rate


def _no_tls() -> str:
    """mbsync has named the setting anew."""
    told = subprocess.run(["mbsync", "--version"], capture_output=True, text=True, check=True).stdout
    return "TLSType None" if float(told.split()[1].rpartition(".")[0]) >= 1.5 else "SSLType None"


def memory(pid: int) -> dict[str, float]:
    """VmRSS and VmHWM, the most so far, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {
        line.partition(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))
    }


# latency


@dataclass
class Latencies:
    """In ms, one for each mail: from the server's notice, and from delivery, to the alert; to the peer's fetch."""

    added: list[float]
    delivered: list[float]
    peer: list[float]


def latencies(server: Server, count: int, **how: Any) -> Latencies:
    """Complaints, one after the other."""
    found = Latencies([], [], [])
    with Relay(server.port) as relay, running(relay.port, **how) as (amends, slack), Peer(server) as peer:
        if not until(lambda: amends.database.number("SELECT count(*) FROM watch WHERE good_at IS NOT NULL") > 1, 60):
            raise RuntimeError("amends does not watch")
        for n in range(count):
            noticed, said, seen = len(relay.notices), len(slack.calls("chat.postMessage")), len(peer.seen)
            server.append(USER, "INBOX", postbag.complaint(SEED, n))
            delivered = time.monotonic()
            slack.wait_for(lambda slack, said=said: len(slack.calls("chat.postMessage")) > said, 60)  # type: ignore[misc]
            alert = slack.calls("chat.postMessage")[said].at
            found.delivered.append((alert - delivered) * 1000)
            found.added.append((alert - min([*relay.notices[noticed:], alert])) * 1000)
            if peer.waits and until(lambda seen=seen: len(peer.seen) > seen, 10):  # type: ignore[misc]
                found.peer.append((peer.seen[seen] - delivered) * 1000)
    return found


class Peer:
    """A bare loop around IDLE, as in imapclient's documentation: what comes is fetched at once."""

    def __init__(self, server: Server) -> None:
        """`seen`: monotonic moments at which a mail had been fetched; `waits`: whether the server has IDLE."""
        self.seen, self._over = list[float](), threading.Event()
        self._client = imapclient.IMAPClient(HOST, server.port, ssl=False)
        self._client.login(USER, PASSWORD)
        self._client.select_folder("INBOX", readonly=True)
        self.waits = bool(self._client.has_capability("IDLE"))

    def __enter__(self) -> Peer:
        self._thread = threading.Thread(target=self._loop, daemon=True)
        if self.waits:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        if self.waits:
            self._thread.join(10)
        self._client.shutdown()

    def _loop(self) -> None:
        while not self._over.is_set():
            self._client.idle()
            told = self._client.idle_check(timeout=1)
            self._client.idle_done()
            if newest := [line[0] for line in told if len(line) > 1 and line[1] == b"EXISTS"]:
                self._client.use_uid = False
                self._client.fetch(newest[-1:], ["BODY.PEEK[]"])
                self.seen.append(time.monotonic())


def latency(_count: int) -> Iterator[Figure]:
    """From delivery to the alert, on two servers that differ in how soon they tell."""
    with dovecot() as server:
        found = latencies(server, LATENCIES)
    yield from _added("Dovecot", found)
    yield from _delivered("Dovecot", found, 600)
    if missing := Cyrus.unpacked.available():
        print(f"       no Cyrus: {missing}")
        return
    with served(Cyrus) as cyrus:
        cyrus.add_user(USER, PASSWORD)
        found = latencies(cyrus, LATENCIES)
    yield from _added("Cyrus", found)
    yield from _delivered("Cyrus", found, 80)


def _added(name: str, found: Latencies) -> Iterator[Figure]:
    p50, p95, p99 = (percentile(found.added, share) for share in (50, 95, 99))
    yield Figure(f"notice to alert, {name}, p95", p95, 60, "ms", detail=f"p50 {p50:.0f} ms, {len(found.added)} mails")
    yield Figure(f"notice to alert, {name}, p99", p99, 150, "ms")


def _delivered(name: str, found: Latencies, limit: float) -> Iterator[Figure]:
    p50, p95, p99 = (percentile(found.delivered, share) for share in (50, 95, 99))
    theirs = percentile(found.peer, 50)
    told = f"p50 {p50:.0f} ms, p99 {p99:.0f} ms; a bare loop around IDLE p50 {theirs:.0f} ms: {p50 / theirs:.2f} x"
    yield Figure(f"delivery to alert, {name}, p95", p95, limit, "ms", detail=told)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many percent are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]


def poll(_count: int) -> Iterator[Figure]:
    """On a server without IDLE."""
    with dovecot(NO_IDLE) as server:
        found = latencies(server, POLLED, poll="2s")
    yield Figure(
        "delivery to alert, polled each 2 s", max(found.delivered), 3000, "ms", detail=f"{POLLED} mails, the worst"
    )


# costs


def idle(_count: int) -> Iterator[Figure]:
    """Twenty folders in which nothing happens, for a minute."""
    names = ["INBOX", *(f"Team {number}" for number in range(1, 19))]
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(dovecot(folders=["Sent", *names[1:]]))
        relay = stack.enter_context(Relay(server.port))
        amends, _ = stack.enter_context(running(relay.port, folders=names, poll="30s"))
        watched = "SELECT count(*) FROM watch WHERE good_at IS NOT NULL"
        if not until(lambda: amends.database.number(watched) == 20, 60):
            raise RuntimeError("amends does not watch twenty folders")
        time.sleep(5)
        used, lines = cpu_seconds(amends.pid), relay.lines
        time.sleep(60)
        share, asked = (cpu_seconds(amends.pid) - used) / 60, relay.lines - lines
    yield Figure("idle watch of 20 folders", share * 100, 1, "% of a core")
    yield Figure("round trips", asked / 20 / 2, 3, "a folder a poll", detail=f"{asked} lines in a minute")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def large(_count: int) -> Iterator[Figure]:
    """A mail of 60 MB, nearly all of it one attachment."""
    raw = giant(60_000_000)
    with dovecot() as server, running(server.port) as (amends, slack):
        server.append(USER, "INBOX", postbag.complaint(SEED, 1))  # all that is needed once has happened
        slack.wait_for(lambda slack: slack.calls("chat.postMessage"), 60)
        Path(f"/proc/{amends.pid}/clear_refs").write_text("5")  # VmHWM begins anew (proc(5))
        before = memory(amends.pid)["VmRSS"]
        server.deliver(USER, "INBOX", raw)
        delivered = time.monotonic()
        slack.wait_for(lambda slack: len(slack.calls("chat.postMessage")) > 1, 60)
        taken = slack.calls("chat.postMessage")[1].at - delivered
        grown = memory(amends.pid)["VmHWM"] - before
    yield Figure("a mail of 60 MB, delivery to alert", taken, 2, "s")
    yield Figure("a mail of 60 MB, memory grows by", grown, 40, "MB", detail=f"from {before:.0f} MB")


def giant(size: int) -> bytes:
    """A complaint with an attachment of so many bytes, encoded."""
    head, _, text = postbag.complaint(SEED, 2).partition(b"\r\n\r\n")
    head = head.replace(
        b"Content-Type: text/plain", b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=x="'
    )
    data = base64.encodebytes(random.Random(SEED).randbytes(size * 72 // 100)).replace(b"\n", b"\r\n")
    film = b'Content-Type: video/mp4; name="film.mp4"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    parts = [b"Content-Type: text/plain\r\n\r\n" + text, film + data]
    return head + b"\r\n\r\n" + b"".join(b"--=x=\r\n" + part + b"\r\n" for part in parts) + b"--=x=--\r\n"


PARTS: dict[str, Callable[[int], Iterator[Figure]]] = {
    "fetch": fetch, "read": read, "history": history, "latency": latency, "poll": poll, "idle": idle, "large": large,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("part", nargs="*", help=f"one of {', '.join(PARTS)}; all by default")
    parser.add_argument("--mails", type=int, default=MAILS, help="how many are fetched, read and taken in")
    asked = parser.parse_args()
    if missing := available():
        print(missing, file=sys.stderr)
        return 2
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {asked.mails} mails")
    return tell(figure for part in asked.part or PARTS for figure in PARTS[part](asked.mails))


if __name__ == "__main__":
    sys.exit(main())

"""Listening to Slack: events a second, and how soon a lost connection is made again; beside bare Bolt, in one run.

    python -m benchmarks.slack_listening            # some four minutes; parts: rate, lost

The app runs in a process of its own, against the tests' Slack on loopback in this one. Peers: a bare socket, which
shows what that Slack can give; Bolt as it comes (its socket client, a listener that does nothing). Exit code 1 when a
limit is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from benchmarks.run import Figure, tell
from bot.edges.slack.answer import Answer
from bot.edges.slack.bolt import Listener
from bot.edges.slack.frames import FramedSocket
from bot.edges.slack.line import Line
from bot.opening import SystemClock
from bot.service.letterbox import Letterbox
from bot.service.ports import Received
from bot.store.store import SqlStore
from tests.fakes.slack import FakeSlack

HOME = Path(__file__).resolve().parent.parent
EVENTS, ROUNDS = 2000, 3
KEPT = 2000  # events a second; what amends is meant to reach
RECONNECTED = 15.0  # seconds
LONGEST = 75.0  # seconds that a peer is given
TICKS = os.sysconf("SC_CLK_TCK")
WAYS = ("fin", "reset", "close", "deaf", "500")


# what listens, each in a process of its own


class Keeper:
    """Keeps what was received as `amends run` does: in a row of its database, which is new."""

    def __init__(self, file: Path) -> None:
        self._letterbox = Letterbox(SqlStore(f"sqlite:///{file}", SystemClock()))

    def __call__(self, received: Received) -> Answer:
        self._letterbox.keep(received)
        return Answer()


def amends(slack: FakeSlack, api_url: str, kept: Path | None = None) -> None:
    """Ours: kept in a database, or taken and forgotten."""
    receive = Keeper(kept) if kept else lambda _received: Answer()
    listener = Listener(receive, slack.token, api_url=api_url, app_token=slack.app_token)
    Line(listener.dial, lambda: None).start()


def bolt(slack: FakeSlack, api_url: str) -> None:
    """Bolt as it comes, with the shorter pings that our notes recommend; a failed first connect is its end."""
    client = WebClient(slack.token, base_url=api_url)
    app = App(client=client, process_before_response=True, token_verification_enabled=False)
    app.event("message")(lambda: None)
    SocketModeHandler(app, slack.app_token, ping_interval=2.5).connect()  # type: ignore[no-untyped-call]


def bare(slack: FakeSlack, api_url: str) -> None:
    """A socket that acknowledges everything without a look at it."""
    url = urlsplit(str(WebClient(slack.app_token, base_url=api_url).apps_connections_open(app_token="")["url"]))
    line = socket.create_connection((url.hostname, url.port))
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    upgrade = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13"
    line.sendall(f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.hostname}\r\n{upgrade}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += line.recv(1)
    framed = FramedSocket(line)
    threading.Thread(target=_acknowledge, args=(framed,), daemon=True).start()


def _acknowledge(framed: FramedSocket) -> None:
    while True:
        message = framed.recv(0)
        told = json.loads(message[10 if message[1] == 127 else 4 :])
        if "envelope_id" in told:
            ack = json.dumps({"envelope_id": told["envelope_id"]}).encode()
            framed.send(bytes([0x81, 0x80 | len(ack)]) + bytes(4) + ack)  # the mask of zeros changes nothing


def listen(kind: str, api_url: str, kept: str) -> None:
    """Until somebody closes our standard input."""
    slack = FakeSlack()  # for its tokens only
    if kind == "bolt":
        bolt(slack, api_url)
    elif kind == "bare":
        bare(slack, api_url)
    else:
        amends(slack, api_url, Path(kept) if kind == "kept" else None)
    sys.stdin.read()
    os._exit(0)


class Child:
    """A process that listens."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def cpu(self) -> float:
        """Seconds it has used so far (Linux: proc(5))."""
        words = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS


@contextlib.contextmanager
def child(kind: str, slack: FakeSlack) -> Iterator[Child]:
    """Connected to that Slack."""
    with tempfile.TemporaryDirectory(prefix="amends-") as folder:
        command = [sys.executable, "-m", "benchmarks.slack_listening", "--listen", kind, slack.api_url]
        process = subprocess.Popen([*command, f"{folder}/inbound.db"], cwd=HOME, stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            slack.wait_for(lambda now: now.connections, 60)
            yield Child(process)
        finally:
            process.kill()
            process.communicate()


# events a second


def rate(events: int) -> Iterator[Figure]:
    """How many are acknowledged a second, and what one costs."""
    rounds = [[_rate(kind, events) for kind in ("bare", "bolt", "empty", "kept")] for _ in range(ROUNDS)]
    (bare, _), (bolts, bolts_cpu), (empty, empty_cpu), (kept, kept_cpu) = (
        tuple(statistics.median(column) for column in zip(*kind, strict=True)) for kind in zip(*rounds, strict=True)
    )
    told = f"{empty:.0f}/s beside {bolts:.0f}/s; the bare socket {bare:.0f}/s"
    yield Figure("taken and forgotten", empty / bolts, 1.0, "x bare Bolt", True, told)
    told = f"bare Bolt, which keeps nothing, {bolts:.0f}/s; the bare socket {bare:.0f}/s"
    yield Figure("kept in the database", kept, KEPT, "events/s", True, told)
    yield Figure("the same", kept / bolts, 0.5, "x bare Bolt", True)
    told = f"{empty_cpu * 1e3:.2f} ms beside {bolts_cpu * 1e3:.2f} ms; kept: {kept_cpu * 1e3:.2f} ms"
    yield Figure("CPU time of one event", empty_cpu / bolts_cpu, 1.0, "x bare Bolt", False, told)


def _rate(kind: str, events: int) -> tuple[float, float]:
    """(events a second, CPU seconds an event)"""
    with FakeSlack() as slack, child(kind, slack) as app:
        _say(slack, 200)  # its threads are started, its caches warm
        before, begin = app.cpu(), time.perf_counter()
        _say(slack, events)
        return events / (time.perf_counter() - begin), (app.cpu() - before) / events


def _say(slack: FakeSlack, events: int) -> None:
    """At most 500 on their way at once, as after a minute's outage."""
    for start in range(0, events, 500):
        for number in range(start, min(start + 500, events)):
            slack.say("C1", f"The kettle that you sent me is broken, order {number}.")
        slack.wait_for(lambda now: not now.deliveries.waiting(), LONGEST)


# lost connections


def lost(ways: Sequence[str]) -> Iterator[Figure]:
    """How soon after its end there is a connection again, and how busy the app is until then."""
    for way in ways:
        ours, ours_cpu = _lost("empty", way)
        theirs, theirs_cpu = _lost("bolt", way)
        name = "three times HTTP 500 after a FIN" if way == "500" else way
        beside = f"Bolt: {theirs:.1f} s" if theirs < LONGEST else f"Bolt: not in {LONGEST:.0f} s"
        yield Figure(f"connected again after {name}", ours, RECONNECTED, "s", False, beside)
        told = f"Bolt: {theirs_cpu:.2f}"
        yield Figure(f"CPU until then, {name}", ours_cpu, 0.25, "of elapsed", False, told)


def _lost(kind: str, way: str) -> tuple[float, float]:
    """(seconds, CPU seconds in each of them); at least one second is watched, to see one that spins afterwards."""
    with FakeSlack() as slack, child(kind, slack) as app:
        [connection] = slack.connections
        slack.wait_for(lambda _: connection.pings, 10)
        if way == "500":
            slack.fault("apps.connections.open", "500", times=3)
        before, begin = app.cpu(), time.monotonic()
        if way == "deaf":
            connection.deaf = True
        else:
            getattr(connection, "fin" if way == "500" else way)()
        with contextlib.suppress(AssertionError):  # a peer may never come back
            slack.wait_for(lambda now: now.sockets.ever == 2, LONGEST)
        seconds = time.monotonic() - begin
        time.sleep(max(0.0, 1.0 - seconds))
        return seconds, (app.cpu() - before) / max(seconds, 1.0)


def figures(parts: Sequence[str], events: int) -> Iterator[Figure]:
    if "rate" in parts:
        yield from rate(events)
    if "lost" in parts:
        yield from lost(WAYS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["rate", "lost"], metavar="part", help="rate, lost")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--listen", nargs=3, metavar=("KIND", "API_URL", "FILE"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.listen:
        listen(*told.listen)
    return tell(figures(told.parts, told.events))


if __name__ == "__main__":
    sys.exit(main())

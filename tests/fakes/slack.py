"""A small Slack Web API on loopback, so that the real slack_sdk client is what the tests run.

    with FakeSlack(channels=("C1",)) as slack:
        WebClient(slack.token, base_url=slack.api_url, retry_handlers=[])

It fails on request in the ways that make senders lose or double a message. Tests wait for what happened
(wait_for, release), never for time to pass.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import os
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from .slack_workspace import Channel, Json, Workspace

Found = TypeVar("Found")
Kind = Literal["429", "500", "reset_before", "reset_after", "slow", "error"]

TOKEN = "xoxb-test"
HOST = "127.0.0.1"
REFUSALS = {"429": (429, "ratelimited"), "500": (500, "internal_error"), "error": (200, "internal_error")}
LONGEST_HOLD = 60.0  # seconds; a test that forgets to release fails instead of hanging
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing sends RST, not FIN


@dataclass(frozen=True)
class Call:
    """One request as it arrived, whatever became of it; `at` is on the monotonic clock."""

    method: str
    args: Json
    at: float


@dataclass(frozen=True)
class Fault:
    """What befalls one call instead of, or besides, its proper answer."""

    kind: Kind | None = None
    retry_after: int = 1
    code: str = ""
    stored: bool = False
    gate: threading.Event = field(default_factory=threading.Event)


class Reply(NamedTuple):
    """An answer on its way out; no Reply at all means that the connection is reset."""

    body: Json
    status: int
    headers: dict[str, str]


class FakeSlack:
    """The server, what it was asked, and the faults still to come. Safe to use from any thread."""

    token = TOKEN

    def __init__(
        self, channels: Iterable[str] = ("C1",), users: Iterable[str] = ("U1",), epoch: int = 1_700_000_000
    ) -> None:
        """`epoch` is the second all ts begin with; give today's to a program that asks for recent history."""
        self.held = 0
        self._workspace = Workspace(TOKEN, epoch)
        self._changed = threading.Condition()
        self._calls: list[Call] = []
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._gates: list[threading.Event] = []
        self._port = 0
        self._running: tuple[_Server, threading.Thread] | None = None
        for channel in channels:
            self.add_channel(channel)
        for user in users:
            self.add_user(user)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """The WebClient's base_url, known once started."""
        return f"http://{HOST}:{self._port}/api/"

    def start(self) -> Self:
        """After a stop it comes back at the same address, with all its messages: an outage."""
        server = _Server((HOST, self._port), functools.partial(_Handler, self))
        self._port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        self._running = server, thread
        return self

    def stop(self) -> None:
        """From here on connections are refused; calls held back go through."""
        self.release()
        if self._running is not None:
            server, thread = self._running
            server.shutdown()
            server.server_close()
            thread.join()
            self._running = None

    def add_channel(self, id: str, name: str | None = None, archived: bool = False) -> None:
        with self._changed:
            self._workspace.channels[id] = Channel(id, name or id.lower(), archived)

    def archive(self, channel: str) -> None:
        """From here on it can be read, not written."""
        with self._changed:
            self._workspace.channels[channel].archived = True

    def add_user(self, id: str, name: str | None = None, **more: Any) -> None:
        """`more` replaces or adds fields of users.info, e.g. deleted=True."""
        name = name or id.lower()
        profile = {"real_name": name, "display_name": name, "email": f"{name}@example.com"}
        user = {"id": id, "name": name, "deleted": False, "tz": "Etc/UTC", "profile": profile, **more}
        with self._changed:
            self._workspace.users[id] = user

    def add_group(self, id: str, handle: str, users: Iterable[str] = ()) -> None:
        group = {"id": id, "handle": handle, "name": handle, "date_delete": 0, "users": list(users)}
        with self._changed:
            self._workspace.groups.append(group)

    def say(self, channel: str, text: str, user: str = "U1", thread_ts: str | None = None) -> str:
        """A person writes; returns the ts."""
        content = {"user": user, "text": text} | ({"thread_ts": thread_ts} if thread_ts else {})
        with self._changed:
            message = self._workspace.store(self._workspace.channels[channel], content)
            self._changed.notify_all()
            return str(message["ts"])

    def messages(self, channel: str) -> list[Json]:
        """All that can be seen there now, replies and metadata included, in order of posting."""
        with self._changed:
            return copy.deepcopy(list(self._workspace.channels[channel].messages.values()))

    def ephemerals(self, channel: str) -> list[Json]:
        """What only one person saw."""
        with self._changed:
            return copy.deepcopy(self._workspace.channels[channel].ephemerals)

    @property
    def posts(self) -> list[Call]:
        """Every call that arrived, in order, the failed ones included."""
        with self._changed:
            return list(self._calls)

    def calls(self, method: str) -> list[Call]:
        """Those of `posts` that went to one method."""
        return [call for call in self.posts if call.method == method]

    def fault(
        self,
        method: str,
        kind: Kind,
        times: int = 1,
        *,
        retry_after: int = 1,
        code: str = "",
        stored: bool = False,
    ) -> None:
        """The next calls of a method fare as told, in the order told; then all is well again.

        `retry_after` goes with "429", `code` with "error". "slow" holds the call until release(): before the
        message is stored, or with `stored` after that, so that only the answer is late.
        """
        fault = Fault(kind, retry_after, code, stored)
        with self._changed:
            self._faults[method].extend([fault] * times)
            self._gates.append(fault.gate)

    def release(self) -> None:
        """Lets go of every call that a "slow" fault holds or was going to hold."""
        with self._changed:
            for gate in self._gates:
                gate.set()

    def wait_for(self, predicate: Callable[[FakeSlack], Found], timeout: float = 5.0) -> Found:
        """Returns what the predicate gives as soon as that is true; it is asked after every event."""
        with self._changed:
            found = self._changed.wait_for(lambda: predicate(self), timeout)
            if not found:
                latest = ", ".join(call.method for call in self._calls[-10:]) or "none"
                raise AssertionError(f"This did not come true in {timeout} s. Latest calls: {latest}.")
            return found

    def serve(self, method: str, token: str, args: Json) -> Reply | None:
        """One call from arrival to answer; None is a reset connection."""
        fault = self._arrive(method, args)
        if fault.kind == "slow" and not fault.stored:
            self._hold(fault)
        if fault.kind == "reset_before":
            return None
        if fault.kind in REFUSALS:
            status, code = REFUSALS[fault.kind]
            headers = {"Retry-After": str(fault.retry_after)} if status == 429 else {}
            return Reply({"ok": False, "error": fault.code or code}, status, headers)
        reply = self._perform(method, token, args)
        if fault.kind == "slow" and fault.stored:
            self._hold(fault)
        return None if fault.kind == "reset_after" else reply

    def _arrive(self, method: str, args: Json) -> Fault:
        with self._changed:
            self._calls.append(Call(method, copy.deepcopy(args), time.monotonic()))
            self._changed.notify_all()
            waiting = self._faults[method]
            return waiting.popleft() if waiting else Fault()

    def _perform(self, method: str, token: str, args: Json) -> Reply:
        with self._changed:
            body = self._workspace.perform(method, token, args)
            self._changed.notify_all()
            return Reply(body, 200, {})

    def _hold(self, fault: Fault) -> None:
        with self._changed:
            self.held += 1
            self._changed.notify_all()
        fault.gate.wait(LONGEST_HOLD)
        with self._changed:
            self.held -= 1
            self._changed.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """HTTP on the one side, FakeSlack.serve on the other."""

    timeout = 30

    def __init__(self, slack: FakeSlack, *connection: Any) -> None:
        self._slack = slack
        super().__init__(*connection)

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a client that gave up waiting is part of the game
            super().handle()

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        is_json = body and "json" in self.headers.get("Content-Type", "")  # the SDK says so of no body, too
        args: Json = dict(parse_qsl(url.query)) | (json.loads(body) if is_json else dict(parse_qsl(body)))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or args.pop("token", "")
        reply = self._slack.serve(url.path.removeprefix("/api/"), token, _with_structures(args))
        if reply is None:
            self._reset()
        else:
            self._send(reply)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the log to look at is FakeSlack.posts."""

    def _send(self, reply: Reply) -> None:
        body = json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Type": "application/json; charset=utf-8"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Takes the socket away from the server, which would say goodbye in the orderly way."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        os.close(self.connection.detach())


def _with_structures(args: Json) -> Json:
    """Forms carry blocks and metadata as JSON text."""
    names = [name for name in ("blocks", "attachments", "metadata") if isinstance(args.get(name), str)]
    return args | {name: json.loads(args[name]) for name in names}

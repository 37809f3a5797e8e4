"""A small OAuth 2 server on loopback: the token endpoint that amends asks (RFC 6749), and introspection (RFC 7662) by
which Dovecot asks whether a token is good.

    with TokenServer() as server:
        server.register("client", "its secret")
        refresh_token = server.sign_in("mo@acme.example")

It fails on request, once for each fault, in the order told. Nothing in it waits for time to pass, but for a drip.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import parse_qsl

HOST = "127.0.0.1"
LONGEST_HOLD = 30.0  # seconds; a test that forgets to end the server fails instead of hanging
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing sends RST, not FIN
DRIP, DROPS = 0.02, 100  # seconds between two bytes of an answer that never really comes, and how many
FLOOD = 1_000_000  # pieces of 1 KiB, should anybody take them
Fault = Literal["reset", "silence", "drip", "endless"]
Form = dict[str, str]


class Reply(NamedTuple):
    """An answer on its way out."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def reply(status: int, body: object, **headers: str) -> Reply:
    """JSON, unless `body` is bytes; `_` stands for `-` in names of headers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, raw, {name.replace("_", "-"): value for name, value in headers.items()})


class TokenServer:
    """The server, what it was asked, the tokens that are good, and the answers still to come."""

    def __init__(self, *, rotating: bool = False, lifetime: int | None = 3600) -> None:
        """`rotating`: each refresh token is good once, and brings the next. `lifetime` of access tokens in seconds."""
        self.rotating, self.lifetime = rotating, lifetime
        self.asked: list[Form] = []
        self.introspected: list[str] = []
        self.access: dict[str, str] = {}  # access token -> user
        self.refresh: dict[str, str] = {}  # refresh token -> user
        self.clients: dict[str, str] = {}
        self._numbers = iter(range(1, 1_000_000))
        self._planned: deque[Reply | Fault] = deque()
        self._released = threading.Event()
        self._port = 0
        self._running: tuple[_Server, threading.Thread] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def token_url(self) -> str:
        return f"http://{HOST}:{self._port}/token"

    @property
    def introspection_url(self) -> str:
        return f"http://{HOST}:{self._port}/introspect"

    def start(self) -> Self:
        """After a stop it comes back at the same address."""
        server = _Server((HOST, self._port), functools.partial(_Handler, self))
        self._port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        self._running = server, thread
        return self

    def stop(self) -> None:
        """From here on connections are refused."""
        self._released.set()
        if self._running is not None:
            server, thread = self._running
            server.shutdown()
            server.server_close()
            thread.join()
            self._running = None

    def register(self, client: str, secret: str = "") -> None:
        """A client, which by client_credentials speaks for the user of its own name."""
        self.clients[client] = secret

    def sign_in(self, user: str) -> str:
        """Somebody agrees; returns the refresh token."""
        token = f"refresh-{next(self._numbers)}"
        self.refresh[token] = user
        return token

    def issue(self, user: str) -> str:
        """An access token that is good until it is revoked."""
        token = f"access-{next(self._numbers)}"
        self.access[token] = user
        return token

    def plan(self, *answers: Reply | Fault) -> None:
        """What the next requests for a token get instead of their proper answer."""
        self._planned.extend(answers)

    def serve(self, path: str, form: Form) -> Reply | Fault:
        """One request from arrival to answer."""
        if path == "/introspect":
            return self._introspect(form)
        self.asked.append(form)
        return self._planned.popleft() if self._planned else self._grant(form)

    def hold(self) -> None:
        self._released.wait(LONGEST_HOLD)

    def drop(self) -> bool:
        """A moment between two bytes; whether the next one is to come."""
        return not self._released.wait(DRIP)

    def _introspect(self, form: Form) -> Reply:
        token = form.get("token", "")
        self.introspected.append(token)
        user = self.access.get(token)
        return reply(200, {"active": True, "username": user} if user else {"active": False})

    def _grant(self, form: Form) -> Reply:
        client = form.get("client_id", "")
        if self.clients.get(client) != form.get("client_secret", ""):
            return reply(401, {"error": "invalid_client"})
        if form.get("grant_type") == "client_credentials":
            return self._granted(client, {})
        if form.get("grant_type") != "refresh_token":
            return reply(400, {"error": "unsupported_grant_type"})
        used = form.get("refresh_token", "")
        user = self.refresh.get(used)
        if user is None:
            return reply(400, {"error": "invalid_grant", "error_description": f"{used} is not good"})
        if not self.rotating:
            return self._granted(user, {})
        del self.refresh[used]
        return self._granted(user, {"refresh_token": self.sign_in(user)})

    def _granted(self, user: str, more: dict[str, object]) -> Reply:
        lasts = {} if self.lifetime is None else {"expires_in": self.lifetime}
        return reply(200, {"access_token": self.issue(user), "token_type": "Bearer", **lasts, **more})


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    """HTTP on the one side, TokenServer.serve on the other."""

    timeout = 30

    def __init__(self, tokens: TokenServer, *connection: Any) -> None:
        self._tokens = tokens
        super().__init__(*connection)

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # a client that gave up waiting is part of the game
            super().handle()

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
        answer = self._tokens.serve(self.path, form)
        if isinstance(answer, Reply):
            self._send(answer)
        elif answer == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            os.close(self.connection.detach())
        elif answer == "silence":
            self._tokens.hold()
        else:
            self._pour(slowly=answer == "drip")

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the log to look at is TokenServer.asked."""

    def _send(self, answer: Reply) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _pour(self, *, slowly: bool) -> None:
        """A good answer behind very many spaces, one by one or as fast as can be."""
        self.send_response(200)
        self.end_headers()
        for _ in range(DROPS if slowly else FLOOD):
            if slowly and not self._tokens.drop():
                return
            self.wfile.write(b" " * (1 if slowly else 1024))
        self.wfile.write(json.dumps({"access_token": "access-late"}).encode())

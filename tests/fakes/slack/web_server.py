"""HTTP on the one side, the fake Slack on the other; one port for the Web API, sockets and response URLs."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from .answers import Json, Reply
from .socket_mode import RESET_ON_CLOSE, Connection

HOST = "127.0.0.1"
STRUCTURES = ("blocks", "attachments", "metadata", "view")  # forms carry these as JSON text


class Behind(Protocol):
    """What the server hands requests to. No Reply means that the connection is reset."""

    def serve(self, method: str, token: str, args: Json) -> Reply | None: ...

    def respond(self, path: str, args: Json) -> Reply: ...

    def welcome(self, path: str) -> bool: ...

    def attend(self, sock: socket.socket, stream: Any, key: str) -> Connection: ...


class WebServer(ThreadingHTTPServer):
    """Its threads are joined at the end: none outlives the test."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, port: int, behind: Behind) -> None:
        super().__init__((HOST, port), functools.partial(_Handler, behind))
        self._idle: set[socket.socket] = set()  # connected, but the request has not come yet
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """From here on connections are refused; calls under way are answered first."""
        self.shutdown()
        self._thread.join()
        with self._guard:
            for sock in self._idle:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._idle.add(request)
        super().process_request(request, client_address)

    def arrived(self, request: socket.socket) -> None:
        """Its request is here."""
        with self._guard:
            self._idle.discard(request)

    def close_request(self, request: Any) -> None:
        self.arrived(request)
        super().close_request(request)


class _Handler(BaseHTTPRequestHandler):
    timeout = 30
    server: WebServer

    def __init__(self, behind: Behind, *connection: Any) -> None:
        self._behind = behind
        super().__init__(*connection)

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a client that gave up waiting is part of the game
            super().handle()

    def do_POST(self) -> None:
        url, args = urlsplit(self.path), self._arguments()
        self.server.arrived(self.connection)
        if url.path.startswith(("/actions/", "/commands/")):
            self._send(self._behind.respond(url.path, args))
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or args.pop("token", "")
        reply = self._behind.serve(url.path.removeprefix("/api/"), token, _with_structures(args))
        if reply is None:
            self._reset()
        else:
            self._send(reply)

    def do_GET(self) -> None:
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.server.arrived(self.connection)
            self._attend()
        else:
            self.do_POST()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the log to look at is FakeSlack.posts."""

    def _arguments(self) -> Json:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        is_json = body and "json" in self.headers.get("Content-Type", "")  # the SDK says so of no body, too
        query = dict(parse_qsl(urlsplit(self.path).query))
        return query | (json.loads(body) if is_json else dict(parse_qsl(body, keep_blank_values=True)))

    def _attend(self) -> None:
        """The connection becomes a socket of Socket Mode and lives as long as that."""
        key = self.headers.get("Sec-WebSocket-Key", "")
        if not key or not self._behind.welcome(self.path):
            self._send(Reply(401, b'{"ok":false,"error":"invalid_ticket"}', {}))
            return
        if self._behind.attend(self.connection, self.rfile, key).wants_reset:
            self._reset()

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _reset(self) -> None:
        """Takes the socket away from the server, which would say goodbye in the orderly way."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        os.close(self.connection.detach())


def _with_structures(args: Json) -> Json:
    names = [name for name in STRUCTURES if isinstance(args.get(name), str) and args[name]]
    return args | {name: json.loads(args[name]) for name in names}

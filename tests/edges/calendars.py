"""Calendars written by hand, and a server on loopback that hands out whatever a test wants."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEAD = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Acme//Rota//EN\n"


def event(*lines: str, uid: str = "") -> str:
    """A VEVENT of these lines."""
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid or hash(lines)}", *lines, "END:VEVENT", ""])


def calendar(*events: str) -> bytes:
    """A VCALENDAR of these events, as it comes over the wire."""
    return f"{HEAD}{''.join(events)}END:VCALENDAR\n".replace("\n", "\r\n").encode()


@dataclass
class CalendarServer:
    """What is answered, path by path: status, headers and body; `asked` has the paths that came."""

    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    drips: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def says(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """From now on this is answered there; the address."""
        self.answers[path] = (status, headers, body)
        return self.url(path)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        told = self.server.told
        told.asked.append(self.path)
        status, headers, body = told.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # a client that gave up is part of the game
            if told.drips:
                while not told.ended.wait(0.02):
                    self.wfile.write(b" ")
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    told: CalendarServer


@contextlib.contextmanager
def calendar_server() -> Iterator[CalendarServer]:
    """It runs as long as the block lasts."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.told = CalendarServer(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.told
    finally:
        server.told.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()

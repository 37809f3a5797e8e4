"""Answers on this machine how amends does: GET /healthz and /metrics, nothing else, in bounded time and memory."""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

from bot.domain.health import Health
from bot.edges.imap.alarm import ALARM
from bot.errors import SettingsError

log = logging.getLogger(__name__)
_THREADS = 4
_SLOWEST = 10.0  # seconds from the first byte to the answer
_PAUSE = 5.0  # seconds between two pieces


class Reply(NamedTuple):
    """An answer to a request."""

    status: int
    content_type: str
    body: bytes


Answers = dict[str, Callable[[], Reply]]


def healthz(health: Callable[[], Health]) -> Reply:
    """200 where amends does its work, else 503; which findings there are, and no word of theirs."""
    found = health()
    told = {
        "healthy": found.is_healthy,
        "findings": [{"id": one.id, "severity": one.severity.value} for one in found.findings],
    }
    return Reply(200 if found.is_healthy else 503, "application/json", json.dumps(told).encode() + b"\n")


class HealthServer:
    """Listens at a loopback address; a few threads at most. Port 0: any that is free."""

    def __init__(self, answers: Answers, host: str, port: int) -> None:
        """Bind it; `answers` by path. Raises SettingsError where that cannot be."""
        address = _loopback(host)
        try:
            self._server = _Server(address, port, answers)
        except OSError as problem:
            raise SettingsError(f"Nothing can listen there: {problem.strerror}.", where=f"{host}:{port}") from problem
        self._thread = threading.Thread(target=self._serve, name="health-http", daemon=True)

    @property
    def url(self) -> str:
        """Without a path."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def start(self) -> None:
        """Begin to answer; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; what is under way is not waited for."""
        self._server.ending.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.2)


def _loopback(host: str) -> str:
    """The address, if nobody but this machine can reach it: what is told here is not for everybody."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        advice = "Listen on 127.0.0.1; a proxy of yours may pass requests on."
        raise SettingsError("How amends does is told on loopback only.", where=host, advice=advice)
    return str(address)


class _Server(HTTPServer):
    request_queue_size = 16

    def __init__(self, address: str, port: int, answers: Answers) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.ending = threading.Event()
        self._free = threading.Semaphore(_THREADS)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="health-http")
        super().__init__((address, port), partial(_Handler, answers))

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a thread; others wait in the kernel meanwhile."""
        while not self._free.acquire(timeout=0.2):
            if self.ending.is_set():
                self.shutdown_request(request)
                return
        self._pool.submit(self._attend, request, client_address)

    def _attend(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except Exception:  # whatever strangers send, and whatever became of it: one connection ends, not the server
            self.handle_error(request, client_address)
        finally:
            self.shutdown_request(request)
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 (socketserver calls it so)
        """One line without a word of the request."""
        problem = sys.exc_info()[0]
        log.warning("A request was not answered: %s.", problem.__name__ if problem else "unknown")

    def server_close(self) -> None:
        """With its threads."""
        super().server_close()
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Handler(BaseHTTPRequestHandler):
    timeout = _PAUSE

    def __init__(self, answers: Answers, *more: Any) -> None:
        self._answers = answers
        super().__init__(*more)

    def handle(self) -> None:
        """One request, or as much of it as comes in time."""
        with ALARM.ended_after(_SLOWEST, self._cut):
            super().handle()

    def do_GET(self) -> None:
        """All that there is; a body is not read."""
        answer = self._answers.get(self.path.partition("?")[0])
        reply = answer() if answer is not None else Reply(404, "text/plain; charset=utf-8", b"")
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(reply.body)

    def _cut(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def version_string(self) -> str:
        """For the Server header: nobody needs to know versions."""
        return "amends"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a path may hold anything."""

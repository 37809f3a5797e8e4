"""A small HTTP server on loopback that nobody can hold up: few threads, bounded time, not a word of a request told."""

from __future__ import annotations

import ipaddress
import logging
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

from bot.edges.alarm import ALARM
from bot.errors import SettingsError

log = logging.getLogger(__name__)
_SLOWEST = 10.0  # seconds from the first byte to the answer; Slack itself waits for three
_PAUSE = 5.0  # seconds between two pieces


class Reply(NamedTuple):
    """An answer to a request."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


class Listening(NamedTuple):
    """How one server listens: `name` of its threads, how many answer, and how many connections the kernel keeps.

    `refusal` and `advice` are for whoever wants it to listen to other machines.
    """

    name: str
    threads: int
    backlog: int
    refusal: str
    advice: str


class LoopbackServer:
    """Listens at a loopback address; a bounded number of threads. Port 0: any that is free."""

    def __init__(self, handler: Callable[..., LoopbackHandler], host: str, port: int, how: Listening) -> None:
        """Bind it; `handler` is made for each connection. Raises SettingsError where that cannot be."""
        address = _loopback(host, how)
        try:
            self._server = _Server(address, port, handler, how)
        except OSError as problem:
            raise SettingsError(f"Nothing can listen there: {problem.strerror}.", where=f"{host}:{port}") from problem
        self._thread = threading.Thread(target=self._serve, name=how.name, daemon=True)

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


class LoopbackHandler(BaseHTTPRequestHandler):
    """One request of one connection, or as much of it as comes in time. What is answered is for subclasses to say."""

    timeout = _PAUSE

    def handle(self) -> None:
        """Cut off when it takes too long."""
        with ALARM.ended_after(_SLOWEST, self._cut):
            super().handle()

    def reply(self, reply: Reply, headers: Mapping[str, str] | None = None) -> None:
        """Send it, with more headers where there are any."""
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def version_string(self) -> str:
        """For the Server header: nobody needs to know versions."""
        return "amends"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a path may hold anything."""

    def _cut(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)


def _loopback(host: str, how: Listening) -> str:
    """The address, if nobody but this machine can reach it."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise SettingsError(how.refusal, where=host, advice=how.advice)
    return str(address)


class _Server(HTTPServer):
    def __init__(self, address: str, port: int, handler: Callable[..., LoopbackHandler], how: Listening) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.request_queue_size = how.backlog
        self.ending = threading.Event()
        self._free = threading.Semaphore(how.threads)
        self._pool = ThreadPoolExecutor(how.threads, thread_name_prefix=how.name)
        super().__init__((address, port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a thread, so that no more than so many are ever at work; the rest waits in the kernel."""
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

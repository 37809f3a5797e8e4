"""HTTP mode: takes Slack's requests on loopback, behind a proxy that speaks TLS to the world."""

from __future__ import annotations

import ipaddress
import logging
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from bot.edges.imap.alarm import ALARM
from bot.errors import SettingsError

log = logging.getLogger(__name__)

PATH = "/slack/events"
LONGEST_BODY = 1 << 20  # bytes; Slack's requests are some kilobytes
_THREADS = 16
_SLOWEST = 10.0  # seconds from the first byte to the answer; Slack itself waits for three
_PAUSE = 5.0  # seconds between two pieces


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a request."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


Answering = Callable[[Mapping[str, str], bytes], Reply]


class RequestServer:
    """Listens at http://127.0.0.1:3000/slack/events, or at another loopback address; a bounded number of threads."""

    def __init__(self, answering: Answering, host: str = "127.0.0.1", port: int = 3000) -> None:
        """Bind it. `answering` is given headers and body of each POST. Raises SettingsError where that cannot be."""
        address = _loopback(host)
        try:
            self._server = _Server(address, port, answering)
        except OSError as problem:
            raise SettingsError(f"Nothing can listen there: {problem.strerror}.", where=f"{host}:{port}") from problem
        self._thread = threading.Thread(target=self._serve, name="slack-http", daemon=True)

    @property
    def url(self) -> str:
        """Where the proxy should send requests to."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}{PATH}" if ":" in str(host) else f"http://{host!s}:{port}{PATH}"

    def start(self) -> None:
        """Begin to take requests; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more. What is under way is not waited for: unanswered, Slack sends it again."""
        self._server.ending.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.2)


def _loopback(host: str) -> str:
    """The address, if nobody but this machine can reach it: only a proxy in front speaks TLS."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        advice = "Listen on 127.0.0.1 and let a proxy with TLS pass requests on."
        raise SettingsError("Slack's requests are taken on loopback only.", where=host, advice=advice)
    return str(address)


class _Server(HTTPServer):
    request_queue_size = 128

    def __init__(self, address: str, port: int, answering: Answering) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.ending = threading.Event()
        self._free = threading.Semaphore(_THREADS)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="slack-http")
        super().__init__((address, port), partial(_Handler, answering))

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


class _Handler(BaseHTTPRequestHandler):
    timeout = _PAUSE

    def __init__(self, answering: Answering, *more: Any) -> None:
        self._answering = answering
        super().__init__(*more)

    def handle(self) -> None:
        """One request, or as much of it as comes in time."""
        with ALARM.ended_after(_SLOWEST, self._cut):
            super().handle()

    def do_POST(self) -> None:
        """The only thing that Slack does."""
        length = self.headers.get("Content-Length", "")
        if self.path.partition("?")[0] != PATH:
            self._reply(Reply(404))
        elif not (length.isascii() and length.isdigit()):
            self._reply(Reply(411))
        elif len(length) > 9 or int(length) > LONGEST_BODY:
            self._reply(Reply(413))
        else:
            self._pass_on(int(length))

    def _pass_on(self, length: int) -> None:
        try:
            body = self.rfile.read(length)
        except TimeoutError:
            body = b""
        if len(body) < length:
            self._reply(Reply(408))
        else:
            self._reply(self._answering({name.lower(): value for name, value in self.headers.items()}, body))

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _cut(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def version_string(self) -> str:
        """For the Server header: nobody needs to know versions."""
        return "amends"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a path may hold anything."""

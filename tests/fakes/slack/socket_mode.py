"""Socket Mode: tickets, connections, and what travels over them (docs.slack.dev, Using Socket Mode)."""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, Literal
from urllib.parse import parse_qs, urlsplit

from .answers import Json
from .identity import APP_ID
from .wire import Opcode, closing, frame, handshake, read_message

MOST_CONNECTIONS = 10
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing sends RST, not FIN
DEBUG_INFO = {"host": "applink-loopback-1", "build_number": 1, "approximate_connection_time": 18060}
Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


class Connection:
    """One socket. What is sent is queued: an app that stopped reading holds nobody up."""

    def __init__(self, number: int, sock: socket.socket, stream: BinaryIO, hear: Callable[[Connection, Json], None]):
        self.number = number
        self.deaf = False  # open, but nothing is answered and nothing arrives any more
        self.retiring = False  # told to go; no more envelopes for it
        self.wants_reset = False
        self.pings = 0
        self.pongs: list[bytes] = []
        self._sock, self._stream, self._hear = sock, stream, hear
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name=f"fake-slack-socket-{number}", daemon=True)

    def open(self, key: str) -> None:
        """Answers the handshake; from here on it can be sent to."""
        self._sock.settimeout(None)
        self._outgoing.put(handshake(key))
        self._writer.start()

    def read(self) -> None:
        """Until it ends, in the caller's thread."""
        with contextlib.suppress(OSError, EOFError, ValueError):
            while self._take(read_message(self._stream)):
                pass
        self._outgoing.put(None)
        self._writer.join()

    def send(self, message: Json) -> None:
        """As one text frame."""
        self._put(frame(Opcode.TEXT, json.dumps(message).encode()))

    def send_raw(self, data: bytes) -> None:
        """Whatever bytes a test makes up."""
        self._put(data)

    def ping(self, data: bytes = b"Ping from the fake") -> None:
        """Slack pings too; the client's answers gather in `pongs`."""
        self._put(frame(Opcode.PING, data))

    def disconnect(self, reason: Reason) -> None:
        """Slack's own goodbye; the socket stays open until somebody closes it."""
        self.retiring = True
        self.send({"type": "disconnect", "reason": reason, "debug_info": {"host": DEBUG_INFO["host"]}})

    def close(self, code: int = 1000, reason: str = "") -> None:
        """A close frame and the end: the orderly way."""
        self.retiring = True
        self._put(closing(code, reason))
        self._outgoing.put(None)

    def fin(self) -> None:
        """The connection ends without a close frame, as when the process on the other side dies."""
        self.retiring = True
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """RST: the reader wakes up and closes with it."""
        self.retiring = self.wants_reset = True
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RD)

    def _put(self, data: bytes) -> None:
        if not self.deaf:
            self._outgoing.put(data)

    def _take(self, message: Any) -> bool:
        """Whether there is more to come."""
        if self.deaf:
            return True
        if message.opcode is Opcode.PING:
            self.pings += 1
            self._put(frame(Opcode.PONG, message.data))
            self._hear(self, {})
        elif message.opcode is Opcode.PONG:
            self.pongs.append(message.data)
            self._hear(self, {})
        elif message.opcode is Opcode.TEXT:
            self._hear(self, json.loads(message.data))
        return message.opcode is not Opcode.CLOSE

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while (data := self._outgoing.get()) is not None:
                self._sock.sendall(data)
        if not self.wants_reset:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)


class SocketMode:
    """All connections of the app. The caller sees to locking."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.ever = 0
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)

    def ticket(self, host: str, port: int) -> str:
        """An address that opens one connection, once."""
        number = next(self._numbers)
        ticket = f"{number:08d}-{number * 7919:08x}"
        self._tickets.add(ticket)
        return f"ws://{host}:{port}/link/?ticket={ticket}&app_id={APP_ID}"

    def redeem(self, path: str) -> bool:
        """Whether this address may open a connection now."""
        [ticket] = parse_qs(urlsplit(path).query).get("ticket", [""])
        if ticket not in self._tickets:
            return False
        self._tickets.discard(ticket)
        return True

    def add(self, connection: Connection) -> None:
        """Says hello; one too many is sent away."""
        self.ever += 1
        if len(self.connections) >= MOST_CONNECTIONS:
            connection.disconnect("too_many_websockets")
            connection.close()
            return
        self.connections.append(connection)
        about = {"num_connections": len(self.connections), "connection_info": {"app_id": APP_ID}}
        connection.send({"type": "hello", **about, "debug_info": DEBUG_INFO})

    def remove(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)

    def next(self, turn: int, not_again: int | None) -> Connection | None:
        """Each envelope goes to one of them, in turn; a repeated one to another, if there is another."""
        ready = [connection for connection in self.connections if not connection.retiring]
        others = [connection for connection in ready if connection.number != not_again] or ready
        return others[turn % len(others)] if others else None

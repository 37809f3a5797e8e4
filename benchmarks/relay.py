"""A TCP relay on loopback that notes when a server tells of new mail, and how much clients ask."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Self

HOST = "127.0.0.1"


class Relay:
    """Between a client and the server's port; safe to read from any thread."""

    def __init__(self, to: int) -> None:
        """`notices`: monotonic moments at which EXISTS came by; `lines`: how many lines clients have sent."""
        self._to, self.notices, self.lines, self.accepted = to, list[float](), 0, 0
        self._lock, self._open = threading.Lock(), list[socket.socket]()
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((HOST, self._to))
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.accepted += 1
                self._open += [client, server]
                threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if is_client:
                    with self._lock:
                        self.lines += data.count(b"\r\n")
                elif b" EXISTS" in data:
                    self.notices.append(time.monotonic())
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

"""A TCP proxy on loopback that cuts, resets, swallows, slows and refuses when a test says so.

A line dies in ways that no server can be asked for: between two bytes, after the answer was sent and before it came,
or without a word while both ends believe in it. What a test sets holds at once, for present and for new connections.
"Down" is from the server to the client, "up" the other way.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

from .dovecot import HOST

How = Literal["cut", "reset", "blackhole"]  # a FIN; an RST; open for ever, and nothing passes any more
Way = Literal["down", "up"]
Door = Literal["open", "silent", "cut", "reset", "shut"]
CHUNK = 65_536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 seconds: close throws away what is unsent, and sends RST
T = TypeVar("T")


@dataclass(frozen=True)
class Fault:
    """What befalls a line, and when: `after` that many more bytes went one way, or when the bytes `on` come by.

    What stands before them is delivered; of themselves no byte is that came in one piece with their end.
    """

    how: How
    after: int | None = None
    on: bytes = b""
    way: Way = "down"
    lasting: bool = False  # else the first line that it strikes is the last


@dataclass(eq=False)
class Line:
    """A connection of a client and the one to the server in its stead."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    dark: bool = False
    seen: int = 0  # bytes on the fault's way since it was set
    tail: bytes = b""  # the last of those: `on` may come in two pieces

    def note(self, data: bytes, keep: int) -> None:
        self.seen += len(data)
        self.tail = (self.tail + data)[-keep:] if keep > 0 else b""

    def end(self, how: How) -> None:
        self.dark = True
        for writer in (self.client, self.server):
            if writer is None or how == "blackhole":
                continue
            if how == "reset":
                line: socket.socket = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):  # it was closed meanwhile
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                writer.transport.abort()
            else:
                writer.close()


class Chaos:
    """The proxy, between enter and exit; its methods may be called from any thread."""

    def __init__(self, to: int) -> None:
        """`to` is the server's port on loopback."""
        self.to, self.port = to, 0
        self.accepted = 0
        self.struck = 0  # lines, whether by a fault or by `strike`
        self.passed: dict[Way, int] = {"down": 0, "up": 0}  # bytes delivered
        self._fault: Fault | None = None
        self._door: Door = "open"
        self._rate: float | None = None
        self._packet = CHUNK
        self._lines: set[Line] = set()
        self._handlers: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("The proxy does not start.")
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def plan(
        self, how: How, after: int | None = None, on: bytes = b"", way: Way = "down", *, lasting: bool = False
    ) -> None:
        """Sets the one fault that lies in wait; the arguments are those of `Fault`."""
        if after is None and not on:
            raise ValueError("This fault would never strike: say after how many bytes, or on which.")
        self._do(lambda: self._lie_in_wait(Fault(how, after, on, way, lasting)))

    def strike(self, how: How) -> int:
        """Now, at all lines. Returns how many that were."""
        return self._do(lambda: sum(self._end(line, how) for line in list(self._lines) if not line.dark))

    def slow(self, rate: float | None = None, packet: int = CHUNK) -> None:
        """At most `rate` bytes a second each way; no more than `packet` bytes in a piece. By default as it comes."""
        if packet < 1 or (rate is not None and rate <= 0):
            raise ValueError("Nothing would pass; that is a blackhole.")
        self._do(lambda: vars(self).update(_rate=rate, _packet=packet))

    def door(self, door: Door) -> None:
        """To new clients: "silent" takes them in and says nothing, "cut" and "reset" throw them out, "shut" refuses."""
        asyncio.run_coroutine_threadsafe(self._set_door(door), self._loop).result(10)

    def heal(self) -> None:
        """All as in the beginning; lines that were struck stay dead."""
        self._do(lambda: self._lie_in_wait(None))
        self.slow()
        self.door("open")

    def _do(self, what: Callable[[], T]) -> T:
        async def there() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result(10)

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        await self._set_door("open")
        ready.set()
        await self._over.wait()
        await self._set_door("shut")
        for line in list(self._lines):
            line.end("reset")
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the turn after the one in which they were told to

    async def _set_door(self, door: Door) -> None:
        self._door = door
        if door == "shut" and self._listener is not None:
            self._listener.close()
            self._listener = None
        elif door != "shut" and self._listener is None:
            self._listener = await asyncio.start_server(self._welcome, HOST, self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    def _lie_in_wait(self, fault: Fault | None) -> None:
        self._fault = fault
        for line in self._lines:
            line.seen, line.tail = 0, b""

    def _end(self, line: Line, how: How) -> bool:
        line.end(how)
        self.struck += 1
        return True

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.ensure_future(self._serve(reader, Line(writer)))
        self._handlers.add(handler)
        handler.add_done_callback(self._handlers.discard)

    async def _serve(self, from_client: asyncio.StreamReader, line: Line) -> None:
        self.accepted += 1
        self._lines.add(line)
        try:
            if self._door in ("cut", "reset"):
                line.end("cut" if self._door == "cut" else "reset")
            elif self._door == "silent":
                line.dark = True
                await self._pump(line, "up", from_client, line.client)
            else:
                from_server, line.server = await asyncio.open_connection(HOST, self.to)
                down = self._pump(line, "down", from_server, line.client)
                await asyncio.gather(self._pump(line, "up", from_client, line.server), down)
        except OSError:  # an end of it is gone, so the other goes too
            line.end("reset")
        finally:
            self._lines.discard(line)
            for writer in filter(None, (line.client, line.server)):
                writer.close()

    async def _pump(self, line: Line, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            fault = self._met(line, way, data)
            if fault is not None:
                data = data[: self._spared(line, fault, data)]
            await self._send(line, way, writer, data)
            if fault is not None and not line.dark:
                self._fault = fault if fault.lasting else None
                self._end(line, fault.how)
            elif self._fault is not None and way == self._fault.way:
                line.note(data, len(self._fault.on) - 1)
        if not line.dark:
            writer.write_eof()

    def _met(self, line: Line, way: Way, data: bytes) -> Fault | None:
        fault = self._fault
        if fault is None or way != fault.way:
            return None
        counted = fault.after is not None and line.seen + len(data) > fault.after
        return fault if counted or (fault.on and fault.on in line.tail + data) else None

    def _spared(self, line: Line, fault: Fault, data: bytes) -> int:
        """How many bytes of the data still pass."""
        before = [len(data)]
        if fault.after is not None:
            before.append(fault.after - line.seen)
        if fault.on and (at := (line.tail + data).find(fault.on)) >= 0:
            before.append(at - len(line.tail))
        return max(0, min(before))

    async def _send(self, line: Line, way: Way, writer: asyncio.StreamWriter, data: bytes) -> None:
        while data and not line.dark:
            size = self._packet if self._rate is None else min(self._packet, max(1, int(self._rate / 50)))
            piece, data = data[:size], data[size:]
            writer.write(piece)
            await writer.drain()
            self.passed[way] += len(piece)
            if data or self._rate is not None:
                await asyncio.sleep(0 if self._rate is None else len(piece) / self._rate)

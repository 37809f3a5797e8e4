"""Whole WebSocket messages out of a stream of bytes (RFC 6455), for a reader that has trouble with anything else.

The reader of slack_sdk spins when the stream ends, loses an empty ping, knows no fragments and calls itself once
for every frame of a burst until Python has enough. Here it is given one whole message at each call, and an error
where the stream ends.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from typing import Protocol

LONGEST = 16 << 20  # bytes of one message; Slack's own are thousands of times smaller
_CONTINUATION, _CONTROL, _PONG, _FIN = 0x0, 0x8, 0xA, 0x80
_CHUNK = 1 << 16
_LEFT_OVER = b"\n"  # slack_sdk reads the answer to its handshake up to the last but one byte


class Stream(Protocol):
    """What a socket has of this, with TLS or without."""

    def recv(self, size: int, /) -> bytes: ...
    def sendall(self, data: bytes, /) -> None: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...


class Messages:
    """Cuts a stream of unmasked frames, as a server sends them, into messages."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._buffer = bytearray()
        self._whole: deque[bytes] = deque()
        self._opcode, self._parts = 0, bytearray()  # of a message whose fragments are still coming

    def feed(self, data: bytes) -> None:
        """More of the stream. Raises ConnectionError for a message of more than LONGEST bytes."""
        self._buffer += data
        start = int(self._buffer[:1] == _LEFT_OVER)  # no frame begins like that: a control frame is never in fragments
        while (found := _frame_at(self._buffer, start)) is not None:
            first, body, end = found
            self._take(first, bytes(self._buffer[body:end]))
            start = end
        del self._buffer[:start]

    def next(self) -> bytes | None:
        """The next whole message as one frame; None until more has come."""
        return self._whole.popleft() if self._whole else None

    def _take(self, first: int, data: bytes) -> None:
        opcode, final = first & 0x0F, bool(first & _FIN)
        if opcode & _CONTROL or (final and opcode != _CONTINUATION):
            self._whole.append(_framed(opcode, data))
            return
        if opcode != _CONTINUATION:
            self._opcode, self._parts = opcode, bytearray()
        self._parts += data
        if len(self._parts) > LONGEST:
            raise ConnectionAbortedError("The message is too long.")
        if final:
            self._whole.append(_framed(self._opcode, bytes(self._parts)))
            self._parts = bytearray()


def _frame_at(buffer: bytearray, start: int) -> tuple[int, int, int] | None:
    """(first byte, where the data begins, where it ends) of the frame there; None while it is not whole (5.2)."""
    there = len(buffer) - start
    if there < 2:
        return None
    length, head = buffer[start + 1] & 0x7F, 2
    if length >= 126:
        head = 4 if length == 126 else 10
        if there < head:
            return None
        length = int.from_bytes(buffer[start + 2 : start + head])
    if length > LONGEST:
        raise ConnectionAbortedError("The message is too long.")
    end = start + head + length
    return (buffer[start], start + head, end) if len(buffer) >= end else None


def _framed(opcode: int, data: bytes) -> bytes:
    """One final frame, its length in two bytes at least: of a frame of two bytes slack_sdk waits for a third."""
    length = len(data)
    size = struct.pack("!BH", 126, length) if length < 1 << 16 else struct.pack("!BQ", 127, length)
    return bytes([_FIN | opcode]) + size + data


class FramedSocket:
    """A socket each `recv` of which gives one whole message, and raises where the stream ends."""

    def __init__(self, stream: Stream) -> None:
        """The handshake is over; nothing has been read since."""
        self._stream, self._messages = stream, Messages()
        self.last_pong = time.monotonic()

    def recv(self, _size: int) -> bytes:
        """Raises OSError where nothing comes any more, TimeoutError where nothing came for a while."""
        while (message := self._messages.next()) is None:
            data = self._stream.recv(_CHUNK)
            if not data:
                raise ConnectionResetError("The stream has ended.")
            self._messages.feed(data)
        if message[0] & 0x0F == _PONG:
            self.last_pong = time.monotonic()
        return message

    def send(self, data: bytes) -> int:
        """All of it: half a frame would make nonsense of all that follow."""
        self._stream.sendall(data)
        return len(data)

    def shutdown(self, how: int) -> None:
        """As of any socket."""
        self._stream.shutdown(how)

    def close(self) -> None:
        """As of any socket."""
        self._stream.close()

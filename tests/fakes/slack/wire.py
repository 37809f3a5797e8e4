"""The server's half of WebSocket, as far as Socket Mode needs it (RFC 6455): no extensions, no fragments sent."""

from __future__ import annotations

import base64
import hashlib
import struct
from enum import IntEnum
from typing import BinaryIO, NamedTuple

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Opcode(IntEnum):
    """RFC 6455, section 5.2."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Frame(NamedTuple):
    """One frame, unmasked."""

    opcode: Opcode
    data: bytes
    final: bool = True


def handshake(key: str) -> bytes:
    """The answer that opens the connection (section 4.2.2)."""
    accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"


def frame(opcode: Opcode, data: bytes = b"") -> bytes:
    """Bytes of a whole message; servers do not mask (section 5.1)."""
    length = len(data)
    if length < 126:
        size = bytes([length])
    elif length < 1 << 16:
        size = b"\x7e" + struct.pack("!H", length)
    else:
        size = b"\x7f" + struct.pack("!Q", length)
    return bytes([0x80 | opcode]) + size + data


def closing(code: int, reason: str = "") -> bytes:
    """A close frame (section 5.5.1)."""
    return frame(Opcode.CLOSE, struct.pack("!H", code) + reason.encode())


def read_frame(stream: BinaryIO) -> Frame:
    """The next frame from a client. Raises EOFError where the stream ends, ValueError for an unmasked frame."""
    first, second = _exactly(stream, 2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", _exactly(stream, 2))
    elif length == 127:
        (length,) = struct.unpack("!Q", _exactly(stream, 8))
    if not second & 0x80:
        raise ValueError("a client has to mask its frames")
    mask = _exactly(stream, 4)
    data = bytes(byte ^ mask[place % 4] for place, byte in enumerate(_exactly(stream, length)))
    return Frame(Opcode(first & 0x0F), data, bool(first & 0x80))


def read_message(stream: BinaryIO) -> Frame:
    """The next frame, or all fragments of one message in one."""
    whole = read_frame(stream)
    while not whole.final:
        more = read_frame(stream)
        whole = Frame(whole.opcode, whole.data + more.data, more.final)
    return whole


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data

"""One nasty mail and what stands in it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.message import Direction


@dataclass(frozen=True)
class Nasty:
    """The bytes, and what must be read in them. `attachments`: their names."""

    raw: bytes
    text: str
    quoted: str = ""
    subject: str = "The kettle"
    sender: str = "ida@example.com"
    attachments: tuple[str, ...] = ()
    direction: Direction = Direction.FROM_CUSTOMER


TOP = b"From: Ida Lund <ida@example.com>\r\nTo: help@example.org\r\nSubject: The kettle\r\nMIME-Version: 1.0\r\n"


def mail(body: bytes, *fields: bytes, top: bytes = TOP) -> bytes:
    """A mail with these fields below the usual ones."""
    return top + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def text(body: bytes, charset: str, encoding: bytes = b"8bit") -> bytes:
    """A mail of plain text under this label."""
    kind = f'Content-Type: text/plain; charset="{charset}"'.encode()
    return mail(body, kind, b"Content-Transfer-Encoding: " + encoding)


def parts(*those: bytes, boundary: bytes = b"=_1") -> bytes:
    """Parts between delimiter lines."""
    inner = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in those)
    return inner + b"--" + boundary + b"--\r\n"


MIXED = b'Content-Type: multipart/mixed; boundary="=_1"'

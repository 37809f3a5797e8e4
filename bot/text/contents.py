"""What the leaves of a mail hold: words to be read, or a file to be named."""

from __future__ import annotations

import binascii
import re

from bot.domain.message import Attachment
from bot.text.charsets import decode
from bot.text.fields import read_fields
from bot.text.flowed import unflowed
from bot.text.headers import from_base64, words
from bot.text.parts import NAME_LENGTH, PLAIN, Part, first_token, parse

TEXT_LENGTH = 100_000
HTML_LENGTH = 500_000
UNNAMED = "unnamed"
ATTACHED_MESSAGE = "message/rfc822"
_HEADER_LENGTH = 65_536
_ATTACHED_LENGTH = 1_000_000
_BYTES_A_CHARACTER = 12  # four in UTF-8, three for each of them in quoted-printable
_PROSE = frozenset({PLAIN, "text/enriched", "text/richtext", "text/markdown", "text/x-markdown"})
_MARKUP = frozenset({"text/html", "application/xhtml+xml", "text/x-amp-html", "text/watch-html"})
_NAMES = {
    ATTACHED_MESSAGE: "attached message.eml", "message/global": "attached message.eml",
    "application/ms-tnef": "winmail.dat", "application/vnd.ms-tnef": "winmail.dat",
}  # fmt: skip
_META = re.compile(r"<meta[^<>]{0,300}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_META_WITHIN = 4_000
_NOT_IN_A_FILE_NAME = re.compile(r'[\\/:*?"<>|]+')


def is_markup(part: Part) -> bool:
    """Whether a leaf's text is HTML."""
    return part.media_type in _MARKUP


def is_words(part: Part) -> bool:
    """Whether a leaf is there to be read as the mail's text. A multipart that could not be cut is a leaf too."""
    if part.depth and part.disposition == "attachment":
        return False
    return part.media_type in _PROSE or part.media_type in _MARKUP or part.media_type.startswith("multipart/")


def text_of(part: Part) -> str:
    """A leaf's text, at most 100,000 characters (500,000 of HTML); soft line breaks joined."""
    length = HTML_LENGTH if is_markup(part) else TEXT_LENGTH
    data = octets_of(part, length * _BYTES_A_CHARACTER)[: length * 4]
    charset = words(part.type_parameters.get("charset", ""))
    if not charset and is_markup(part):
        charset = _meta_charset(data)
    text = decode(data, charset)[:length]
    if part.media_type == PLAIN and part.type_parameters.get("format", "").strip().lower() == "flowed":
        return unflowed(text, delete_space=part.type_parameters.get("delsp", "").strip().lower() == "yes")
    return text


def attachment(part: Part) -> Attachment:
    """A part that is only named."""
    return Attachment(_name(part), part.media_type, size_of(part))


def attached_message(part: Part) -> Part:
    """The message that a leaf of the type message/rfc822 is (RFC 2046 section 5.2.1), its first million bytes."""
    return parse(octets_of(part, _ATTACHED_LENGTH))


def has_returned_header(part: Part, name: str) -> bool:
    """Whether a leaf returns a message, or its header alone (RFC 6522 section 4), that carries this field."""
    if part.media_type not in (ATTACHED_MESSAGE, "message/global", "text/rfc822-headers"):
        return False
    data = octets_of(part, _HEADER_LENGTH)
    return name.encode() in data.lower() and name in read_fields(data, 0, len(data))[0]


def octets_of(part: Part, most: int) -> bytes:
    """A leaf's bytes, from at most `most` bytes of its transfer encoding (RFC 2045 section 6)."""
    data = part.raw[part.start : min(part.end, part.start + most)]
    encoding = first_token(part.first("content-transfer-encoding"))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding == "base64" and _is_base64(data):
        return from_base64(data)
    return data


def size_of(part: Part) -> int:
    """How many bytes a leaf holds; for base64 reckoned from its length, with all lines as long as the first."""
    length = part.end - part.start
    if first_token(part.first("content-transfer-encoding")) != "base64":
        return length
    end = part.raw[max(part.start, part.end - 8) : part.end]
    letters = end.rstrip(b"\r\n")
    length -= len(end) - len(letters)
    line = part.raw.find(b"\n", part.start, part.end) + 1 - part.start
    if line > 2:
        length -= length // line * (2 if part.raw[part.start + line - 2] == 0x0D else 1)
    return max(0, length * 3 // 4 - (len(letters) - len(letters.rstrip(b"="))))


def _name(part: Part) -> str:
    """How a file is called: as it calls itself, an attached message by its subject."""
    if part.name:
        return part.name
    if part.media_type == ATTACHED_MESSAGE:
        data = octets_of(part, _HEADER_LENGTH)
        subject = words(next(iter(read_fields(data, 0, len(data))[0].get("subject", ())), ""))
        safe = " ".join(_NOT_IN_A_FILE_NAME.sub(" ", subject).split()).strip(". ")
        if safe:
            return f"{safe[: NAME_LENGTH - 4]}.eml"
    return _NAMES.get(part.media_type, UNNAMED)


def _is_base64(data: bytes) -> bool:
    """False for plain words under a wrong label: base64 has no spaces inside its lines."""
    return data.count(b" ") * 20 <= len(data)


def _meta_charset(data: bytes) -> str:
    found = _META.search(data[:_META_WITHIN].decode("ascii", "replace"))
    return found[1] if found else ""

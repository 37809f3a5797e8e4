"""The tree of a mail's parts (RFC 2045, 2046), bounded in number and depth, and what a part holds.

`email` builds the tree under the policy compat32: it took every mail of a fuzzed corpus where `policy.default` raised
on one in six. `Part` keeps it linear: parameters are parsed here, attached messages stay closed, counting stops.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from email.message import Message as MimePart
from email.parser import BytesParser
from email.policy import compat32
from functools import cached_property

from bot.domain.message import Attachment
from bot.text.charsets import decode
from bot.text.headers import from_base64, octets, parameter, parameters, words

MOST_PARTS = 200
DEEPEST = 10
TEXT_LENGTH = 100_000
HTML_LENGTH = 500_000
NAME_LENGTH = 200
UNNAMED = "unnamed"
_LONGEST_BOUNDARY = 300  # RFC 2046 section 5.1.1 allows 70
_BYTES_A_CHARACTER = 12  # four in UTF-8, three for each of them in quoted-printable
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")
_PROSE = frozenset({"text/plain", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown"})
_MARKUP = frozenset({"text/html", "application/xhtml+xml", "text/x-amp-html", "text/watch-html"})
_META = re.compile(r"<meta[^<>]{0,300}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_META_WITHIN = 4_000


class _EnoughParts(Exception):
    """The mail has more parts than anybody reads; what was built so far is used."""

    def __init__(self, root: Part) -> None:
        super().__init__()
        self.root = root


class Part(MimePart):
    """A part of a mail; its root is the mail itself."""

    depth = 0
    parts = 1
    # get_payload() would decode by the stated charset, and parse parameters in quadratic time to learn it
    _payload: object

    def attach(self, payload: Part) -> None:  # type: ignore[override]
        """Take a child in. The parser calls this before it reads the child."""
        super().attach(payload)
        payload.root, payload.depth = self.root, self.depth + 1
        self.root.parts += 1
        if self.root.parts > MOST_PARTS:
            raise _EnoughParts(self.root)

    @property
    def root(self) -> Part:
        """The mail that this part belongs to."""
        return getattr(self, "_root", self)

    @root.setter
    def root(self, root: Part) -> None:
        self._root = root

    def get_content_type(self) -> str:
        """The type that the parser goes by: attached messages and what lies too deep are not taken apart."""
        closed = self.depth >= DEEPEST or self.media_type.startswith("message/")
        return "application/octet-stream" if closed else self.media_type

    def get_boundary(self, failobj: object = None) -> object:  # type: ignore[override]
        """The delimiter of a multipart's children; `failobj` if there is none that could be used."""
        boundary = re.sub(r"[\r\n]", "", parameters(self.first("content-type")).get("boundary", "")).rstrip()
        return boundary if 0 < len(boundary) <= _LONGEST_BOUNDARY else failobj

    @property
    def media_type(self) -> str:
        """`type/subtype` in lower case; text/plain for what is none (RFC 2045 section 5.2)."""
        stated = self.first("content-type")
        if not stated:
            return self.get_default_type()
        bare = _first_token(stated)
        return bare if _TYPE.fullmatch(bare) else "text/plain"

    def every(self, name: str) -> list[str]:
        """All values of a header, raw, in their order. `name` in lower case."""
        return self._values.get(name, [])

    def first(self, name: str) -> str:
        """The first value of a header, raw; "" if it is not there."""
        return next(iter(self.every(name)), "")

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        # first used when the parser is done with the headers; each lookup in a list of 100,000 would be a scan
        values: dict[str, list[str]] = {}
        for name, value in self.raw_items():
            values.setdefault(name.lower(), []).append(value)
        return values

    @property
    def children(self) -> list[Part]:
        """The parts inside this one, none if it is a leaf."""
        return [child for child in self._payload if isinstance(child, Part)] if isinstance(self._payload, list) else []

    @property
    def body(self) -> str:
        """What a leaf holds: raw, still in its transfer encoding."""
        return self._payload if isinstance(self._payload, str) else ""


def parse(raw: bytes) -> Part:
    """The tree of a mail. Blank lines and a byte order mark before the first header are forgiven."""
    try:
        mail = BytesParser(Part, policy=compat32).parsebytes(raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
    except _EnoughParts as enough:
        return enough.root
    assert isinstance(mail, Part)
    return mail


def leaves(part: Part) -> Iterator[Part]:
    """The parts that hold something, in their order."""
    if not part.children:
        yield part
    for child in part.children:
        yield from leaves(child)


def is_markup(part: Part) -> bool:
    """Whether a leaf's text is HTML."""
    return part.media_type in _MARKUP


def is_words(part: Part) -> bool:
    """Whether a leaf is there to be read as the mail's text. A multipart that could not be cut is a leaf too."""
    if part.depth and _disposition(part) == "attachment":
        return False
    return part.media_type in _PROSE or is_markup(part) or part.media_type.startswith("multipart/")


def name_of(part: Part) -> str:
    """The file name that a part gives itself, "" if none."""
    given = parameter(part.first("content-disposition"), "filename") or parameter(part.first("content-type"), "name")
    return given[:NAME_LENGTH]


def text_of(part: Part) -> str:
    """A leaf's text, at most 100,000 characters (500,000 of HTML)."""
    length = HTML_LENGTH if is_markup(part) else TEXT_LENGTH
    data = _transferred(part, length * _BYTES_A_CHARACTER)[: length * 4]
    charset = words(parameters(part.first("content-type")).get("charset", ""))
    if not charset and is_markup(part):
        charset = _meta_charset(data)
    return decode(data, charset)[:length]


def attachment(part: Part) -> Attachment:
    """A part that is only named."""
    nameless = "attached message.eml" if part.media_type == "message/rfc822" else UNNAMED
    return Attachment(name_of(part) or nameless, part.media_type, len(part.body))


def _disposition(part: Part) -> str:
    return _first_token(part.first("content-disposition"))


def _first_token(value: str) -> str:
    """What a structured header says before its parameters and comments, in lower case."""
    return re.split(r"[;(\s]", value.strip(), maxsplit=1)[0].lower().strip("\"'")


def _transferred(part: Part, most: int) -> bytes:
    """A leaf's bytes, from at most `most` bytes of its transfer encoding (RFC 2045 section 6)."""
    data = octets(part.body[:most])
    encoding = _first_token(part.first("content-transfer-encoding"))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding == "base64" and _is_base64(data):
        return from_base64(data)
    return data


def _is_base64(data: bytes) -> bool:
    """False for plain words under a wrong label: base64 has no spaces inside its lines."""
    return data.count(b" ") * 20 <= len(data)


def _meta_charset(data: bytes) -> str:
    found = _META.search(data[:_META_WITHIN].decode("ascii", "replace"))
    return found[1] if found else ""

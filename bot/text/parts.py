"""The tree of a mail's parts (RFC 2045, 2046), bounded in number and depth.

Nothing is copied: a part is a place in the mail's bytes. Delimiter lines are looked for as bytes, the outer before
the inner, so that an inner part ends where an outer one does and each level is one search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from bot.text.fields import Fields, read_fields
from bot.text.headers import octets, parameter_in, parameters

MOST_PARTS = 200
DEEPEST = 10
NAME_LENGTH = 200
PLAIN = "text/plain"
_SHORT = 200  # characters
_NONE: Mapping[str, str] = MappingProxyType({})
_LONGEST_BOUNDARY = 300  # RFC 2046 section 5.1.1 allows 70
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")
_TOKEN_END = re.compile(r"[;(\s]")
_BEFORE_THE_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*+")
_LINE_END = re.compile(rb"\r\n?")
_DELIMITER_END = re.compile(rb"(--)?[ \t\r]*+(?:\n|\Z)")


class Part:
    """A part of a mail, or the mail itself: header fields and the place of its body, `raw[start:end]`."""

    def __init__(self, raw: bytes, fields: Fields, start: int, end: int, default: str = PLAIN, depth: int = 0) -> None:
        """`default`: the type of a part that states none (RFC 2046 section 5.1.5)."""
        self.raw, self.start, self.end, self.depth = raw, start, end, depth
        self.children: list[Part] = []
        self._fields = fields
        # `type/subtype` in lower case, text/plain for what is none (RFC 2045 section 5.2), and raw parameters
        self.media_type, self.type_parameters = default, _NONE
        if stated := self.first("content-type"):
            self.media_type, self.type_parameters = _content_type(stated)

    def every(self, name: str) -> list[str]:
        """All values of a header, raw, in their order. `name` in lower case."""
        return self._fields.get(name, [])

    def first(self, name: str) -> str:
        """The first value of a header, raw; "" if it is not there."""
        values = self._fields.get(name)
        return values[0] if values else ""

    @property
    def disposition(self) -> str:
        """How it wants to be shown, "inline" or "attachment" (RFC 2183); "" if it does not say."""
        return first_token(self.first("content-disposition"))

    @property
    def name(self) -> str:
        """The file name that it gives itself, "" if none."""
        stated = self.first("content-disposition")
        given = parameter_in(parameters(stated), "filename") if stated else ""
        return (given or parameter_in(self.type_parameters, "name"))[:NAME_LENGTH]

    @property
    def boundary(self) -> bytes:
        """What its delimiter lines say after the two hyphens; b"" if it is not taken apart."""
        if self.depth >= DEEPEST or not self.media_type.startswith("multipart/"):
            return b""
        stated = self.type_parameters.get("boundary") or parameter_in(self.type_parameters, "boundary")
        stated = stated.replace("\r", "").replace("\n", "").rstrip()
        return octets(stated) if len(stated) <= _LONGEST_BOUNDARY else b""

    @property
    def leaves(self) -> list[Part]:
        """The parts that hold something, in their order; itself if it was not taken apart."""
        if not self.children:
            return [self]
        return [leaf for child in self.children for leaf in child.leaves]


def parse(raw: bytes) -> Part:
    """The tree of a mail. Blank lines and a byte order mark before the first header are forgiven."""
    raw = _with_line_feeds(raw)
    begin = _BEFORE_THE_HEADER.match(raw)
    return _part(raw, begin.end() if begin else 0, len(raw), PLAIN, 0, iter(range(MOST_PARTS - 1)))


def first_token(value: str) -> str:
    """What a structured header says before its parameters and comments, in lower case."""
    return _TOKEN_END.split(value.strip(), maxsplit=1)[0].lower().strip("\"'")


def _content_type(value: str) -> tuple[str, Mapping[str, str]]:
    """Media type and raw parameters by lower-case name. Short values are remembered, for most mail has the same."""
    return _remembered(value) if len(value) <= _SHORT else _read_content_type(value)


def _read_content_type(value: str) -> tuple[str, Mapping[str, str]]:
    bare = first_token(value)
    return bare if _TYPE.fullmatch(bare) else PLAIN, MappingProxyType(parameters(value))


_remembered = lru_cache(maxsize=512)(_read_content_type)


def _part(raw: bytes, start: int, end: int, default: str, depth: int, room: Iterator[int]) -> Part:
    """The part at raw[start:end] with those inside it, as long as there is room. Attached messages stay shut."""
    fields, body = read_fields(raw, start, end)
    part = Part(raw, fields, body, end, default, depth)
    if boundary := part.boundary:
        inner = "message/rfc822" if part.media_type == "multipart/digest" else PLAIN
        for at, until in _between_delimiters(raw, body, end, b"\n--" + boundary):
            if next(room, None) is None:
                break
            part.children.append(_part(raw, at, until, inner, depth + 1, room))
    return part


def _between_delimiters(raw: bytes, start: int, end: int, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts of a multipart lie (RFC 2046 section 5.1.1). What follows an end and is a part is one too."""
    opened = -1
    at = raw.find(delimiter, start - 1, end)  # the line end before a delimiter is part of it
    while at >= 0:
        tail = _DELIMITER_END.match(raw, at + len(delimiter), end)
        if not tail:
            at = raw.find(delimiter, at + 1, end)
            continue
        if 0 <= opened <= at:
            yield opened, at - (at > opened and raw[at - 1] == 0x0D)
        opened = -1 if tail[1] else tail.end()
        at = raw.find(delimiter, tail.end() - 1, end)
    if opened >= 0:
        yield opened, end


def _with_line_feeds(raw: bytes) -> bytes:
    """The same bytes, unless their lines end in CR alone."""
    line_feed = raw.find(b"\n")
    first = raw[:line_feed].rstrip(b"\r") if line_feed >= 0 else raw
    if b"\r\r" in first or (line_feed < 0 and b"\r" in raw):
        return _LINE_END.sub(b"\n", raw)
    return raw

"""A header block into its fields (RFC 5322 section 2.2, with the obsolete space before the colon of section 4.5.8).

Lines end in LF, with or without CR before it; a CR elsewhere is no line end, so that it smuggles no field in. Values
stay raw: ASCII with a lone surrogate for each other byte (PEP 383), folds included.
"""

from __future__ import annotations

import re

Fields = dict[str, list[str]]  # lower-case name: its values in their order

_BLANK_LINE = re.compile(rb"\n\r*+\n")
_EMPTY_LINE = re.compile(rb"\r*+\n")
_FIELD = re.compile(r"([!-9;-~]++)[ \t]*+:[ \t]*+([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?|([^\n]++)\n?|\n")
# Nobody writes lines like these into a letter: where one follows, what stands before it is no letter yet.
_ONLY_IN_HEADERS = frozenset({
    "content-type", "content-transfer-encoding", "content-disposition", "mime-version", "message-id", "received",
    "return-path", "delivered-to", "dkim-signature", "authentication-results",
})  # fmt: skip


def read_fields(raw: bytes, start: int, end: int) -> tuple[Fields, int]:
    """The fields of the part that lies at raw[start:end], and where its body begins.

    A body may begin without a blank line before it; a line that is no field is skipped only among the header's own.
    """
    if empty := _EMPTY_LINE.match(raw, start, end):
        return {}, empty.end()
    blank = _BLANK_LINE.search(raw, start, end)
    until, body = (blank.start(), blank.end()) if blank else (end, end)
    block = raw[start:until].decode("ascii", "surrogateescape")
    fields: Fields = {}
    for name, value, stray in _FIELD.findall(block.replace("\r\n", "\n")):
        if stray:
            found, length = _without_strays(block)
            return found, body if length == len(block) else start + length
        if name:
            _add(fields, name, value)
    return fields, body


def _add(fields: Fields, name: str, value: str) -> None:
    key = name.lower()
    if key in fields:
        fields[key].append(value)
    else:
        fields[key] = [value]


def _without_strays(block: str) -> tuple[Fields, int]:
    """The fields of a block with lines that are none, and its length: up to where such lines are the letter itself."""
    found: list[tuple[str, str]] = []
    stray: tuple[int, int] | None = None  # the first of them: after how many fields, and where
    for match in _FIELD.finditer(block):
        if match[1]:
            found.append((match[1], match[2].rstrip("\r")))
            if stray and match[1].lower() in _ONLY_IN_HEADERS:
                stray = None
        elif match[3] and match[3].startswith("--"):  # a delimiter: the blank line before the first part is missing
            stray = stray or (len(found), match.start())
            break
        elif match[3] and not stray and (match.start() or not match[3].startswith("From ")):  # an mbox begins with it
            stray = len(found), match.start()
    kept, length = stray or (len(found), len(block))
    fields: Fields = {}
    for name, value in found[:kept]:
        _add(fields, name, value)
    return fields, length if fields else 0

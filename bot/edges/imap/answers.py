"""What servers answer to FETCH (RFC 3501 section 7.4.2), for the few things that amends asks for.

imaplib has cut the literals out; what is left is one line a message. Walking such lines byte by byte, as a general
parser must, takes longer than everything else about reading a mail.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from bot.edges.imap import structure

_UID = re.compile(rb"\bUID (\d{1,10})\b")
_LAST_UID = re.compile(rb"\bUID (\d{1,10})\)?\s*$")
_STRUCTURE = b"BODYSTRUCTURE "
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b")
_DATE = re.compile(rb'INTERNALDATE "\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})"')
_BODY = re.compile(rb'\b(BODY\[[^\]]*\](?:<\d+>)?) (?:\{(\d+)\}|"((?:[^"\\]|\\.)*)"|NIL)')
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched of one message. `bodies`: what each section holds, by its name without the <0> of a part.

    `size` in bytes (RFC822.SIZE), 0 if unknown; `received` (UTC) is INTERNALDATE, None if there is none; `structure`
    is BODYSTRUCTURE as nested by `structure.parse`, None if it was not asked for.
    """

    uid: int
    size: int
    received: datetime | None
    bodies: dict[bytes, bytes]
    structure: Any = None


def fetched(data: Sequence[Any]) -> dict[int, Fetched]:
    """By UID. Answers without a UID (another client changed a flag) say nothing of what was asked, and are left out."""
    found: dict[int, Fetched] = {}
    line, literals = b"", list[bytes]()
    for piece in data:
        if isinstance(piece, tuple):
            line += piece[0]
            literals.append(piece[1])
            continue
        if piece is not None and (one := _one(line + piece, literals)):
            earlier = found.get(one.uid)
            found[one.uid] = _merged(earlier, one) if earlier else one
        line, literals = b"", []
    return found


def _one(line: bytes, literals: list[bytes]) -> Fetched | None:
    if _STRUCTURE in line:
        return _structured(line, literals)
    bodies: dict[bytes, bytes] = {}
    rest = iter(literals)
    bare = line
    for match in _BODY.finditer(line):
        name = match[1].partition(b"<")[0].upper()
        if match[2] is not None:
            bodies.setdefault(name, next(rest, b""))
        elif match[3] is not None:
            bodies.setdefault(name, _ESCAPED.sub(rb"\1", match[3]))
            bare = bare.replace(match[0], b"")  # its words must not be taken for the server's
    uid = _UID.search(bare)
    if uid is None:
        return None
    size = _SIZE.search(bare)
    return Fetched(int(uid[1]), int(size[1]) if size else 0, _received(bare), bodies)


def _structured(line: bytes, literals: list[bytes]) -> Fetched | None:
    """BODYSTRUCTURE is asked for by itself. It holds a stranger's words, so the UID is looked for outside of it."""
    before, _, after = line.partition(_STRUCTURE)
    uid = _UID.search(before) or _LAST_UID.search(after)
    return Fetched(int(uid[1]), 0, None, {}, structure.parse(after, literals)) if uid else None


def _merged(one: Fetched, other: Fetched) -> Fetched:
    """A server may answer in two lines."""
    bodies, nested = other.bodies | one.bodies, one.structure if one.structure is not None else other.structure
    return Fetched(one.uid, one.size or other.size, one.received or other.received, bodies, nested)


def _received(line: bytes) -> datetime | None:
    match = _DATE.search(line)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(offset if match[7] == b"+" else -offset)
        moment = datetime(int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]), tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

"""BODYSTRUCTURE (RFC 3501 section 7.4.2): which parts of a mail are text, which are attachments.

imapclient reads these too, byte by byte; for one mail in ten of a history that took as long as fetching the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from bot.domain.message import Attachment
from bot.text.headers import parameter

_MOST_PARTS = 200
_DEEPEST = 10
_LONGEST_NAME = 200
_READABLE = frozenset({"text/plain", "text/html"})


# a bracket, a quoted string, the place of a literal that imaplib has cut out, or an atom
_TOKEN = re.compile(rb'([()])|"((?:[^"\\]|\\.)*)"|\{(\d{1,10})\}|([^\s()"{]+)')
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_MOST_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that holds something. `section` is its number, `size` its bytes as encoded."""

    section: str
    media_type: str
    name: str
    is_attached: bool
    size: int


def parse(text: bytes, literals: Sequence[bytes] = ()) -> Any:
    """The first bracketed list of `text` as nested tuples: bytes, numbers, None for NIL; () if there is none.

    `literals` are what stood in the places of `{17}`, in their order. A multipart begins with the list of its parts.
    """
    rest = iter(literals)
    stack: list[list[Any]] = [[]]
    for number, match in enumerate(_TOKEN.finditer(text)):
        if match[1] == b"(":
            stack.append([])
        elif match[1] == b")":
            done = _nested(stack.pop())
            if len(stack) <= 1:
                return done
            stack[-1].append(done)
        else:
            stack[-1].append(next(rest, b"") if match[3] is not None else _value(match))
        if number > _MOST_TOKENS or len(stack) > _DEEPEST * 4:
            break
    return ()


def _nested(items: list[Any]) -> tuple[Any, ...]:
    """The parts of a multipart, which stand at its beginning, as one list."""
    parts = list(takewhile(lambda item: isinstance(item, tuple), items))
    return (parts, *items[len(parts) :]) if parts else tuple(items)


def _value(match: re.Match[bytes]) -> Any:
    if match[2] is not None:
        return _ESCAPED.sub(rb"\1", match[2])
    atom = match[4]
    return None if atom.upper() == b"NIL" else int(atom) if atom.isdigit() and len(atom) < 16 else atom


def leaves(structure: Any) -> list[Leaf]:
    """The leaves in their order, at most 200; none if the structure makes no sense."""
    found: list[Leaf] = []
    for leaf in _walk(structure, "", 0):
        found.append(leaf)
        if len(found) == _MOST_PARTS:
            break
    return found


def texts(found: list[Leaf]) -> list[Leaf]:
    """What is to be read: the first plain text and the first HTML that are not attachments."""
    readable = [leaf for leaf in found if leaf.media_type in _READABLE and not leaf.is_attached]
    first = {leaf.media_type: leaf for leaf in reversed(readable)}
    return sorted(first.values(), key=readable.index)


def attachments(found: list[Leaf]) -> tuple[Attachment, ...]:
    """Everything else."""
    read = texts(found)
    return tuple(Attachment(leaf.name, leaf.media_type, leaf.size) for leaf in found if leaf not in read)


def _walk(part: Any, section: str, depth: int) -> Iterator[Leaf]:
    if not isinstance(part, tuple) or not part:
        return
    if not isinstance(part[0], list):
        yield _leaf(part, section or "1")
    elif depth < _DEEPEST:
        for number, child in enumerate(part[0], 1):
            yield from _walk(child, f"{section}.{number}" if section else str(number), depth + 1)


def _leaf(part: tuple[Any, ...], section: str) -> Leaf:
    media_type = f"{_word(part, 0)}/{_word(part, 1)}"
    disposition = next((one for one in part[7:] if _is_disposition(one)), (b"", None))
    kind = _lower(disposition[0])
    name = parameter(_header(disposition[1]), "filename") or parameter(_header(_at(part, 2)), "name")
    default = "attached message.eml" if media_type == "message/rfc822" else "unnamed"
    size = found if isinstance(found := _at(part, 6), int) else 0
    return Leaf(section, media_type, name[:_LONGEST_NAME] or default, kind == "attachment", size)


def _is_disposition(one: Any) -> bool:
    return isinstance(one, tuple) and len(one) == 2 and _lower(one[0]) in ("attachment", "inline")


def _header(pairs: Any) -> str:
    """A flat list of parameter names and values as the header that it was made from."""
    if not isinstance(pairs, tuple):
        return ""
    told = zip(pairs[::2], pairs[1::2], strict=False)
    return "x" + "".join(f'; {_lower(name)}="{_escaped(value)}"' for name, value in told if isinstance(value, bytes))


def _escaped(value: bytes) -> str:
    return value.decode("ascii", "surrogateescape").replace("\\", "\\\\").replace('"', '\\"')


def _word(part: tuple[Any, ...], index: int) -> str:
    return _lower(_at(part, index))


def _at(part: tuple[Any, ...], index: int) -> Any:
    return part[index] if len(part) > index else None


def _lower(value: Any) -> str:
    return value.decode("ascii", "replace").lower() if isinstance(value, bytes) else ""

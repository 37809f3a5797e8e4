"""Header fields into words, parameters, ids and moments.

A raw header value is a string of ASCII and lone surrogates, one for each byte beyond ASCII (PEP 383), folds included.
None of the standard library's header functions is used on it: some are quadratic, some recurse as deep as a sender
likes, some raise.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from bot.text.charsets import decode

ID_LENGTH = 500
_LONGEST_FIELD = 100_000
_LONGEST_WORDS = 10_000
_LONGEST_DATE = 100
_YEARS = range(1990, 2101)
_MOST_PARAMETERS = 100

_FOLD = re.compile(rb"\r\n|\r|\n")
# RFC 2047 section 2: =?charset?encoding?text?= where RFC 2231 section 5 lets charset end in "*language".
_ENCODED_WORD = re.compile(rb"=\?([^?\s]{1,80})\?([BbQq])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,2}))?(\*)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BASE64_END = re.compile(rb"=+")
_BASE64 = string.ascii_letters.encode() + string.digits.encode() + b"+/="
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_ID = re.compile(r"<([^<>]*)>")


def octets(value: str) -> bytes:
    """The bytes of a raw header value or payload as they came."""
    return value.encode("ascii", "surrogateescape")


def words(value: str) -> str:
    """The text of an unstructured header (RFC 2047), unfolded, each run of whitespace one space."""
    value = value[:_LONGEST_WORDS]
    if "=?" not in value and (plain := _plain(value)) is not None:
        return plain
    raw = _FOLD.sub(b" ", octets(value))
    pieces: list[tuple[str, bytes]] = []  # a charset ("" for what stands between encoded words) and its bytes
    end = 0
    for match in _ENCODED_WORD.finditer(raw):
        charset = match[1].decode("ascii", "replace").partition("*")[0].lower()
        _append(pieces, "", raw[end : match.start()])
        _append(pieces, charset, _encoded_bytes(match[2], match[3]))
        end = match.end()
    _append(pieces, "", raw[end:])
    return " ".join("".join(decode(data, charset) for charset, data in pieces).split())


def _plain(value: str) -> str | None:
    """The value unfolded if it is ASCII without control characters, as most are; else None."""
    plain = " ".join(value.split())
    return plain if plain.isascii() and plain.isprintable() else None


def _append(pieces: list[tuple[str, bytes]], charset: str, data: bytes) -> None:
    """Adjoining words of one charset are one text: some senders cut a letter of several bytes in two."""
    if not charset and not data.strip():
        data = b"" if pieces else data  # whitespace between two encoded words is not shown, RFC 2047 section 6.2
    if pieces and pieces[-1][0] == charset:
        data = pieces.pop()[1] + data
    if data:
        pieces.append((charset, data))


def _encoded_bytes(encoding: bytes, data: bytes) -> bytes:
    return from_base64(data) if encoding in b"Bb" else binascii.a2b_qp(data, header=True)


def from_base64(data: bytes) -> bytes:
    """What base64 holds, read as far as it can be: foreign bytes skipped, a cut tail dropped, padding optional."""
    compact = data.translate(None, b"\r\n")
    if not len(compact) % 4 and not compact.translate(None, _BASE64) and b"=" not in compact[:-2]:
        with suppress(binascii.Error):  # its last but one is the only "="
            return binascii.a2b_base64(compact)
    runs = _BASE64_END.split(_NOT_BASE64.sub(b"", data))
    usable = (run[:-1] if len(run) % 4 == 1 else run for run in runs)
    return b"".join(base64.b64decode(run + b"=" * (-len(run) % 4)) for run in usable)


def parameters(value: str) -> dict[str, str]:
    """The parameters of a structured header as raw values by lower-case name; the first of a name wins."""
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value[:_LONGEST_FIELD]):
        if len(found) == _MOST_PARAMETERS:
            break
        text = match[2].strip()
        if text.startswith('"') and text.endswith('"') and len(text) > 1:
            text = _ESCAPED.sub(r"\1", text[1:-1])
        found.setdefault(match[1].lower(), text.strip('"'))
    return found


def parameter(value: str, name: str) -> str:
    """One parameter of a structured header, decoded."""
    return parameter_in(parameters(value), name)


def parameter_in(found: Mapping[str, str], name: str) -> str:
    """One of these parameters decoded: RFC 2231 (sections, charset'language'text), RFC 2047, or bytes as they are."""
    if name in found:
        return words(found[name])
    sections = sorted(_sections(found, name)) if any("*" in key for key in found) else []
    if not sections:
        return ""
    charset, pieces = "", []
    for number, encoded, text in sections:
        if encoded and number == 0 and text.count("'") > 1:
            charset, _, text = text.split("'", 2)
        pieces.append(unquote_to_bytes(octets(text)) if encoded else octets(text))
    return " ".join(decode(b"".join(pieces), charset).split())


def _sections(found: Mapping[str, str], name: str) -> list[tuple[int, bool, str]]:
    """The sections `name*`, `name*0*`, `name*1`, … as (number, percent-encoded?, raw text)."""
    rows = []
    for key, text in found.items():
        match = _SECTION.fullmatch(key)
        if match and match[1] == name:
            rows.append((int(match[2] or 0), bool(match[3]), text))
    return rows


def ids(value: str) -> tuple[str, ...]:
    """All message ids in a header as `<...>`, in its order; without any brackets, all tokens with an @."""
    value = value[-_LONGEST_FIELD:]
    plain = _plain(value)
    if plain is None:
        plain = decode(_FOLD.sub(b"", octets(value)))
    inner = _ID.findall(plain) or [token.strip("<>") for token in plain.split() if "@" in token]
    bare = ("".join(one.split())[: ID_LENGTH - 2] for one in inner)
    return tuple(f"<{one}>" for one in bare if one)


def moment(value: str) -> datetime | None:
    """A Date header (RFC 5322 section 3.3) in UTC; None if it is no date or lies outside 1990 to 2100."""
    try:
        said = parsedate_to_datetime(words(value)[:_LONGEST_DATE])
        at = said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.year in _YEARS else None

"""Whether a server that we trust says that a mail is from whom its From line names (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.text.parts import Part
from bot.text.persons import mailboxes

FIELD = "authentication-results"
_LONGEST = 20_000
_PIECE = re.compile(r'\\.|["()]|[^"()\\]+|\\', re.DOTALL)
_JOINTS = re.compile(r"\s*([=./])\s*")
_VERSION = re.compile(r"[/\d]+")
_MARKS = re.compile(r"[\x00-\x1f]+")
_QUOTED = re.compile(r"\x01(\d+)\x01")


def is_authenticated(mail: Part, authenticators: Collection[str]) -> bool:
    """Whether DMARC, or DKIM with the very domain of the From line, passed at one of these servers.

    Only the topmost field of such a server counts: whoever sent the mail may have put others below it (section 5). A
    mail with several From addresses proves nothing, for servers choose among them differently.
    """
    domain = _from_domain(mail)
    if not domain or not authenticators:
        return False
    trusted = {name.lower() for name in authenticators}
    for value in mail.every(FIELD):
        server, results = _results(value)
        if server in trusted:
            return any(_proves(result, domain) for result in results)
    return False


def _from_domain(mail: Part) -> str:
    """The domain of the only From address; "" if there are none or several."""
    stated = mail.every("from")
    people = mailboxes(stated[0]) if len(stated) == 1 else []
    return people[0].address.rpartition("@")[2] if len(people) == 1 else ""


def _results(value: str) -> tuple[str, list[list[tuple[str, str]]]]:
    """(authserv-id, for each result its method=value and then its properties, all in lower case)."""
    text, quoted = _bare(value[:_LONGEST])
    head, *statements = text.split(";")
    server, *version = head.split() or [""]
    if version and not _VERSION.fullmatch("".join(version)):
        return "", []
    return _unquoted(server, quoted), [_pairs(statement, quoted) for statement in statements]


def _bare(value: str) -> tuple[str, list[str]]:
    """A header value without comments, with \\x01number\\x01 for each quoted string, and those."""
    kept: list[str] = []
    quoted: list[str] = []
    depth, inside = 0, False
    for piece in _PIECE.findall(_MARKS.sub(" ", value)):
        if inside and piece == '"':
            kept.append(f"\x01{len(quoted) - 1}\x01")
            inside = False
        elif inside:
            quoted[-1] += piece.removeprefix("\\")
        elif piece in "()" or depth:
            depth = max(0, depth + {"(": 1, ")": -1}.get(piece, 0))
            kept.append(" ")
        elif piece == '"':
            inside = True
            quoted.append("")
        else:
            kept.append(piece)
    return "".join(kept), quoted


def _pairs(statement: str, quoted: list[str]) -> list[tuple[str, str]]:
    """`dmarc=pass header.from=example.com` as pairs; a method without its version (section 2.2)."""
    tokens = _JOINTS.sub(r"\1", statement.lower()).split()
    cut = [token.partition("=") for token in tokens]
    return [(name.partition("/")[0], _unquoted(value, quoted)) for name, equals, value in cut if equals]


def _unquoted(token: str, quoted: list[str]) -> str:
    return _QUOTED.sub(lambda mark: quoted[int(mark[1])], token).lower()


def _proves(result: list[tuple[str, str]], domain: str) -> bool:
    """Whether one result (its method first) vouches for this domain, and names no other."""
    if not result or result[0] not in (("dmarc", "pass"), ("dkim", "pass")):
        return False
    names = ("header.from",) if result[0][0] == "dmarc" else ("header.d", "header.i")
    return {value.rpartition("@")[2] for name, value in result[1:] if name in names} == {domain}

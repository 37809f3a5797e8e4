"""Address headers into persons (RFC 5322 section 3.4), in one pass and without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.domain.house import House
from bot.domain.message import Person
from bot.text.headers import words

UNKNOWN = "unknown"
NAME_LENGTH = 200
_LONGEST_FIELD = 50_000
_LONGEST_ADDRESS = 320  # RFC 3696 with its errata: 64 before the @, 255 behind it
_MOST_RECIPIENTS = 50

# An encoded word (RFC 2047) is one piece whatever is in it, then: an escape, a delimiter, anything else.
_PIECE = re.compile(r'=\?[^?\s]{1,80}\?[BbQq]\?[^?]*\?=|\\.|["(),:;<>]|[^\\"(),:;<>=]+|[\\=]', re.DOTALL)
# `Gwen Frost <gwen@example.com>`, as most are; whatever is harder to read is read by the rules.
_SIMPLE = re.compile(
    r"""[ ]?(?:"([ !#-<>-Z^-~]{0,200})"|([A-Za-z0-9 '.-]{0,200}))[ ]?"""
    r"""<([A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,200})>[ ]?"""
)
_LEAVES_NO_ADDRESS = re.compile(r'[\s<>"(),:;\[\]]+')


class _Reader:
    """Cuts a header into mailboxes: commas inside quotes, comments and angle brackets do not count."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, str]] = []  # words outside, inside <>, inside ()
        self.quoted = False
        self.comment = 0
        self.angle = False
        self._texts: dict[str, list[str]] = {"plain": [], "angle": [], "comment": []}

    def take(self, piece: str) -> None:
        """Move on by one piece."""
        if self.quoted:
            self._in_quotes(piece)
        elif piece == '"' and not self.comment:
            self.quoted = True
        elif piece in "()" or self.comment:
            self._in_comment(piece)
        elif piece in "<>":
            self.angle = piece == "<" and not self._texts["angle"]  # the first address is the one
        elif piece in ",;":
            self.end()
        elif piece == ":" and not self.angle:
            self._texts["plain"].clear()  # the name of a group
        else:
            self._keep(piece)

    def end(self) -> None:
        """A mailbox is complete."""
        plain, angle, comment = ("".join(self._texts[kind]).strip() for kind in ("plain", "angle", "comment"))
        if plain or angle:
            self.done.append((plain, angle, comment))
        for texts in self._texts.values():
            texts.clear()
        self.angle, self.comment = False, 0

    def _in_quotes(self, piece: str) -> None:
        if piece == '"':
            self.quoted = False
        else:
            self._keep(piece.removeprefix("\\"))

    def _in_comment(self, piece: str) -> None:
        self.comment = max(0, self.comment + {"(": 1, ")": -1}.get(piece, 0))
        if piece not in "()":
            self._texts["comment"].append(piece)

    def _keep(self, piece: str) -> None:
        self._texts["angle" if self.angle else "plain"].append(piece)


def mailboxes(value: str) -> list[Person]:
    """The people of an address header, in order; those without a usable address are left out."""
    return [person for person in _read(value) if person.address != UNKNOWN]


def sender(value: str) -> Person:
    """Who a From header names: its first person with an address, else "unknown" with whatever name there is."""
    people = _read(value)
    addressed = [person for person in people if person.address != UNKNOWN]
    if addressed:
        return addressed[0]
    found = _anywhere(value)
    return Person(found) if found else people[0] if people else Person(UNKNOWN)


def behind_a_form(value: str, house: House) -> Person | None:
    """Who filled in a web form of ours: the first person in Reply-To that is not us; None if there is none."""
    strangers = (one for one in mailboxes(value) if one.address not in house.addresses | house.forms)
    return next(strangers, None)


def recipients(values: Iterable[str]) -> tuple[str, ...]:
    """The addresses of all these headers, each once, at most 50."""
    found: dict[str, None] = {}
    for value in values:
        found.update((person.address, None) for person in mailboxes(value))
        if len(found) >= _MOST_RECIPIENTS:
            break
    return tuple(found)[:_MOST_RECIPIENTS]


def _read(value: str) -> list[Person]:
    if simple := _SIMPLE.fullmatch(value):
        address = simple[3].lower()
        name = " ".join((simple[1] or simple[2] or "").split())[:NAME_LENGTH]
        return [Person(address, "" if name.lower() == address else name)]
    reader = _Reader()
    for piece in _PIECE.findall(value[:_LONGEST_FIELD]):
        reader.take(piece)
    reader.end()
    return [_person(*mailbox) for mailbox in reader.done]


def _person(plain: str, angle: str, comment: str) -> Person:
    address = _address(words(angle or plain))
    name = words(plain if angle or not address else comment)[:NAME_LENGTH]
    return Person(address or UNKNOWN, "" if name.lower() == address else name)


def _address(text: str) -> str:
    """`text` as an address in lower case, or "" if it is none."""
    text = text.lower().removeprefix("mailto:").strip("'\" ")
    local, _, domain = text.rpartition("@")
    usable = local and domain and " " not in text and len(text) <= _LONGEST_ADDRESS
    return text if usable else ""


def _anywhere(value: str) -> str:
    """The first thing that looks like an address in a header whose quotes or brackets are broken."""
    tokens = _LEAVES_NO_ADDRESS.split(words(value))
    return next((found for token in tokens if (found := _address(token))), "")

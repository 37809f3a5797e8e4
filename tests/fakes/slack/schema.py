"""Checks of JSON, put together from small ones, which say what is wrong in the words and places that Slack uses.

heading = shape(type=exactly("header"), text=text(150, "plain_text"))
list(heading({"type": "header"}, "/blocks/0"))  # -> a Problem: missing required field: text
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """What is wrong, and where: a JSON pointer (RFC 6901) from the root of the arguments."""

    pointer: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} [json-pointer:{self.pointer}]"


Check = Callable[[Any, str], Iterator[Problem]]


def anything(value: Any, at: str) -> Iterator[Problem]:
    """For what is not looked into."""
    yield from ()


def string(longest: int, shortest: int = 0, pattern: str = "") -> Check:
    """Lengths are in characters, both ends included; `pattern` has to match all of it."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(at, "must provide a string")
        elif len(value) > longest:
            yield Problem(at, f"must be less than {longest + 1} characters")
        elif len(value) < shortest:
            yield Problem(at, f"must be more than {shortest - 1} characters")
        elif pattern and not re.fullmatch(pattern, value):
            yield Problem(at, f"does not match the pattern {pattern}")

    return check


def boolean(value: Any, at: str) -> Iterator[Problem]:
    """True or false, not a word for it."""
    if not isinstance(value, bool):
        yield Problem(at, "must provide a boolean")


def integer(least: int, most: int) -> Check:
    """Both ends included."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(at, "must provide an integer")
        elif not least <= value <= most:
            yield Problem(at, f"must be between {least} and {most}")

    return check


def exactly(*allowed: str) -> Check:
    """One of these words."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(at, f"value is not one of: {', '.join(allowed)}")

    return check


def items(each: Check, least: int, most: int) -> Check:
    """A list of so many."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(at, "must provide an array")
            return
        if len(value) > most:
            yield Problem(at, f"no more than {most} items allowed")
        if len(value) < least:
            yield Problem(at, f"must have at least {least} items")
        for position, one in enumerate(value):
            yield from each(one, f"{at}/{position}")

    return check


def shape(**fields: Check) -> Check:
    """An object with these fields; a name that ends in `_` may be left out. Slack refuses others."""
    known = {name.removesuffix("_"): check for name, check in fields.items()}
    required = [name for name in fields if not name.endswith("_")]

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must provide an object")
            return
        yield from (Problem(at, f"missing required field: {name}") for name in required if name not in value)
        for name, one in value.items():
            if name in known:
                yield from known[name](one, f"{at}/{name}")
            else:
                yield Problem(at, f"invalid additional property: {name}")

    return check


def by_type(**kinds: Check) -> Check:
    """An object whose `type` says which check it has to pass."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must provide an object")
        elif "type" not in value:
            yield Problem(at, "missing required field: type")
        elif value["type"] not in kinds:
            yield Problem(f"{at}/type", f"unsupported type: {value['type']}")
        else:
            yield from kinds[value["type"]](value, at)

    return check


def both(*checks: Check) -> Check:
    """All of them, in this order."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        for one in checks:
            yield from one(value, at)

    return check


def exactly_one_of(*names: str) -> Check:
    """An object with one of these fields, not with two."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        given = [name for name in names if isinstance(value, dict) and value.get(name) is not None]
        if not given:
            yield Problem(at, f"missing required field: {names[0]}")
        elif len(given) > 1:
            yield Problem(at, f"only one of these fields is allowed: {', '.join(given)}")

    return check


def text(longest: int, *kinds: str) -> Check:
    """A text object that is not empty. Slack knows `emoji` in plain_text only, and `verbatim` in mrkdwn only."""
    words = string(longest, 1)
    plain = shape(type=anything, text=words, emoji_=boolean)
    marked = shape(type=anything, text=words, verbatim_=boolean)
    known = {"plain_text": plain, "mrkdwn": marked}
    inner = by_type(**{kind: known[kind] for kind in kinds or known})

    def check(value: Any, at: str) -> Iterator[Problem]:
        if problems := list(inner(value, at)):
            yield Problem(at, "failed to match all allowed schemas")
            yield from problems

    return check

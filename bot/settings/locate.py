"""On which line of a TOML file a setting stands. tomllib gives values, not places, and no library gives both."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_NAME = rf"({_PART}(?:\s*\.\s*{_PART})*)"
_PARTS = re.compile(_PART)
_TABLE = re.compile(rf"^\s*\[\s*{_NAME}\s*\]\s*(?:#.*)?$")
_ARRAY_TABLE = re.compile(rf"^\s*\[\[\s*{_NAME}\s*\]\]\s*(?:#.*)?$")
_KEY = re.compile(rf"^\s*{_NAME}\s*=")
_TOKEN = re.compile(r'"""|' + r"'''|" + r'"(?:[^"\\]|\\.)*"' + r"|'[^']*'|#.*|[\[\]{}]")
_LONG_QUOTES = ('"""', "'''")


def lines(text: str) -> dict[Path, int]:
    """The line (1 = first) of every table and key, by path; entries of arrays of tables are counted from 0."""
    found: dict[Path, int] = {(): 1}
    newest: dict[Path, int] = {}  # the entry that an array of tables is at
    here: Path = ()
    depth, quote = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        key = None
        if not depth and not quote:
            here = _heading(line, here, found, newest, number)
            key = _KEY.match(line)
            if key:
                found.setdefault((*here, *_names(key[1])), number)
        if key or depth or quote:
            depth, quote = _inside(line[key.end() :] if key else line, depth, quote)
    return found


def _heading(line: str, here: Path, found: dict[Path, int], newest: dict[Path, int], number: int) -> Path:
    if match := _ARRAY_TABLE.match(line):
        names = _names(match[1])
        array = (*_resolved(names[:-1], newest), names[-1])
        newest[array] = newest.get(array, -1) + 1
        here = (*array, newest[array])
        found.setdefault(array, number)
    elif match := _TABLE.match(line):
        here = _resolved(_names(match[1]), newest)
    else:
        return here
    found.setdefault(here, number)
    return here


def _resolved(names: Path, newest: dict[Path, int]) -> Path:
    """What a heading means by these names: of an array of tables, the entry that was begun last."""
    path: Path = ()
    for name in names:
        path = (*path, name)
        if path in newest:
            path = (*path, newest[path])
    return path


def _inside(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How deep in brackets, and in which text of several lines, one is at the end of this line."""
    at = 0
    while True:
        if quote:
            at = line.find(quote, at)
            if at < 0:
                return depth, quote
            at, quote = at + len(quote), ""
        token = _TOKEN.search(line, at)
        if token is None:
            return depth, ""
        at = token.end()
        if token[0] in _LONG_QUOTES:
            quote = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth = max(0, depth - 1)


def _names(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PARTS.findall(dotted))


def line_of(path: Path, found: dict[Path, int]) -> int:
    """The line of a path, or of the nearest thing around it that has one."""
    while path and path not in found:
        path = path[:-1]
    return found[path]

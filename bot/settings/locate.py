"""On which line of a TOML file a setting stands. tomllib gives values, not places, and no library gives both."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_TABLE = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_ARRAY_TABLE = re.compile(r"^\s*\[\[\s*([^\[\]]+?)\s*\]\]\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=""")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"' + r"|'[^']*'|#.*$")


def lines(text: str) -> dict[Path, int]:
    """The line (1 = first) of every table and key, by path; entries of arrays of tables are counted from 0."""
    found: dict[Path, int] = {(): 1}
    here: Path = ()
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        if depth == 0:
            here = _heading(line, here, found, number)
            key = _KEY.match(line)
            if key:
                found.setdefault((*here, *_names(key[1])), number)
        bare = _STRING.sub("", line)
        if depth or _KEY.match(line):
            depth = max(0, depth + sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}"))
    return found


def _heading(line: str, here: Path, found: dict[Path, int], number: int) -> Path:
    if match := _ARRAY_TABLE.match(line):
        names = _names(match[1])
        index = sum(1 for path in found if path[:-1] == names and isinstance(path[-1], int)) if names else 0
        here = (*names, index)
        found.setdefault(names, number)
    elif match := _TABLE.match(line):
        here = _names(match[1])
    else:
        return here
    found.setdefault(here, number)
    return here


def _names(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def line_of(path: Path, found: dict[Path, int]) -> int:
    """The line of a path, or of the nearest thing around it that has one."""
    while path and path not in found:
        path = path[:-1]
    return found[path]

"""HTML without a tree: for markup that no mail program writes.

HTML parsers are quadratic in depth (20,000 open divs took lexbor a second, 500,000 characters hold five times as many).
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from html import unescape

from bot.text.charsets import valid

_MOST_TAGS = 25_000
_DEEPEST = 400
_NEVER_CLOSED = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "p", "li",
    "td", "th", "tr", "dd", "dt", "tbody", "thead", "tfoot", "option", "colgroup",
})  # fmt: skip
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})")
_ANY_TAG = re.compile(r"<[^<>]*>")


def is_monstrous(html: str) -> bool:
    """Whether its tree would have too many nodes or open elements."""
    if html.count("<") > _MOST_TAGS:
        return True
    still_open: Counter[str] = Counter()
    depth = 0
    for closing, name in _TAG.findall(html):
        tag = name.lower()
        if tag in _NEVER_CLOSED or (closing and not still_open[tag]):
            continue
        step = -1 if closing else 1
        still_open[tag] += step
        depth += step
        if depth > _DEEPEST:
            return True
    return False


def without_tags(html: str) -> str:
    """The text between the tags, nothing else known about it."""
    text = _ANY_TAG.sub(" ", html)
    with suppress(ValueError):  # a numeric reference of thousands of digits
        text = unescape(text)
    return "\n".join(" ".join(line.split()) for line in valid(text).split("\n")).strip()

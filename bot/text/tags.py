"""HTML before it becomes a tree, because the tree can be far larger than the markup.

Parsers are quadratic in depth (20,000 open divs took lexbor a second; 500,000 characters hold five times as many), and
must repeat unclosed formatting elements in each paragraph (4,000 paragraphs after 400 of them took 590 MB).
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
_FORMATTING = re.compile(
    r"<(/?)(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE | re.ASCII
)
_ANY_TAG = re.compile(r"<[^<>]*>")


def tamed(html: str) -> str:
    """The same markup with spans for formatting elements (HTML standard, section 13.2.4.3), which are not repeated."""
    return _FORMATTING.sub(r"<\1span", html)


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

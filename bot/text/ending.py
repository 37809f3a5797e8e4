"""Where a writer's words end: before the signature, the footer of a telephone, the legal notice."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.text.phrases import FOOTER_HALVES, FOOTER_OPENERS, FOOTER_THINGS, NOTICE_OPENERS, NOTICE_THEMES

_MOST_ENDINGS = 8
_SIGNATURE = frozenset({"--", "-- "})
_LONGEST_SIGNATURE = 12  # lines; RFC 3676 section 4.3 names the delimiter, longer ones are somebody's text
_LONGEST_FOOTER = 12  # words
_LONGEST_NOTICE = 40  # lines
_AFTERTHOUGHTS = ("ps", "p.s", "nb", "n.b", "p. s")
_LINK = re.compile(r"<[^<>]*>|\([^()]*\)|https?://\S+")
_WORD = re.compile(r"[\w.-]*\w")


def length_without_ending(lines: Sequence[str]) -> int:
    """How many of these lines are left without their ending; all of them if nothing would be."""
    length = _trimmed(lines, len(lines))
    for _ in range(_MOST_ENDINGS):
        shorter = _trimmed(lines, min(rule(lines, length) for rule in (_footer, _notice, _signature))) if length else 0
        if shorter == length:
            break
        length = shorter
    return length or len(lines)


def _trimmed(lines: Sequence[str], length: int) -> int:
    while length and not lines[length - 1].strip():
        length -= 1
    return length


def _footer(lines: Sequence[str], length: int) -> int:
    """Without a last line like "Sent from my iPhone"."""
    line = _LINK.sub(" ", lines[length - 1][:500].lower().replace("’", "'")).strip(" *_-[]")
    words = _WORD.findall(line)
    opens = line.startswith(FOOTER_OPENERS) or any(
        line.startswith(start) and end in words for start, end in FOOTER_HALVES
    )
    is_footer = opens and len(words) <= _LONGEST_FOOTER and not FOOTER_THINGS.isdisjoint(words)
    return length - 1 if is_footer else length


def _notice(lines: Sequence[str], length: int) -> int:
    """Without a last paragraph that is a legal notice."""
    start = length
    while start and lines[start - 1].strip() and length - start <= _LONGEST_NOTICE:
        start -= 1
    paragraph = " ".join(lines[start:length])[:5_000].lower().lstrip(" *_-[(=")
    themes = sum(any(word in paragraph for word in theme) for theme in NOTICE_THEMES)
    return start if paragraph.startswith(NOTICE_OPENERS) and themes >= 2 else length


def _signature(lines: Sequence[str], length: int) -> int:
    """Without what follows the signature's delimiter, unless an afterthought is among it."""
    first = max(0, length - 1 - _LONGEST_SIGNATURE)
    start = next((index for index in range(first, length) if lines[index] in _SIGNATURE), length)
    after = (line.strip().lower() for line in lines[start:length])
    return length if any(line.startswith(_AFTERTHOUGHTS) for line in after) else start

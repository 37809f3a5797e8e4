"""Where a writer's words end: before the signature, the footer of a telephone, the legal notice."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.text.markers import is_rule
from bot.text.phrases import (
    FOOTER_HALVES,
    FOOTER_LINES,
    FOOTER_NEVER,
    FOOTER_OPENERS,
    FOOTER_THINGS,
    NOTICE_HEADINGS,
    NOTICE_OPENERS,
    NOTICE_THEMES,
    PLEA_OPENERS,
    PLEAS,
)

_MOST_ENDINGS = 8
_DASHES = frozenset({"--", "-- "})  # RFC 3676 section 4.3
_OTHER_DELIMITER = re.compile(r"—{1,80}|–{1,80}|-{3,60}|_{2,80}|={3,80}|\*{3,80}|~{3,80}|- -|-{2,3} ?-{2,3}")
_DELIMITING = frozenset("-–—_=*~")
_LONGEST_SIGNATURE = 12  # lines; longer ones are somebody's text
_LONGEST_UNSURE = 8  # below other delimiters
_WIDEST_UNSURE = 70  # characters
_FEWEST_OF_SENTENCE = 5  # words
_LONGEST_FOOTER = 14  # words
_THING_WITHIN = 5  # words behind the opener
_LONGEST_PLEA = 40  # words
_LONGEST_NOTICE = 40  # lines
_AFTERTHOUGHTS = ("ps", "p.s", "nb", "n.b", "p. s", "edit:", "update:")
_SENT_FROM_MY = re.compile(r"sent from my [\w-]+(?: [\w-]+){0,2}")
_CLOSERS = tuple(close for _, close in FOOTER_HALVES)
_LINK = re.compile(r"<[^<>]*>|\([^()]*\)|\[http[^\[\]]*\]|https?://\S+")
_WORD = re.compile(r"[\w.-]*\w")
_AROUND = " *_-[]<>()—–|\u200e\u200f"


def length_without_ending(lines: Sequence[str], *, may_vanish: bool = False) -> int:
    """How many of these lines are left without their ending; all of them if nothing would be, unless that may be."""
    whole = length = _trimmed(lines, len(lines))
    for _ in range(_MOST_ENDINGS):
        shorter = min(rule(lines, length) for rule in (_footer, _notice, _signature)) if length else 0
        if shorter == length:
            break
        length = _without_rule(lines, _trimmed(lines, shorter))
    return length if length or may_vanish else whole


def _trimmed(lines: Sequence[str], length: int) -> int:
    while length and not lines[length - 1].strip():
        length -= 1
    return length


def _without_rule(lines: Sequence[str], length: int) -> int:
    """Without the line that parted an ending from the words above, or its heading."""
    line = lines[length - 1].strip() if length else ""
    is_heading = line.lower().strip("*_:-= ") in NOTICE_HEADINGS
    if line and (is_heading or line in _DASHES or is_rule(line) or _OTHER_DELIMITER.fullmatch(line[:100])):
        return _trimmed(lines, length - 1)
    return length


def _footer(lines: Sequence[str], length: int) -> int:
    """Without a last line like "Sent from my iPhone"."""
    line = lines[length - 1][:500].lower().replace("’", "'")
    bare = _LINK.sub(" ", line).strip(_AROUND) or line.strip(_AROUND)
    if bare.startswith(FOOTER_LINES) or _is_plea(bare):
        return length - 1
    return length - 1 if bare.count(" ") < _LONGEST_FOOTER and _is_of_device(bare) else length


def _is_of_device(line: str) -> bool:
    """Whether this names the device or program that sent the mail, and tells nothing else."""
    if _SENT_FROM_MY.fullmatch(line):
        return FOOTER_NEVER.isdisjoint(line.split())
    end = line.rstrip(".!。 ")
    if line.startswith(FOOTER_OPENERS):
        opener = next(opener for opener in FOOTER_OPENERS if line.startswith(opener))
    elif end.endswith(_CLOSERS) and any(
        line.startswith(begin) and end.endswith(close) for begin, close in FOOTER_HALVES
    ):
        opener = ""
    else:
        return False
    words = _WORD.findall(line[len(opener) :])
    names = any(word.startswith(FOOTER_THINGS) for word in words[:_THING_WITHIN]) or _has_joined_thing(line)
    return names and FOOTER_NEVER.isdisjoint(words)


def _has_joined_thing(line: str) -> bool:
    """In scripts without spaces a thing stands inside what looks like one word."""
    return any(0x3000 <= ord(letter) <= 0xD7AF for letter in line[:40]) and any(
        thing in line for thing in FOOTER_THINGS
    )


def _is_plea(line: str) -> bool:
    """ "Please consider the environment before printing this mail."."""
    opens = line.startswith(PLEA_OPENERS) and line.count(" ") < _LONGEST_PLEA
    return opens and any(one in line and other in line for one, other in PLEAS)


def _notice(lines: Sequence[str], length: int) -> int:
    """Without a last paragraph that is a legal notice."""
    start = length
    while start and lines[start - 1].strip() and length - start <= _LONGEST_NOTICE:
        start -= 1
    if _is_notice(lines[start:length]):
        return start
    while start < length and not (is_rule(lines[start]) or _begins_notice(lines[start])):
        start += 1
    return start if start < length and _is_notice(lines[start:length]) else length


def _begins_notice(line: str) -> bool:
    return line[:200].lower().lstrip(" *_-[(=").startswith(NOTICE_OPENERS)


def _is_notice(lines: Sequence[str]) -> bool:
    if not lines or not (_begins_notice(lines[0]) or is_rule(lines[0])):
        return False
    paragraph = " ".join(lines)[:5_000].lower().lstrip(" *_-[(=#~")
    if not paragraph.startswith(NOTICE_OPENERS):
        return False
    return sum(any(word in paragraph for word in theme) for theme in NOTICE_THEMES) >= 2


def _signature(lines: Sequence[str], length: int) -> int:
    """Without what follows the signature's delimiter, unless it does not look like one."""
    for index in range(max(0, length - 1 - _LONGEST_SIGNATURE), length):
        line = lines[index].strip()
        if line[:1] not in _DELIMITING:
            continue
        if line in _DASHES and _may_be_signature(lines[index + 1 : length]):
            return index
        if len(line) <= 80 and _OTHER_DELIMITER.fullmatch(line) and _is_surely_signature(lines[index + 1 : length]):
            return index
    return length


def _may_be_signature(lines: Sequence[str]) -> bool:
    """Below two dashes: no afterthought, no question, at most one sentence, as a motto is."""
    told = [line.strip() for line in lines if line.strip()]
    sentences = sum(line.endswith((".", "!", "…")) and line.count(" ") >= _FEWEST_OF_SENTENCE for line in told)
    asks = any(line.endswith("?") and line.count(" ") >= 2 for line in told)
    return not (asks or sentences > 1 or any(line.lower().startswith(_AFTERTHOUGHTS) for line in told))


def _is_surely_signature(lines: Sequence[str]) -> bool:
    """Below any other rule: few short lines, none of them a sentence."""
    told = [line.strip() for line in lines if line.strip()]
    if not 0 < len(told) <= _LONGEST_UNSURE or not _may_be_signature(lines):
        return False
    return not any(len(line) > _WIDEST_UNSURE or (line.endswith((".", "!", ":")) and " " in line) for line in told)

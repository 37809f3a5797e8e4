"""A mail's text into what its writer wrote and what they quoted.

Rules over lines, each looking at a fixed number of neighbours, so that the work is linear in the text whatever it
says. When in doubt a line counts as new: quoted text that stays costs a clue too many, the writer's own text that goes
costs a customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.text.ending import length_without_ending
from bot.text.phrases import (
    ATTRIBUTION_OPENERS,
    ATTRIBUTION_VERBS,
    FORWARDED_MESSAGE,
    HEADER_LABELS,
    ORIGINAL_MESSAGE,
)

_LONGEST_MARK = 400  # no rule looks further into a line
_MOST_WRAPPED = 3
_HEADER_WITHIN = 12
_RULE = "-_=*>|• \t"

_TIME = re.compile(r"\d{1,2}\s?[:.h]\s?\d{2}")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2}")
_KIND = {label: kind for kind, labels in HEADER_LABELS.items() for label in labels}
_BLANKS = re.compile(r"\n{3,}")


def split(text: str) -> tuple[str, str]:
    """(what is new, what is quoted). Nothing is lost: what is in neither is blank. New is never empty unless all is."""
    lines = [line.rstrip() for line in text.split("\n")]
    quoted = _quoted_lines(_Page(lines))
    _add_ending(lines, quoted)
    new = _text(line for line, is_quoted in zip(lines, quoted, strict=True) if not is_quoted)
    if not new.strip(_RULE + "\n"):
        return _text(lines), ""
    return new, _text(line for line, is_quoted in zip(lines, quoted, strict=True) if is_quoted)


def opens_forward(text: str) -> bool:
    """Whether the first line that says something announces a forwarded message."""
    first = next((line for line in text[: 2 * _LONGEST_MARK].split("\n") if line.strip()), "")
    return _announces_forward(_plain(first))


class _Page:
    """The lines of a text, and each once more as the rules see it: lower case, one space, plain apostrophes."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.plain = [_plain(line) for line in lines]
        self.is_marked = [line.lstrip().startswith(">") for line in lines]
        self.next_words = _next_words(lines)

    def marks_follow(self, index: int) -> bool:
        """Whether the next line that is not blank, from `index` on, is marked with >."""
        words = self.next_words[index]
        return words < len(self.lines) and self.is_marked[words]


def _next_words(lines: Sequence[str]) -> list[int]:
    """For each index, and one past the end: the index of the first line from there on that is not blank."""
    following = [len(lines)] * (len(lines) + 1)
    for index in reversed(range(len(lines))):
        following[index] = index if lines[index] else following[index + 1]
    return following


def _plain(line: str) -> str:
    return " ".join(line[:_LONGEST_MARK].replace("’", "'").replace("*", "").lower().split())


def _quoted_lines(page: _Page) -> list[bool]:
    """For each line whether it is quoted. A mark with > lines below it counts for those, any other for all below."""
    quoted = list(page.is_marked)
    index = 0
    while index < len(quoted):
        if page.is_marked[index] or not page.plain[index]:
            index += 1
            continue
        if _announces_forward(page.plain[index]):
            quoted[index:] = [False] * (len(quoted) - index)
            break
        length = _attribution(page, index) or _header_block(page, index) or _original_message(page, index)
        until = index + length
        if length and not page.marks_follow(until):
            until = len(quoted)
        quoted[index:until] = [True] * (until - index)
        index = max(until, index + 1)
    return quoted


def _announces_forward(plain: str) -> bool:
    """A line that is nothing but "forwarded message", in dashes or with a colon."""
    bare = plain.strip(_RULE + ":")
    is_framed = plain != bare
    return is_framed and bare.startswith(FORWARDED_MESSAGE) and len(bare) < max(map(len, FORWARDED_MESSAGE)) + 20


def _attribution(page: _Page, index: int) -> int:
    """How many lines from here are an attribution ("On … wrote:"); 0 if none. Only known openings may be wrapped."""
    opens = page.plain[index].partition(" ")[0] in ATTRIBUTION_OPENERS
    for end in range(index, min(index + (_MOST_WRAPPED if opens else 1), len(page.lines))):
        if not page.plain[end] or page.is_marked[end]:
            break
        window = page.plain[index : end + 1]
        if window[-1].endswith(":") and _is_attribution(window, marks_follow=page.marks_follow(end + 1)):
            return len(window)
    return 0


def _is_attribution(window: Sequence[str], *, marks_follow: bool) -> bool:
    """Above > lines a verb and a colon will do. Above others only what no person writes: date, time, address."""
    joined = " ".join(window)
    if not any(f" {verb}" in joined for verb in ATTRIBUTION_VERBS):
        return False
    if len(window) > 1 and not (any(map(str.isdigit, window[0])) and window[0][-1] not in ".!?:"):
        return False
    return marks_follow or bool("@" in joined and _DATE.search(joined) and _TIME.search(joined))


def _header_block(page: _Page, index: int) -> int:
    """How many lines from here are a copied mail header (From, Sent, To, Subject), with a rule above it; 0 if none."""
    start = page.next_words[index + 1] if _is_rule(page.plain[index]) else index
    first = _label(page.plain[start]) if start < len(page.lines) else ""
    if first not in ("from", "sent"):
        return 0
    seen: dict[str, int] = {}
    for at in range(start, min(start + _HEADER_WITHIN, len(page.lines))):
        label = _label(page.plain[at])
        if label:
            seen.setdefault(label, at)
    # web forms resemble this, but for the To; a date above the From needs a Subject as well
    needed = {"from", "sent", "to"} | ({"subject"} if first == "sent" else set())
    return max(seen.values()) + 1 - index if needed <= seen.keys() else 0


def _label(plain: str) -> str:
    """What a line like "Betreff: …" is labelled as ("subject"), "" if it is no header line."""
    word, colon, _ = plain.partition(":")
    return _KIND.get(word.strip(), "") if colon else ""


def _is_rule(plain: str) -> bool:
    return len(plain) >= 5 and not plain.strip("-_=")


def _original_message(page: _Page, index: int) -> int:
    """1 if the line is "-----Original Message-----" in some language, else 0."""
    plain = page.plain[index]
    return int(plain.startswith("--") and plain.strip(_RULE + ":") in ORIGINAL_MESSAGE)


def _add_ending(lines: Sequence[str], quoted: list[bool]) -> None:
    """Count signature, footer and legal notice as quoted where the writer's own words end."""
    runs = [list(run) for is_quoted, run in groupby(range(len(lines)), key=quoted.__getitem__) if not is_quoted]
    last = next((run for run in reversed(runs) if any(lines[index] for index in run)), None)
    if last is None:
        return
    keep = length_without_ending([lines[index] for index in last])
    for index in last[keep:]:
        quoted[index] = True


def _text(lines: Iterable[str]) -> str:
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip("\n")

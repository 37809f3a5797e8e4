"""A mail's text into what its writer wrote and what they quoted.

Rules over lines, each looking at a fixed number of neighbours, so that the work is linear in the text whatever it
says. When in doubt a line counts as new: quoted text that stays costs a clue too many, the writer's own text that goes
costs a customer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from bot.text.attributions import attribution, may_end_attribution
from bot.text.ending import length_without_ending
from bot.text.header_blocks import header_block, label
from bot.text.markers import RULE, announces_forward, announces_original, asks_to_reply_above, is_rule, names_original
from bot.text.own_footers import footer_lines
from bot.text.plain import LONGEST_LINE

_MARKS = (">", "＞")
_BLANKS_BETWEEN = 6  # lines between a mark and what it is for
_FULL_LINE = 60  # characters; a shorter line was not wrapped
_BLANKS = re.compile(r"\n{3,}")
_FRAMES = frozenset("-_=*#~+[—–|(")  # what begins with these can begin a quotation, or what has a colon, or ends in >


def split(text: str, footers: Collection[str] = ()) -> tuple[str, str]:
    """(what is new, what is quoted). Nothing is lost: what is in neither is blank. New is never empty unless all is.

    `footers`: texts of one or several lines that our own systems put below mails; they are quoted wherever they stand.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    quoted = _quoted_lines(lines)
    for index in footer_lines(lines, footers):
        quoted[index] = True
    _add_endings(lines, quoted)
    if True not in quoted:
        return _text(lines), ""
    new = _text(line for line, is_quoted in zip(lines, quoted, strict=True) if not is_quoted)
    if not new.strip(RULE + "\n"):
        return _text(lines), ""
    return new, _text(line for line, is_quoted in zip(lines, quoted, strict=True) if is_quoted)


def opens_forward(text: str) -> bool:
    """Whether the first line that says something announces a forwarded message."""
    first = next((line for line in text[: 2 * LONGEST_LINE].split("\n") if line.strip()), "")
    return announces_forward(first)


def _quoted_lines(lines: Sequence[str]) -> list[bool]:
    """For each line whether it is quoted. A mark with > lines below it counts for those, any other for all below."""
    marked = _marked(lines)
    quoted = _with_wrapped(lines, marked) if True in marked else list(marked)
    until = 0
    for index, line in enumerate(lines):
        is_framed = line.lstrip()[:1] in _FRAMES
        if (
            index < until
            or marked[index]
            or not line
            or not (is_framed or ":" in line or "：" in line or line[-1] == ">")
        ):
            continue
        if announces_forward(line):
            quoted[index:] = [False] * (len(lines) - index)
            break
        start, end = _mark(lines, marked, index, until, is_framed=is_framed)
        if end > start:
            until = end if _marks_follow(lines, marked, end) else len(lines)
            quoted[start:until] = [True] * (until - start)
    return quoted


def _marked(lines: Sequence[str]) -> list[bool]:
    return [line.lstrip().startswith(_MARKS) for line in lines]


def _with_wrapped(lines: Sequence[str], marked: Sequence[bool]) -> list[bool]:
    """Marked lines, and the ends of such as were wrapped on their way: words that go on in the middle of a sentence."""
    quoted = list(marked)
    for index in range(1, len(lines) - 1):
        line, above = lines[index], lines[index - 1]
        if marked[index - 1] and marked[index + 1] and line and not marked[index]:
            goes_on = len(above) >= _FULL_LINE and above[-1] not in ".!?:;" and line[0].islower()
            quoted[index] = goes_on and len(line) < _FULL_LINE
    return quoted


def _mark(
    lines: Sequence[str], marked: Sequence[bool], index: int, earliest: int, *, is_framed: bool
) -> tuple[int, int]:
    """(first line, one past the last) of what announces a quotation at `index`; no lines if nothing does."""
    line = lines[index]
    if is_framed and (announces_original(line) or asks_to_reply_above(line)):
        return index, index + 1
    length = header_block(lines, index) if label(line) else 0
    if length:
        return _with_rule_above(lines, index, earliest), index + length
    if may_end_attribution(line):
        start = attribution(lines, index, marks_follow=_marks_follow(lines, marked, index + 1), earliest=earliest)
        if start is not None:
            return _with_rule_above(lines, start, earliest), index + 1
    return index, index


def _with_rule_above(lines: Sequence[str], start: int, earliest: int) -> int:
    """Where the quotation begins if rules, or the words "original message", stand above what announces it."""
    first = start
    for index in range(start - 1, max(start - _BLANKS_BETWEEN, earliest - 1), -1):
        if is_rule(lines[index]) or names_original(lines[index]):
            first = index
        elif lines[index]:
            break
    return first


def _marks_follow(lines: Sequence[str], marked: Sequence[bool], index: int) -> bool:
    """Whether the next line that is not blank, from `index` on, is marked with >."""
    for at in range(index, min(index + _BLANKS_BETWEEN, len(lines))):
        if lines[at]:
            return marked[at]
    return False


def _add_endings(lines: Sequence[str], quoted: list[bool]) -> None:
    """Count signatures, footers and legal notices as quoted where the writer's own words end."""
    runs = [list(run) for is_quoted, run in groupby(range(len(lines)), key=quoted.__getitem__) if not is_quoted]
    told = [run for run in runs if any(lines[index] for index in run)]
    for run in told:
        keep = length_without_ending([lines[index] for index in run], may_vanish=len(told) > 1)
        if any(lines[index] for index in run[keep:]):
            for index in run[keep:]:
                quoted[index] = True


def _text(lines: Iterable[str]) -> str:
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip("\n")

"""The line above a quotation that names who wrote it, and when: "On … wrote:", in the forms of many mail programs.

Above lines marked with > little is asked of it. Above unmarked text it must be what no person writes: a verb in its
place, a date, and an address in brackets or a name beside the time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.text.attribution_words import ALWAYS_TOLD, JOINED_VERBS, NAME_PARTICLES, OPENERS, TOLD, VERBS
from bot.text.plain import LONGEST_LINE, folded, plain

MOST_WRAPPED = 5  # lines
_LONGEST = 45  # words
_LONGEST_TAIL = 12  # words behind the verb: the name, or the date


def _any_of(words: Sequence[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_VERB = re.compile(
    rf"(?<![\w'])(?:{_any_of(VERBS)})(?![\w'(])"
    rf"|(?:{_any_of(JOINED_VERBS)})"
)

_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)")
_TIME = re.compile(r"(?<![\d.])\d{1,2}(?::|\s?h\s?|\.|時|时|点|點|시\s?)\d{2}(?![\d.]\d)")
_BRACKETED = re.compile(r"[<(\[«„“\"']\s*(?:mailto:)?[^\s<>()\[\]]{1,80}@[^\s<>()\[\]]{1,80}\s*[>)\]»”\"']")
_ENDS_WITH_ADDRESS = re.compile(r"[<(\[]\s*(?:mailto:)?[^\s<>()\[\]]{1,80}@[^\s<>()\[\]]{1,80}\s*[>)\]]$")
_BEGINS_WITH_DATE = re.compile(r"(?:[^\W\d]{1,13}[.,]{0,2}\s(?:[^\W\d]{1,13}[.,]{0,2}\s)?)?\(?\d")
_DIGIT = re.compile(r"\d")
_ISO = re.compile(r"20\d\d-\d\d-\d\d \d\d?:\d\d gmt[+-]\d\d:\d\d ")
_RUN_ON = re.compile(r"[:：](?=\s{2,}\S)")
_ENDS = frozenset(":：->]")
_QUOTATION_MARKS = frozenset("\"'“”„«»‘’「『")
_SHORTEST = 3  # characters of its last line
_FRAME = " -–—_:"
_AROUND_NAMES = "\"'„“”«»,.:()<>[]|/-"


def attribution(lines: Sequence[str], last: int, *, marks_follow: bool, earliest: int = 0) -> int | None:
    """The first line of the attribution whose last line is `last`; None if it is none.

    `marks_follow`: whether the next words below are marked with >. Looks at most MOST_WRAPPED lines back, not beyond
    `earliest`.
    """
    if _is_run_on(lines[last]):
        return last
    if not marks_follow and not any(map(_DIGIT.search, lines[max(last + 1 - MOST_WRAPPED, 0) : last + 1])):
        return None
    by_hand = _is_quoted_by_hand(lines, last + 1)
    starts = _starts(lines, last, earliest)
    for at, start in enumerate(starts):
        if _is_certain(_Window(lines[start : last + 1]), by_hand=by_hand):
            return _widened(lines, starts[at:], last)
    if not marks_follow:
        return None
    likely = [start for start in starts if _is_likely(_Window(lines[start : last + 1]), last + 1 - start)]
    return likely[-1] if likely else None


def _is_run_on(line: str) -> bool:
    """Whether the quotation follows on the same line, parted from its attribution by spaces, as Yahoo's app has it."""
    found = _RUN_ON.search(line[:LONGEST_LINE])
    return found is not None and _is_certain(_Window([line[: found.start() + 1]]), by_hand=True)


def may_end_attribution(line: str) -> bool:
    """Whether a line could be an attribution's last; cheaper than attribution()."""
    if len(line) < _SHORTEST:
        return False
    return line.rstrip(" \t*_\u200e\u200f\u202c\u2069")[-1:] in _ENDS or _RUN_ON.search(line[:LONGEST_LINE]) is not None


def _starts(lines: Sequence[str], last: int, earliest: int) -> list[int]:
    """Where the attribution could begin: at its last line, or before that where a line opens one, nearest first."""
    starts = [last]
    for at in range(last - 1, max(last - MOST_WRAPPED, earliest - 1), -1):
        if not lines[at] or lines[at].endswith((":", "：")) or lines[at].lstrip().startswith((">", "＞")):
            break
        if _opens(plain(lines[at])):
            starts.append(at)
    return starts


def _opens(first: str) -> bool:
    """Whether a line could be the first of several of an attribution."""
    if first.endswith(("!", "?", ":", ";")) or len(first.split(" ")) > 20:
        return False
    word = first.lstrip(_FRAME).partition(" ")[0]
    has_digit = any(map(str.isdigit, first[:50]))
    return (word in OPENERS and has_digit) or bool(_BEGINS_WITH_DATE.match(first)) or "<" in first or "@" in first


def _widened(lines: Sequence[str], starts: Sequence[int], last: int) -> int:
    """A certain attribution may still lack its opening, on the line above."""
    start = starts[0]
    begins = plain(lines[start]).lstrip(_FRAME).partition(" ")[0] in OPENERS
    if len(starts) > 1 and starts[1] == start - 1 and not begins:
        above = plain(lines[start - 1])
        if above.partition(" ")[0] in OPENERS and len(above.split(" ")) <= 8:
            return start - 1 if _is_certain(_Window(lines[start - 1 : last + 1]), by_hand=True) else start
    return start


class _Window:
    """A few lines as one, in the forms that the rules compare."""

    def __init__(self, lines: Sequence[str]) -> None:
        whole = folded(" ".join(lines))
        self.is_ended = whole.endswith((":", "-"))
        self.cased = whole.strip(_FRAME)
        lower = self.cased.lower()
        self.bare = lower if len(lower) == len(self.cased) else self.cased  # of İ there come two letters
        self.verb = _last(_VERB, self.bare)
        self.is_dated = _DATE.search(self.bare) is not None

    @property
    def is_short(self) -> bool:
        return self.bare.count(" ") < 15

    @property
    def begins_with_opener(self) -> bool:
        return self.bare.partition(" ")[0] in OPENERS

    def verb_in_place(self) -> bool:
        """Whether nothing but a name or a date stands behind the verb."""
        tail = self.bare[self.verb.end() :].strip(" ,.") if self.verb else ""
        return tail.count(" ") < _LONGEST_TAIL and not tail.endswith(("!", "?"))

    def is_told(self) -> bool:
        """Whether a person tells of a mail, in a sentence of their own."""
        words = [word.strip(',;.:"“”„()') for word in self.cased.split(" ")]
        return any(
            word in ALWAYS_TOLD or ((at == 0 or word.islower()) and word.lower() in TOLD)
            for at, word in enumerate(words)
        )

    def is_date_and_name(self) -> bool:
        """ "Am 02.03.2026 um 10:41 schrieb Ann Moor:": opened, with date and time, and then only a name."""
        time = _last(_TIME, self.bare)
        if time is None or not (self.begins_with_opener or _BEGINS_WITH_DATE.match(self.bare)):
            return False
        return self._is_name(time.end())

    def is_name(self) -> bool:
        """ "Ann Moor wrote:"."""
        return self._is_name(0)

    def _is_name(self, begin: int) -> bool:
        """Whether from here on all but the verb is a name: at most six words, each as names are written."""
        if self.verb is None or self.verb.start() < begin:
            return False
        rest = f"{self.cased[begin : self.verb.start()]} {self.cased[self.verb.end() :]}"
        words = [word for word in (token.strip(_AROUND_NAMES) for token in rest.split()) if word]
        names = [word for word in words if word.lower() not in NAME_PARTICLES and not any(map(str.isdigit, word))]
        return 0 < len(names) <= 6 and not any(word[0].islower() for word in names)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007  (the last one is wanted)
        pass
    return found


def _is_quoted_by_hand(lines: Sequence[str], below: int) -> bool:
    """Whether the words below stand in quotation marks: a person tells what somebody wrote, and goes on."""
    following = next((line for line in lines[below : below + 2] if line), "")
    return following.lstrip()[:1] in _QUOTATION_MARKS


def _is_certain(window: _Window, *, by_hand: bool) -> bool:
    """Whether only a mail program writes this."""
    bare = window.bare
    if not (window.is_ended or _ISO.match(bare)) or not window.is_dated or bare.count(" ") > _LONGEST:
        return False
    if window.is_told():
        return False
    if window.verb is None:
        return _is_date_and_address(window)
    addressed = _BRACKETED.search(bare) is not None or ("@" in bare and _TIME.search(bare) is not None)
    return window.verb_in_place() and (addressed or (not by_hand and window.is_date_and_name()))


def _is_date_and_address(window: _Window, *, timed: bool = True) -> bool:
    """ "2026-03-02 10:41 GMT+01:00 Ann <ann@example.org>:", without any verb."""
    bare = window.bare
    framed = _BEGINS_WITH_DATE.match(bare) is not None and _ENDS_WITH_ADDRESS.search(bare) is not None
    return framed and window.is_short and (not timed or _TIME.search(bare) is not None)


def _is_likely(window: _Window, lines: int) -> bool:
    """Whether this names who wrote the marked lines below it."""
    bare = window.bare
    if not window.is_ended:
        return lines == 1 and _is_date_and_address(window, timed=False)
    if bare.count(" ") > _LONGEST or (lines > 1 and not (window.is_dated or "@" in bare)):
        return False
    if window.is_told():
        return window.is_dated and bare.endswith("you wrote")
    if window.verb is None:
        timed = window.is_dated and _TIME.search(bare) is not None
        return window.is_short and (timed or _ENDS_WITH_ADDRESS.search(bare) is not None)
    opened = window.begins_with_opener and window.is_short
    return window.verb_in_place() and (window.is_dated or "@" in bare or opened or window.is_name())

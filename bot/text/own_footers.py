"""What a team's own systems put below its mails, found again in an answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_Words = tuple[str, ...]


def footer_lines(lines: Sequence[str], footers: Collection[str]) -> list[int]:
    """The indices of all lines that belong to a footer: its words, at whole lines, however they are wrapped.

    Case and whitespace do not count. Each occurrence costs at most the length of the footers.
    """
    wanted = _by_first_word(footers)
    found: list[int] = []
    if not wanted:
        return found
    for start, line in enumerate(lines):
        words = line.casefold().split()
        for footer in wanted.get(words[0], ()) if words else ():
            found += range(start, _end(lines, start, footer))
    return found


def _by_first_word(footers: Collection[str]) -> dict[str, list[_Words]]:
    wanted: dict[str, list[_Words]] = {}
    for words in (tuple(footer.casefold().split()) for footer in footers):
        if words:
            wanted.setdefault(words[0], []).append(words)
    return wanted


def _end(lines: Sequence[str], start: int, footer: _Words) -> int:
    """One past the last line of a footer that begins at `start`; `start` if it does not."""
    matched = 0
    for index in range(start, min(len(lines), start + 2 * len(footer))):  # blank lines may lie between its words
        words = tuple(lines[index].casefold().split())
        if footer[matched : matched + len(words)] != words:
            return start
        matched += len(words)
        if matched == len(footer):
            return index + 1
    return start

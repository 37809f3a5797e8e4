"""Words for a screen: nothing in them can act on Slack, on a terminal or on the reading order."""

from __future__ import annotations

import re

from bot.text.charsets import valid

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# ECMA-48: control sequences (colours, cursor), operating system commands (titles, links), two-character escapes.
_ANSI = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c\x9d]*(?:\x07|\x1b\\\\|\x9c)|\x1b[ -/]*[0-~]?"
)
# What has no width, what turns the reading direction, and tags that hide text in plain sight.
_UNSEEN = re.compile(
    "[\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def escape(text: str) -> str:
    """`text` so that Slack shows it as it is: its three control characters, no others (Slack, "Formatting text")."""
    return text.translate(_MARKUP)


def plain(text: str, limit: int) -> str:
    """`text` for showing: safe, each paragraph one line, at most `limit` characters, cut between words with "…"."""
    return _cut("\n".join(_paragraphs(_safe(text))), limit)


def one_line(text: str, limit: int) -> str:
    """The same on one line."""
    return _cut(" ".join(_safe(text).split()), limit)


def _safe(text: str) -> str:
    return _UNSEEN.sub("", valid(_ANSI.sub("", text)))


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text (blank lines stand between them), each with single spaces only."""
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        words = line.split()
        if words:
            paragraphs[-1].extend(words)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [" ".join(words) for words in paragraphs if words]


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    if limit <= 0:
        return ""
    kept = text[: limit - 1]
    if not text[limit - 1].isspace():
        # inside a word: go back to its start, unless nearly everything is one word
        start = max(kept.rfind(" "), kept.rfind("\n"))
        kept = kept[:start] if start > limit // 2 else kept
    return kept.rstrip() + "…"

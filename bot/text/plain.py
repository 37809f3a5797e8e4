"""A line as the rules see it."""

from __future__ import annotations

LONGEST_LINE = 400  # no rule looks further into a line
# marks of writing direction and joiners vanish; digits and colons of other scripts become plain ones
_FOLDED = str.maketrans(
    {
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff*"),
        **{chr(0x0660 + digit): str(digit) for digit in range(10)},
        **{chr(0x06F0 + digit): str(digit) for digit in range(10)},
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        "’": "'", "：": ":", "，": ",", "、": ",", "（": "(", "）": ")", "＜": "<", "＞": ">", "،": ",",
    }
)  # fmt: skip


def folded(line: str) -> str:
    """One space between words, plain apostrophes, no asterisks; at most 400 characters of it."""
    return " ".join(line[:LONGEST_LINE].translate(_FOLDED).split())


def plain(line: str) -> str:
    """The same in lower case."""
    return folded(line).lower()

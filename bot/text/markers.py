"""Lines that say: below is another mail. In the words of mail programs and helpdesks, framed in dashes or the like."""

from __future__ import annotations

from bot.text.phrases import FORWARDED_MESSAGE, ORIGINAL_MESSAGE, REPLY_ABOVE
from bot.text.plain import plain

RULE = "-_=*>|•–—~#+ \t"
_FRAMES = frozenset(RULE)
_LONGEST_FORWARD = max(map(len, FORWARDED_MESSAGE)) + 20
_SHORTEST_FORWARD = min(map(len, FORWARDED_MESSAGE))
_SHORTEST_REPLY_ABOVE = min(map(len, REPLY_ABOVE))
_LONGEST_REPLY_ABOVE = 20  # words
_SHORTEST_RULE = 5


def is_rule(line: str) -> bool:
    """A line of nothing but dashes, underscores or the like."""
    return len(line) >= _SHORTEST_RULE and not line.strip("-_=*–—~# ")


def announces_forward(line: str) -> bool:
    """A line that is nothing but "forwarded message", in dashes or with a colon."""
    if len(line) < _SHORTEST_FORWARD or (line.lstrip()[:1] not in _FRAMES and not line.endswith((":", "："))):
        return False
    whole = plain(line)
    bare = whole.strip(RULE + ":")
    return whole != bare and bare.startswith(FORWARDED_MESSAGE) and len(bare) < _LONGEST_FORWARD


def announces_original(line: str) -> bool:
    """ "-----Original Message-----" in some language."""
    return line.lstrip(" *>")[:2] in ("--", "__", "==", "—", "——", "––", "~~") and names_original(line)


def names_original(line: str) -> bool:
    """The same without its dashes, which says something only above a header."""
    return plain(line).strip(RULE + ":") in ORIGINAL_MESSAGE


def asks_to_reply_above(line: str) -> bool:
    """ "##- Please type your reply above this line -##" of helpdesks."""
    if len(line) < _SHORTEST_REPLY_ABOVE:
        return False
    whole = plain(line)
    bare = whole.strip(RULE + ".:[]<>!")
    if not any(phrase in bare for phrase in REPLY_ABOVE) or bare.count(" ") > _LONGEST_REPLY_ABOVE:
        return False
    return whole[:2] != bare[:2] or bare.startswith(REPLY_ABOVE) or bare.endswith(REPLY_ABOVE)

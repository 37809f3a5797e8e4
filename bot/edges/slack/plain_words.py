"""What people write in Slack as plain words: rich text where there is some, else mrkdwn. Total: hostile input is text.

Shapes: docs.slack.dev, "Rich text block" and "Formatting message text".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.text.charsets import valid

LONGEST = 40_000
"""Characters; Slack itself cuts what people write there."""
_ANGLED = re.compile(r"<([^<>\n]{1,4000})>")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_FENCE = re.compile(r"\n?```\n?")
_SOMEONE, _CHANNEL, _GROUP = "@someone", "#channel", "@group"
_MOST_ITEMS = 20_000
Names = Mapping[str, str]


def words_of(message: Mapping[str, Any], names: Names) -> str:
    """The words of a message, and below them those of a message that it passes on. `names`: of members by their id."""
    blocks = message.get("blocks")
    rich = _rich(blocks, names) if isinstance(blocks, list) else ""
    said = rich or from_mrkdwn(_text(message.get("text")), names)
    shared = [
        from_mrkdwn(_text(one.get("text")), names) for one in _dicts(message.get("attachments")) if _is_shared(one)
    ]
    return cleaned("\n\n".join(part for part in (said, *shared) if part), LONGEST)


def cleaned(text: str, longest: int) -> str:
    """Valid Unicode without control characters, at most so long."""
    return valid(text[: 2 * longest])[:longest].strip()


def from_mrkdwn(text: str, names: Names) -> str:
    """Links as what they are called, people and channels by name, entities as the characters that they stand for."""
    plain = _ANGLED.sub(lambda found: _reference(found[1], names), _FENCE.sub("\n", text[: 2 * LONGEST]))
    return _ENTITY.sub(lambda found: _ENTITIES[found[1]], plain)


def _reference(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    label = label.strip()
    if target.startswith("@"):
        name = names.get(target[1:]) or label.lstrip("@")
        return f"@{name}" if name else _SOMEONE
    if target.startswith("#"):
        return f"#{label.lstrip('#')}" if label else _CHANNEL
    if target.startswith("!"):
        return label or (_GROUP if target.startswith("!subteam") else f"@{target[1:].partition('^')[0]}")
    return label or target.removeprefix("mailto:").removeprefix("tel:")


# rich text


def _rich(blocks: list[Any], names: Names) -> str:
    """Nothing where there are other blocks too: those say more than the rich text does."""
    if not all(isinstance(block, dict) and block.get("type") == "rich_text" for block in blocks):
        return ""
    parts = (_part(part, names) for block in blocks for part in _dicts(block.get("elements")))
    return "\n".join(part.strip("\n") for part in parts).strip()


def _part(part: Mapping[str, Any], names: Names) -> str:
    kind = part.get("type")
    if kind == "rich_text_list":
        lines = (_inline(item, names) for item in _dicts(part.get("elements")))
        numbered = part.get("style") == "ordered"
        return "\n".join(f"{f'{place}.' if numbered else '-'} {line}" for place, line in enumerate(lines, 1))
    words = _inline(part, names)
    return "\n".join(f"> {line}" for line in words.split("\n")) if kind == "rich_text_quote" else words


def _inline(part: Mapping[str, Any], names: Names) -> str:
    return "".join(_element(element, names) for element in _dicts(part.get("elements")))


def _element(element: Mapping[str, Any], names: Names) -> str:
    written = _WRITTEN.get(_text(element.get("type")))
    return written(element, names) if written else _text(element.get("text"))


def _user(element: Mapping[str, Any], names: Names) -> str:
    name = names.get(_text(element.get("user_id")))
    return f"@{name}" if name else _SOMEONE


_WRITTEN: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "user": _user,
    "usergroup": lambda _element, _names: _GROUP,
    "channel": lambda _element, _names: _CHANNEL,
    "broadcast": lambda element, _names: f"@{_text(element.get('range')) or 'channel'}",
    "emoji": lambda element, _names: f":{_text(element.get('name'))}:",
    "link": lambda element, _names: _text(element.get("text")) or _text(element.get("url")),
    "date": lambda element, _names: _text(element.get("fallback")),
    "color": lambda element, _names: _text(element.get("value")),
}


# what came, whatever it is


def _is_shared(attachment: Mapping[str, Any]) -> bool:
    """A message that somebody passes on; other attachments are previews of links."""
    return attachment.get("is_share") is True


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (one for one in value[:_MOST_ITEMS] if isinstance(one, dict))

"""Small pieces of Block Kit (docs.slack.dev/reference/block-kit).

People's words go into `plain_text` and `rich_text`, where Slack reads no markup; `mrkdwn` holds ids of our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.edges.wording import spans
from bot.text.mrkdwn import one_line, plain

Json = dict[str, Any]

# Slack's limits are 150 (header), 75 (button, option), 3,000 (text); what is shorter reads better on a phone.
_HEADER, _BUTTON, _LABEL, _LINE, _PLACEHOLDER = 140, 75, 140, 600, 140
_EMPTY = "–"  # Slack refuses a text without a character


def plain_text(text: str, most: int = _LINE) -> Json:
    """One line of plain text, at most so many characters; `:names:` in it stay words."""
    return {"type": "plain_text", "text": one_line(text, most) or _EMPTY, "emoji": False}


def header(text: str) -> Json:
    """A heading."""
    return {"type": "header", "text": plain_text(text, _HEADER)}


def context(text: str) -> Json:
    """Small print."""
    return {"type": "context", "elements": [plain_text(text)]}


def text(said: str, **style: bool) -> Json:
    """Words of a rich text, as they are; `style`: bold, italic, code."""
    return {"type": "text", "text": said, **({"style": style} if style else {})}


def bold(said: str) -> Json:
    """The same in bold."""
    return text(said, bold=True)


def line(said: str, most: int = _LINE) -> Json:
    """Somebody's words as one line of a rich text."""
    return text(one_line(said, most) or _EMPTY)


def link(url: str, said: str) -> Json:
    """A link of our own making, in a rich text."""
    return {"type": "link", "url": url, "text": said}


def moment(at: datetime) -> Json:
    """A moment of a rich text, which each reader sees in their own time zone."""
    fallback = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return {
        "type": "date", "timestamp": int(at.timestamp()), "format": "{date_short_pretty} {time}", "fallback": fallback,
    }  # fmt: skip


def rich(*lines: Sequence[Json]) -> Json:
    """A block of lines, each of pieces of rich text."""
    pieces: list[Json] = []
    for one in lines:
        pieces += [*([text("\n")] if pieces else []), *one]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": pieces}]}


def bullets(lines: Iterable[Sequence[Json]]) -> Json:
    """A list of such lines; at least one."""
    items = [{"type": "rich_text_section", "elements": list(one)} for one in lines]
    return {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": items}]}


def quote(words: str, most: int, clues: Sequence[str] = ()) -> Json:
    """Somebody's own words as a quote, at most so many characters; the clues among them are bold."""
    shown = plain(words, most)
    pieces = [bold(piece) if clue else text(piece) for piece, clue in spans(shown, [*clues])] if shown else []
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_quote", "elements": pieces or [text("(no text)", italic=True)]}],
    }


def mention(target: str) -> str:
    """mrkdwn that pings a user group or a member, by id; nothing for nobody."""
    if not target:
        return ""
    return f"<!subteam^{target}>" if target.startswith("S") else f"<@{target}>"


def pings(target: str) -> list[Json]:
    """A block that does so, if there is somebody to ping."""
    if not target:
        return []
    # verbatim: Slack must not make links, channels and mentions of its own out of words
    return [{"type": "section", "text": {"type": "mrkdwn", "text": mention(target), "verbatim": True}}]


def button(words: str, action: str, value: str, *, label: str = "", primary: bool = False) -> Json:
    """A button; `label` is what a screen reader says where the words alone do not tell enough."""
    told: Json = {"type": "button", "action_id": action, "text": plain_text(words, _BUTTON), "value": value}
    if label:
        told["accessibility_label"] = one_line(label, _BUTTON)
    return told | ({"style": "primary"} if primary else {})


def option(words: str, value: str) -> Json:
    """One choice of a menu."""
    return {"text": plain_text(words, _BUTTON), "value": value}


def menu(action: str, placeholder: str, options: Sequence[Json]) -> Json:
    """A menu that shows what it is for until something is chosen."""
    shown = plain_text(placeholder, _PLACEHOLDER)
    return {"type": "static_select", "action_id": action, "placeholder": shown, "options": list(options)}


def overflow(action: str, options: Sequence[Json]) -> list[Json]:
    """The menu behind three dots: at most 5 options; none where there is nothing to choose."""
    return [{"type": "overflow", "action_id": action, "options": list(options)}] if options else []


def actions(block: str, elements: Sequence[Json]) -> list[Json]:
    """A row of buttons and menus; none where there are none. `block`: its id, unique in the message."""
    return [{"type": "actions", "block_id": block, "elements": list(elements)}] if elements else []


def field(block: str, label: str, element: Json, *, hint: str = "", optional: bool = False) -> Json:
    """A question of a modal; its element's action_id is the block's id."""
    told: Json = {
        "type": "input", "block_id": block, "label": plain_text(label, _LABEL),
        "element": element | {"action_id": block}, "optional": optional,
    }  # fmt: skip
    return told | ({"hint": plain_text(hint)} if hint else {})

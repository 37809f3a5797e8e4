"""Who is who in the fake workspace, and the names that Slack gives to what has none."""

from __future__ import annotations

from collections.abc import Iterable

from .answers import Json

BOT = {"user_id": "UBOT", "bot_id": "BBOT"}
TEAM = {"url": "https://example.slack.com/", "team": "Example", "team_id": "TEXAMPLE"}
TEAM_ID, APP_ID, DOMAIN, SLACKBOT = "TEXAMPLE", "AEXAMPLE", "example", "USLACKBOT"
TOMBSTONE = {"subtype": "tombstone", "text": "This message was deleted.", "user": SLACKBOT, "hidden": True}


def with_ids(blocks: Iterable[Json]) -> list[Json]:
    """Slack names the blocks and elements that have no name."""
    return [_named(block, f"b{position}") for position, block in enumerate(blocks)]


def _named(block: Json, name: str) -> Json:
    named: Json = {"block_id": name, **block}
    if block.get("type") == "actions":
        named["elements"] = [_acting(one, f"{name}a{place}") for place, one in enumerate(block["elements"])]
    for where in ("accessory", "element"):
        if isinstance(block.get(where), dict):
            named[where] = _acting(block[where], f"{name}a0")
    return named


def _acting(element: Json, name: str) -> Json:
    return element if element.get("type") == "image" else {"action_id": name, **element}


def rich(text: str) -> list[Json]:
    """What a person writes comes as rich text too."""
    section: Json = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}] if text else []}
    return [{"type": "rich_text", "elements": [section]}]

"""Which payloads say the same: Slack repeats what it thinks was not heard, and a key tells that from news.

Pure, and total for all JSON: what lacks the fields of its kind is known by a hash of the whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.service.ports import Kind, Received

# docs.slack.dev, Interaction payloads and Events API; app_rate_limited is told outside of any event
_KINDS = {
    "event_callback": Kind.EVENT, "app_rate_limited": Kind.EVENT, "block_actions": Kind.ACTION,
    "view_submission": Kind.VIEW, "view_closed": Kind.VIEW, "shortcut": Kind.SHORTCUT, "message_action": Kind.SHORTCUT,
}  # fmt: skip


def received(payload: dict[str, Any]) -> Received | None:
    """What the payload is, and its key; None for what nobody acts on, such as a challenge."""
    kind = kind_of(payload)
    return Received(kind, key_of(kind, payload), payload) if kind else None


def kind_of(payload: Mapping[str, Any]) -> Kind | None:
    """By its type; a slash command has none."""
    told = payload.get("type")
    if told is None and "command" in payload:
        return Kind.COMMAND
    return _KINDS.get(told) if isinstance(told, str) else None


def key_of(kind: Kind, payload: Mapping[str, Any]) -> str:
    """The same for every repetition, another for everything else that happens."""
    parts = _PARTS[kind](payload)
    if not all(parts):
        parts = [_digest(payload)]
    return ":".join([kind.value, *parts])


def _event(payload: Mapping[str, Any]) -> list[str]:
    return [_text(payload, "event_id")]


def _action(payload: Mapping[str, Any]) -> list[str]:
    actions = payload.get("actions")
    pressed = [one for one in actions if isinstance(one, dict)] if isinstance(actions, list) else []
    acts = [_text(one, name) for one in pressed or [{}] for name in ("action_ts", "action_id")]
    return [_text(payload, "user", "id"), *acts]


def _view(payload: Mapping[str, Any]) -> list[str]:
    view = payload.get("view")
    view = view if isinstance(view, dict) else {}
    # A form that came back with errors keeps its id and may keep its hash: what was filled in tells them apart.
    filled = _digest(view.get("state"))
    told = [_text(payload, "type"), _text(payload, "user", "id"), _text(view, "id"), _text(view, "hash")]
    return [*told, filled]


def _command(payload: Mapping[str, Any]) -> list[str]:
    return [_text(payload, "user_id"), _text(payload, "trigger_id")]


def _shortcut(payload: Mapping[str, Any]) -> list[str]:
    return [_text(payload, "user", "id"), _text(payload, "action_ts") or _text(payload, "trigger_id")]


_PARTS: dict[Kind, Callable[[Mapping[str, Any]], list[str]]] = {
    Kind.EVENT: _event, Kind.ACTION: _action, Kind.VIEW: _view, Kind.COMMAND: _command, Kind.SHORTCUT: _shortcut,
}  # fmt: skip


def _text(payload: Mapping[str, Any], *path: str) -> str:
    """The string at the end of the path; "" if there is none."""
    found: Any = payload
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


def _digest(told: Any) -> str:
    """32 hexadecimal digits, the same whatever the order of fields."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]

"""What somebody pressed or chose: a payload of block_actions becomes a verb and a number. Pure, total for all JSON.

What stands in a button is ours, but whoever can reach the app can send it anything: nothing is taken for granted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_ID = re.compile(r"[A-Z0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed what, about which number (of a case, or on the review list).

    `channel` and `thread_ts` say where an answer can be shown; `channel` is empty where it was in the Home tab.
    """

    verb: str
    number: int
    user: str
    channel: str = ""
    thread_ts: str = ""


def read_press(payload: Mapping[str, Any]) -> Press | None:
    """The one thing that was pressed; None for what is none of ours, such as a link."""
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
    user = _text(_table(payload, "user").get("id"), _ID)
    verb, number = _said(action)
    if not (user and verb and _NUMBER.fullmatch(number)):
        return None
    message = _table(payload, "message")
    thread = message.get("thread_ts") or message.get("ts")
    in_thread = isinstance(thread, str) and thread != message.get("ts")
    return Press(verb, int(number), user, channel_of(payload), str(thread) if in_thread else "")


def channel_of(payload: Mapping[str, Any]) -> str:
    """The channel in which something was pressed, chosen or typed; empty for the Home tab."""
    return _text(_table(payload, "channel").get("id") or payload.get("channel_id"), _ID)


def user_of(payload: Mapping[str, Any]) -> str:
    """Who did it, in whichever way the payload says so."""
    user = payload.get("user")
    return _text(user.get("id") if isinstance(user, dict) else payload.get("user_id") or user, _ID)


def _said(action: Mapping[str, Any]) -> tuple[str, str]:
    """A button says what it is by its name and about what by its value; an option of a menu says both."""
    option = action.get("selected_option")
    if isinstance(option, dict):
        verb, _colon, number = str(option.get("value")).partition(":")
        return verb, number
    return str(action.get("action_id", "")), str(action.get("value", ""))


def _table(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any, shape: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and shape.fullmatch(value) else ""

"""Single fields of a submitted view, read without believing anything. All raise UsageError for what we never sent."""

from __future__ import annotations

import json
import re
from collections.abc import Container
from datetime import UTC, datetime
from typing import Any

from bot.edges.slack.modals import LONGEST_METADATA
from bot.edges.slack.pieces import Json
from bot.errors import UsageError
from bot.text.mrkdwn import plain

_ID = re.compile(r"[A-Z0-9]{1,40}")
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")
_MOST_CASES = 2**31
_FIRST, _LAST = 1_000_000_000, 9_999_999_999  # seconds; what Slack's picker can tell


def garbled() -> UsageError:
    """The error for what we never sent."""
    return UsageError("This form came back in a way that amends cannot read.", advice="Close it and open it again.")


def carried(view: Json) -> Json:
    """What the modal carried with it unseen."""
    kept = view.get("private_metadata")
    if not isinstance(kept, str) or len(kept) > LONGEST_METADATA:
        raise garbled()
    try:
        told = json.loads(kept)
    except (ValueError, RecursionError):
        raise garbled() from None
    if not isinstance(told, dict):
        raise garbled()
    return told


def answer(view: Json, block: str) -> Json:
    """What a field holds: `state.values`, by block and action."""
    found: Any = view
    for name in ("state", "values", block, block):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def words(view: Json, block: str, most: int) -> str:
    """What was typed, without what nobody sees; empty where nothing was."""
    typed = answer(view, block).get("value")
    if typed is not None and not isinstance(typed, str):
        raise garbled()
    return plain(typed or "", most)


def option(view: Json, block: str, known: Container[str]) -> str:
    """The value of what was chosen."""
    chosen = answer(view, block).get("selected_option")
    value = chosen.get("value") if isinstance(chosen, dict) else None
    if not isinstance(value, str) or value not in known:
        raise garbled()
    return value


def case(told: Json) -> int:
    """The number of the case that the modal is about."""
    case = told.get("case")
    if not isinstance(case, int) or isinstance(case, bool) or not 0 < case < _MOST_CASES:
        raise garbled()
    return case


def channel(told: Json) -> str:
    """Where the modal was asked for, if that was a channel."""
    return slack_id(told.get("channel"))


def moment(view: Json, block: str) -> datetime:
    """What was picked, in UTC."""
    picked = answer(view, block).get("selected_date_time")
    if not isinstance(picked, int) or not _FIRST <= picked <= _LAST:
        raise garbled()
    return datetime.fromtimestamp(picked, UTC)


def slack_id(value: Any, *, needed: bool = False) -> str:
    """An id of Slack's, or nothing."""
    if value in (None, "") and not needed:
        return ""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise garbled()
    return value


def ts(value: Any) -> str:
    """The name of a message in its channel."""
    if not isinstance(value, str) or not _TS.fullmatch(value):
        raise garbled()
    return value

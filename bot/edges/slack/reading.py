"""What Slack tells of messages, as words that people said, changed or took back. Everything else is None.

Shapes: docs.slack.dev, "message event" and its subtypes. Total: nothing that comes raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.domain.chat import Deleted, Edited, Places, Said, Words
from bot.domain.message import Attachment
from bot.edges.slack.plain_words import Names, cleaned, words_of

_TS = re.compile(r"[0-9]{1,11}\.[0-9]{6}")
_ID = re.compile(r"[A-Za-z0-9]{1,40}")
# Subtypes that are words of people; one that is sent to the channel as well is one message with one ts.
_WORDS = ("", "file_share", "thread_broadcast", "me_message")
_OUR_METADATA = "amends_"
_SLACKBOT = "USLACKBOT"
_LONGEST_NAME, _MOST_FILES = 200, 20
_GONE_FILES = ("tombstone", "hidden_by_limit")
_LARGEST = 2**53
Json = Mapping[str, Any]


def read(payload: Any, places: Places, names: Names | None = None) -> Words | None:
    """What an event of the Events API tells (the whole payload, or its `event`). `names`: of members by id."""
    event = payload.get("event", payload) if isinstance(payload, dict) else None
    if not isinstance(event, dict) or event.get("type") != "message":
        return None
    channel = _string(event.get("channel"))
    if places.medium(channel) is None:
        return None
    subtype = _string(event.get("subtype"))
    if subtype == "message_changed":
        return _changed(event, channel, places, names or {})
    if subtype == "message_deleted":
        return _deleted(event.get("previous_message"), _string(event.get("deleted_ts")), channel, places)
    return read_message(event, channel, places, names)


def read_message(message: Json, channel: str, places: Places, names: Names | None = None) -> Said | None:
    """A message of a listed channel, as an event or a channel's history has it."""
    author, ts = _string(message.get("user")), _string(message.get("ts"))
    if not _is_of_people(message, places) or not _TS.fullmatch(ts) or not _ID.fullmatch(author):
        return None
    if places.bot_user and places.bot_user in _parents(message):
        return None  # talk below one of our own posts
    text, files = words_of(message, names or {}), _files(message.get("files"))
    if not text and not files:
        return None
    return Said(channel, ts, author, text, _thread(message, ts), files, _edited_ts(message))


def _changed(event: Json, channel: str, places: Places, names: Names) -> Words | None:
    now, before = event.get("message"), event.get("previous_message")
    if not isinstance(now, dict):
        return None
    if now.get("subtype") == "tombstone":
        return _deleted(before, _string(now.get("ts")), channel, places)
    said = read_message(now, channel, places, names)
    if said is None:
        return None
    was = read_message(before, channel, places, names) if isinstance(before, dict) else None
    if was is not None and (was.text, was.files) == (said.text, said.files):
        return None  # only a preview, a reaction or a count changed
    at = said.edited_ts or _ts(event.get("event_ts")) or _ts(event.get("ts"))
    return Edited(_at(said, at)) if at else None


def _at(said: Said, edited_ts: str) -> Said:
    return Said(said.channel, said.ts, said.author, said.text, said.thread_ts, said.files, edited_ts)


def _deleted(before: Any, ts: str, channel: str, places: Places) -> Deleted | None:
    """What is known to have been no person's words is passed over; of what is not shown it is not known."""
    if not _TS.fullmatch(ts):
        return None
    if not isinstance(before, dict):
        return Deleted(channel, ts)
    if not _is_of_people(before, places):
        return None
    author = _string(before.get("user"))
    return Deleted(channel, ts, author if _ID.fullmatch(author) else "", _thread(before, ts))


def ts_of(message: Json) -> str:
    """The ts under which a message stands; "" where it has none that can be one."""
    return _ts(message.get("ts"))


def is_gravestone(message: Json) -> bool:
    """Whether history shows only that there was a message, for the sake of its replies."""
    return message.get("subtype") == "tombstone"


def _is_of_people(message: Json, places: Places) -> bool:
    if message.get("subtype") not in (None, *_WORDS) or message.get("hidden") or message.get("is_ephemeral"):
        return False
    if any(message.get(name) for name in ("bot_id", "bot_profile")):
        return False
    metadata = message.get("metadata")
    if isinstance(metadata, dict) and _string(metadata.get("event_type")).startswith(_OUR_METADATA):
        return False
    return message.get("user") not in (_SLACKBOT, places.bot_user or None)


def _parents(message: Json) -> tuple[Any, Any]:
    """Who wrote what it replies to, in the two ways in which that may be told."""
    root = message.get("root")
    return message.get("parent_user_id"), root.get("user") if isinstance(root, dict) else None


def _thread(message: Json, ts: str) -> str:
    """Which message it replies to; a parent names itself."""
    thread = _ts(message.get("thread_ts"))
    return "" if thread == ts else thread


def _edited_ts(message: Json) -> str:
    edited = message.get("edited")
    return _ts(edited.get("ts")) if isinstance(edited, dict) else ""


def _files(found: Any) -> tuple[Attachment, ...]:
    files = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return tuple(_file(one) for one in files if one.get("mode") not in _GONE_FILES)[:_MOST_FILES]


def _file(file: Json) -> Attachment:
    size = file.get("size")
    name = _string(file.get("name")) or _string(file.get("title"))
    return Attachment(
        " ".join(cleaned(name, _LONGEST_NAME).split()) or "file",
        cleaned(_string(file.get("mimetype")), _LONGEST_NAME) or "application/octet-stream",
        size if isinstance(size, int) and 0 <= size <= _LARGEST else 0,
    )


def _ts(value: Any) -> str:
    text = _string(value)
    return text if _TS.fullmatch(text) else ""


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""

"""What the fake Slack knows and how its methods answer, apart from HTTP, faults and threads.

It refuses what Slack refuses (unknown channels, broken blocks, too long texts): a fake that takes
everything proves nothing about the messages a program builds.
"""

from __future__ import annotations

import base64
import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

Json = dict[str, Any]

BOT = {"user_id": "UBOT", "bot_id": "BBOT"}
TEAM = {"url": "https://example.slack.com/", "team": "Example", "team_id": "TEXAMPLE"}
MOST_BLOCKS, LONGEST_TEXT, LARGEST_PAGE = 50, 40_000, 999
CURSOR_PREFIX = "next_ts:"
BLOCK_TYPES = frozenset(
    {"actions", "context", "context_actions", "divider", "file", "header", "image", "input", "markdown"}
    | {"rich_text", "section", "table", "video"}
)
VISIBLE = ("text", "blocks", "attachments")  # a message needs one of them
TEXT_LIMITS = {"section": 3000, "header": 150}
ELEMENT_LIMITS = {"actions": 25, "context": 10}
BUTTON_LIMITS = {"value": 2000, "action_id": 255, "url": 3000}


class Refusal(Exception):
    """Slack says no: `ok` false and a code, at HTTP status 200."""

    def __init__(self, code: str, details: Iterable[str] = ()) -> None:
        super().__init__(code)
        self.answer: Json = {"ok": False, "error": code}
        if messages := [f"[ERROR] {detail}" for detail in details]:
            self.answer["response_metadata"] = {"messages": messages}


@dataclass
class Channel:
    """A conversation; its messages by ts, in the order they were posted."""

    id: str
    name: str
    archived: bool = False
    messages: dict[str, Json] = field(default_factory=dict)
    ephemerals: list[Json] = field(default_factory=list)

    def replies_to(self, ts: str) -> list[Json]:
        return [message for message in self.messages.values() if message.get("thread_ts") == ts]

    def shown(self, message: Json, metadata: bool) -> Json:
        """As the reading methods return it: parents carry the sum of their thread."""
        answer = {key: value for key, value in message.items() if metadata or key != "metadata"}
        if replies := self.replies_to(message["ts"]):
            answer["thread_ts"] = message["ts"]
            answer |= {"reply_count": len(replies), "latest_reply": replies[-1]["ts"]}
        return answer


class Workspace:
    """State, and each method as a function from arguments to answer. The caller sees to locking."""

    def __init__(self, token: str, epoch: int) -> None:
        self.token = token
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, Json] = {}
        self.groups: list[Json] = []
        self._micros = epoch * 1_000_000

    def perform(self, method: str, token: str, args: Json) -> Json:
        """The answer's body, a copy of its own."""
        if method not in METHODS:
            return Refusal("unknown_method").answer
        if method != "api.test" and token != self.token:
            return Refusal("invalid_auth" if token else "not_authed").answer
        try:
            return copy.deepcopy({"ok": True, **METHODS[method](self, args)})
        except Refusal as refusal:
            return refusal.answer

    def store(self, channel: Channel, content: Json) -> Json:
        """Every message, a person's or the bot's, gets its ts here: unique, and later than all before."""
        self._micros += 1
        seconds, micros = divmod(self._micros, 1_000_000)
        message = {"type": "message", "ts": f"{seconds}.{micros:06d}", **content}
        channel.messages[message["ts"]] = message
        return message

    def api_test(self, args: Json) -> Json:
        if "error" in args:
            raise Refusal(args["error"])
        return {"args": args}

    def auth_test(self, args: Json) -> Json:
        return {**TEAM, **BOT, "user": "bot"}

    def post_message(self, args: Json) -> Json:
        channel, content = self._open_channel(args), _content(args)
        if thread := args.get("thread_ts"):
            if thread not in channel.messages:
                raise Refusal("thread_not_found")
            content["thread_ts"] = thread
            if _is_true(args, "reply_broadcast"):
                content["subtype"] = "thread_broadcast"
        message = self.store(channel, {"user": BOT["user_id"], "bot_id": BOT["bot_id"], **content})
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def update_message(self, args: Json) -> Json:
        """Text without blocks takes the old blocks away; metadata stays until it is given anew."""
        channel = self._open_channel(args)
        message = self._own_message(channel, args, "cant_update_message")
        content = _content(args)
        if content["text"]:
            message.pop("blocks", None)
        else:
            del content["text"]
        message.update(content, edited={"user": BOT["user_id"], "ts": message["ts"]})
        return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}

    def delete_message(self, args: Json) -> Json:
        channel = self._open_channel(args)
        message = self._own_message(channel, args, "cant_delete_message")
        del channel.messages[message["ts"]]
        return {"channel": channel.id, "ts": message["ts"]}

    def post_ephemeral(self, args: Json) -> Json:
        channel, content = self._open_channel(args), _content(args)
        if args.get("user") not in self.users:
            raise Refusal("user_not_in_channel")
        message = self.store(channel, {"user": args["user"], **content})
        channel.ephemerals.append(channel.messages.pop(message["ts"]))
        return {"message_ts": message["ts"]}

    def history(self, args: Json) -> Json:
        channel = self._channel(args)
        roots = [m for m in channel.messages.values() if "thread_ts" not in m or "subtype" in m]
        return _page(channel, roots[::-1], args, newest_first=True)

    def replies(self, args: Json) -> Json:
        channel, ts = self._channel(args), args.get("ts", "")
        if ts not in channel.messages:
            raise Refusal("thread_not_found")
        return _page(channel, [channel.messages[ts], *channel.replies_to(ts)], args, newest_first=False)

    def channel_info(self, args: Json) -> Json:
        channel = self._channel(args)
        state = {"is_channel": True, "is_member": True, "is_archived": channel.archived}
        return {"channel": {"id": channel.id, "name": channel.name, **state}}

    def user_info(self, args: Json) -> Json:
        if args.get("user") not in self.users:
            raise Refusal("user_not_found")
        return {"user": self.users[args["user"]]}

    def group_list(self, args: Json) -> Json:
        hidden = "" if _is_true(args, "include_users") else "users"
        return {"usergroups": [{k: v for k, v in group.items() if k != hidden} for group in self.groups]}

    def _channel(self, args: Json) -> Channel:
        if args.get("channel") not in self.channels:
            raise Refusal("channel_not_found")
        return self.channels[args["channel"]]

    def _open_channel(self, args: Json) -> Channel:
        channel = self._channel(args)
        if channel.archived:
            raise Refusal("is_archived")
        return channel

    def _own_message(self, channel: Channel, args: Json, otherwise: str) -> Json:
        message = channel.messages.get(args.get("ts", ""))
        if message is None:
            raise Refusal("message_not_found")
        if message["user"] != BOT["user_id"]:
            raise Refusal(otherwise)
        return message


METHODS: dict[str, Callable[[Workspace, Json], Json]] = {
    "api.test": Workspace.api_test,
    "auth.test": Workspace.auth_test,
    "chat.postMessage": Workspace.post_message,
    "chat.update": Workspace.update_message,
    "chat.delete": Workspace.delete_message,
    "chat.postEphemeral": Workspace.post_ephemeral,
    "conversations.history": Workspace.history,
    "conversations.replies": Workspace.replies,
    "conversations.info": Workspace.channel_info,
    "users.info": Workspace.user_info,
    "usergroups.list": Workspace.group_list,
}


def _is_true(args: Json, name: str) -> bool:
    return str(args.get(name, "")).lower() in {"1", "true"}


def _content(args: Json) -> Json:
    """The part of the arguments that becomes the message, once Slack would take it."""
    content: Json = {"text": ""}
    content |= {key: args[key] for key in (*VISIBLE, "metadata") if key in args}
    if not any(content.get(key) for key in VISIBLE):
        raise Refusal("no_text")
    if len(content["text"]) > LONGEST_TEXT:
        raise Refusal("msg_too_long")
    if problems := list(_block_problems(content.get("blocks", []))):
        raise Refusal("invalid_blocks", problems)
    metadata = content.get("metadata")
    if metadata and not (isinstance(metadata, dict) and {"event_type", "event_payload"} <= metadata.keys()):
        raise Refusal("invalid_metadata_format")
    return content


def _block_problems(blocks: Any) -> Iterator[str]:
    if not (isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks)):
        raise Refusal("invalid_blocks_format")
    if len(blocks) > MOST_BLOCKS:
        yield f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"
    for position, block in enumerate(blocks):
        for problem in (*_text_problems(block), *_element_problems(block)):
            yield f"{problem} [json-pointer:/blocks/{position}]"


def _text_problems(block: Json) -> Iterator[str]:
    kind, text = block.get("type"), block.get("text")
    if kind not in BLOCK_TYPES:
        yield f"unsupported type: {kind}"
    if kind == "header" and (text or {}).get("type") != "plain_text":
        yield "the text of a header has to be plain_text"
    if kind == "section" and not text and not block.get("fields"):
        yield "missing required field: text"
    if kind in TEXT_LIMITS and text and not 1 <= len(text.get("text", "")) <= TEXT_LIMITS[kind]:
        yield f"must have 1 to {TEXT_LIMITS[kind]} characters"


def _element_problems(block: Json) -> Iterator[str]:
    elements = block.get("elements", [])
    if len(elements) > ELEMENT_LIMITS.get(block.get("type", ""), len(elements)):
        yield f"no more than {ELEMENT_LIMITS[block['type']]} elements allowed"
    for element in (*elements, block.get("accessory", {})):
        for name, limit in BUTTON_LIMITS.items():
            if element.get("type") == "button" and len(element.get(name, "")) > limit:
                yield f"{name} must have less than {limit + 1} characters"


def _page(channel: Channel, found: list[Json], args: Json, *, newest_first: bool) -> Json:
    """One page. The cursor names the last message shown, so that later ones shift nothing."""
    oldest, latest = _bounds(args)
    inclusive = _is_true(args, "inclusive")
    kept = [one for one in found if _is_within(one["ts"], oldest, latest, inclusive)]
    if shown := _decoded(args.get("cursor", "")):
        kept = [one for one in kept if one["ts"] != shown and (one["ts"] < shown) == newest_first]
    limit = _limit(args)
    page, rest = kept[:limit], kept[limit:]
    cursor = base64.b64encode(f"{CURSOR_PREFIX}{page[-1]['ts']}".encode()).decode() if rest else ""
    messages = [channel.shown(one, _is_true(args, "include_all_metadata")) for one in page]
    return {"messages": messages, "has_more": bool(rest), "response_metadata": {"next_cursor": cursor}}


def _bounds(args: Json) -> tuple[Decimal, Decimal]:
    try:
        return Decimal(str(args.get("oldest") or 0)), Decimal(str(args.get("latest") or "Infinity"))
    except InvalidOperation:
        raise Refusal("invalid_arguments") from None


def _is_within(ts: str, oldest: Decimal, latest: Decimal, inclusive: bool) -> bool:
    moment = Decimal(ts)
    return oldest < moment < latest or (inclusive and moment in (oldest, latest))


def _limit(args: Json) -> int:
    text = str(args.get("limit") or 100)
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_PAGE:
        raise Refusal("invalid_limit")
    return int(text)


def _decoded(cursor: str) -> str:
    """The ts in the cursor; nothing for no cursor."""
    with contextlib.suppress(ValueError):
        text = base64.b64decode(cursor, validate=True).decode()
        if not cursor or text.startswith(CURSOR_PREFIX):
            return text.removeprefix(CURSOR_PREFIX)
    raise Refusal("invalid_cursor")

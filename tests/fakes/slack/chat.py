"""chat.*: posting, changing and deleting. It refuses what Slack refuses."""

from __future__ import annotations

from .answers import Json, Refusal, is_true
from .identity import APP_ID, BOT, TEAM_ID
from .limits import LONGEST_TEXT, block_problems, metadata_problems
from .workspace import Channel, Workspace

VISIBLE = ("text", "blocks", "attachments")  # a message needs one of them
OURS = {
    "user": BOT["user_id"], "bot_id": BOT["bot_id"], "app_id": APP_ID, "team": TEAM_ID,
    "bot_profile": {"id": BOT["bot_id"], "app_id": APP_ID, "name": "bot", "team_id": TEAM_ID, "deleted": False},
}  # fmt: skip


def post_message(workspace: Workspace, args: Json) -> Json:
    channel, content = _writable(workspace, args), content_of(args)
    if thread := args.get("thread_ts"):
        if thread not in channel.messages:
            raise Refusal("thread_not_found")
        content["thread_ts"] = thread
        if is_true(args, "reply_broadcast"):
            content["subtype"] = "thread_broadcast"
    message = workspace.store(channel, {**OURS, **content})
    return {"channel": channel.id, "ts": message["ts"], "message": channel.shown(message, metadata=True)}


def update_message(workspace: Workspace, args: Json) -> Json:
    """Text without blocks takes the old blocks away; metadata stays until it is given anew."""
    channel = _writable(workspace, args)
    ts = _own_message(channel, args, "cant_update_message")
    content = content_of(args)
    if content["text"]:
        content = {"blocks": None, **content}
    else:
        del content["text"]
    message = workspace.change(channel, ts, content, BOT["user_id"])
    shown = channel.shown(message, metadata=True)
    return {"channel": channel.id, "ts": ts, "text": message["text"], "message": shown}


def delete_message(workspace: Workspace, args: Json) -> Json:
    channel = _writable(workspace, args)
    ts = _own_message(channel, args, "cant_delete_message")
    workspace.remove(channel, ts)
    return {"channel": channel.id, "ts": ts}


def post_ephemeral(workspace: Workspace, args: Json) -> Json:
    channel, content = _writable(workspace, args), content_of(args)
    if args.get("user") not in workspace.members_of(channel):
        raise Refusal("user_not_in_channel")
    if thread := args.get("thread_ts"):
        content["thread_ts"] = thread
    return {"message_ts": workspace.whisper(channel, args["user"], content)["ts"]}


def permalink(workspace: Workspace, args: Json) -> Json:
    channel, ts = workspace.channel(args), str(args.get("message_ts"))
    if ts not in channel.messages:
        raise Refusal("message_not_found")
    link = f"https://example.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if root := channel.messages[ts].get("thread_ts"):
        link += f"?thread_ts={root}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def content_of(args: Json) -> Json:
    """The part of the arguments that becomes the message, once Slack would take it."""
    content: Json = {"text": ""}
    content |= {key: args[key] for key in (*VISIBLE, "metadata") if args.get(key) is not None}
    if not any(content.get(key) for key in VISIBLE):
        raise Refusal("no_text")
    if len(content["text"]) > LONGEST_TEXT:
        raise Refusal("msg_too_long")
    blocks = content.get("blocks", [])
    if not (isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks)):
        raise Refusal("invalid_blocks_format")
    if problems := list(block_problems(blocks)):
        raise Refusal("invalid_blocks", problems)
    if (metadata := content.get("metadata")) and (problems := list(metadata_problems(metadata))):
        raise Refusal("invalid_metadata_format", problems)
    return content


def _writable(workspace: Workspace, args: Json) -> Channel:
    """A channel into which our app may write; a person's id stands for the conversation with them.

    Slack takes what is said to somebody whose account was deactivated, too.
    """
    is_person = args.get("channel") in workspace.users
    channel = workspace.direct(args["channel"]) if is_person else workspace.channel(args)
    if channel.im and not workspace.messages_tab:
        raise Refusal("messages_tab_disabled")
    if channel.archived:
        raise Refusal("is_archived")
    if not channel.joined:
        raise Refusal("not_in_channel")
    if channel.restricted:
        raise Refusal("restricted_action")
    return channel


def _own_message(channel: Channel, args: Json, otherwise: str) -> str:
    ts = str(args.get("ts", ""))
    if ts not in channel.messages or channel.messages[ts].get("subtype") == "tombstone":
        raise Refusal("message_not_found")
    if channel.messages[ts].get("user") != BOT["user_id"]:
        raise Refusal(otherwise)
    return ts

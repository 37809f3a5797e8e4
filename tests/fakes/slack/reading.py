"""What can be read: conversations, people, groups, the team. Page by page where Slack pages."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from .answers import Json, Refusal, is_true
from .identity import BOT, TEAM, TEAM_ID
from .workspace import Channel, Workspace

LARGEST_PAGE = 999
CURSOR_PREFIX, OFFSET_PREFIX = "next_ts:", "offset:"


def auth_test(workspace: Workspace, args: Json) -> Json:
    return {**TEAM, **BOT, "user": "bot", "is_enterprise_install": False}


def api_test(workspace: Workspace, args: Json) -> Json:
    if "error" in args:
        raise Refusal(args["error"])
    return {"args": args}


def team_info(workspace: Workspace, args: Json) -> Json:
    return {"team": {"id": TEAM_ID, "name": TEAM["team"], "domain": "example", "email_domain": ""}}


def history(workspace: Workspace, args: Json) -> Json:
    channel = _readable(workspace, args)
    roots = [m for m in channel.messages.values() if m.get("thread_ts", m["ts"]) == m["ts"] or "subtype" in m]
    return _page(channel, roots[::-1], args, newest_first=True)


def replies(workspace: Workspace, args: Json) -> Json:
    channel, ts = _readable(workspace, args), args.get("ts", "")
    if ts not in channel.messages:
        raise Refusal("thread_not_found")
    return _page(channel, [channel.messages[ts], *channel.replies_to(ts)], args, newest_first=False)


def channel_info(workspace: Workspace, args: Json) -> Json:
    return {"channel": _described(workspace, workspace.channel(args))}


def channel_list(workspace: Workspace, args: Json) -> Json:
    wanted = set(str(args.get("types") or "public_channel").split(","))
    found = [
        _described(workspace, channel)
        for channel in workspace.channels.values()
        if _public_name(channel) in wanted and not (channel.archived and is_true(args, "exclude_archived"))
        if channel.joined or not channel.private
    ]
    return _part("channels", found, args)


def channel_members(workspace: Workspace, args: Json) -> Json:
    return _part("members", workspace.members_of(workspace.channel(args)), args)


def join(workspace: Workspace, args: Json) -> Json:
    channel = workspace.channel(args)
    if channel.archived:
        raise Refusal("is_archived")
    if channel.private or channel.im:
        raise Refusal("method_not_supported_for_channel_type")
    if not channel.joined:
        workspace.join(channel, BOT["user_id"])
    return {"channel": _described(workspace, channel)}


def open_direct(workspace: Workspace, args: Json) -> Json:
    users = [user for user in str(args.get("users") or "").split(",") if user]
    if len(users) != 1:
        raise Refusal("method_not_supported_for_channel_type" if users else "users_list_not_supplied")
    about = workspace.users.get(users[0], {})
    if about.get("deleted"):
        raise Refusal("user_disabled")
    if about.get("is_bot") or users[0] == BOT["user_id"]:
        raise Refusal("cannot_dm_bot")
    return {"channel": {"id": workspace.direct(users[0]).id}}


def user_info(workspace: Workspace, args: Json) -> Json:
    if args.get("user") not in workspace.users:
        raise Refusal("user_not_found")
    return {"user": workspace.users[args["user"]]}


def user_list(workspace: Workspace, args: Json) -> Json:
    return _part("members", list(workspace.users.values()), args)


def user_by_email(workspace: Workspace, args: Json) -> Json:
    for user in workspace.users.values():
        if user["profile"].get("email", "").lower() == str(args.get("email", "")).lower() and not user["deleted"]:
            return {"user": user}
    raise Refusal("users_not_found")


def group_list(workspace: Workspace, args: Json) -> Json:
    hidden = "" if is_true(args, "include_users") else "users"
    kept = [group for group in workspace.groups if not group["date_delete"] or is_true(args, "include_disabled")]
    return {"usergroups": [{k: v for k, v in group.items() if k != hidden} for group in kept]}


def group_users(workspace: Workspace, args: Json) -> Json:
    for group in workspace.groups:
        if group["id"] == args.get("usergroup"):
            return {"users": group["users"]}
    raise Refusal("no_such_subteam")


def react(workspace: Workspace, args: Json) -> Json:
    channel, ts = workspace.channel(args), str(args.get("timestamp"))
    if ts not in channel.messages:
        raise Refusal("message_not_found")
    reaction = {"channel": channel.id, "ts": ts, "name": str(args.get("name")).strip(":"), "user": BOT["user_id"]}
    if reaction in workspace.reactions:
        raise Refusal("already_reacted")
    workspace.reactions.append(reaction)
    return {}


def _readable(workspace: Workspace, args: Json) -> Channel:
    channel = workspace.channel(args)
    if not channel.joined:
        raise Refusal("not_in_channel")
    return channel


def _public_name(channel: Channel) -> str:
    return {"im": "im", "group": "private_channel", "channel": "public_channel"}[channel.type]


def _described(workspace: Workspace, channel: Channel) -> Json:
    return {
        "id": channel.id, "name": channel.name, "is_channel": channel.type == "channel", "is_im": channel.im,
        "is_group": channel.type == "group", "is_private": channel.private or channel.im, "is_mpim": False,
        "is_archived": channel.archived, "is_member": channel.joined, "is_general": False,
        "is_shared": channel.shared or channel.org_shared, "is_ext_shared": channel.shared,
        "is_pending_ext_shared": channel.pending_shared, "is_org_shared": channel.org_shared,
        "num_members": len(workspace.members_of(channel)),
    }  # fmt: skip


def _page(channel: Channel, found: list[Json], args: Json, *, newest_first: bool) -> Json:
    """One page. The cursor names the last message shown, so that later ones shift nothing."""
    oldest, latest = _bounds(args)
    inclusive = is_true(args, "inclusive")
    kept = [one for one in found if _is_within(one["ts"], oldest, latest, inclusive)]
    if shown := _decoded(args.get("cursor", ""), CURSOR_PREFIX):
        kept = [one for one in kept if one["ts"] != shown and (one["ts"] < shown) == newest_first]
    limit = _limit(args)
    page, rest = kept[:limit], kept[limit:]
    cursor = _encoded(f"{CURSOR_PREFIX}{page[-1]['ts']}") if rest else ""
    messages = [channel.shown(one, is_true(args, "include_all_metadata")) for one in page]
    return {"messages": messages, "has_more": bool(rest), "response_metadata": {"next_cursor": cursor}}


def _part(name: str, found: Sequence[Any], args: Json) -> Json:
    """One page of a list that has no order in time."""
    start, limit = int(_decoded(args.get("cursor", ""), OFFSET_PREFIX) or 0), _limit(args)
    end = start + limit
    cursor = _encoded(f"{OFFSET_PREFIX}{end}") if end < len(found) else ""
    return {name: found[start:end], "response_metadata": {"next_cursor": cursor}}


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


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(cursor: str, prefix: str) -> str:
    """What the cursor says; nothing for no cursor."""
    with contextlib.suppress(ValueError):
        text = base64.b64decode(cursor, validate=True).decode()
        if not cursor or text.startswith(prefix):
            return text.removeprefix(prefix)
    raise Refusal("invalid_cursor")

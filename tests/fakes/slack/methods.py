"""The methods that the fake Slack knows, and what a token needs to call them (docs.slack.dev/reference/methods)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from . import chat, reading, views
from .answers import Json, Refusal
from .workspace import Workspace

BY_TYPE = {"channel": "channels", "group": "groups", "im": "im"}


class Method(NamedTuple):
    """`scope` may hold a `*`, which stands for the kind of channel that is asked about."""

    run: Callable[[Workspace, Json], Json]
    scope: str = ""


METHODS: dict[str, Method] = {
    "api.test": Method(reading.api_test),
    "auth.test": Method(reading.auth_test),
    "chat.postMessage": Method(chat.post_message, "chat:write"),
    "chat.update": Method(chat.update_message, "chat:write"),
    "chat.delete": Method(chat.delete_message, "chat:write"),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write"),
    "chat.getPermalink": Method(chat.permalink),
    "conversations.history": Method(reading.history, "*:history"),
    "conversations.replies": Method(reading.replies, "*:history"),
    "conversations.info": Method(reading.channel_info, "*:read"),
    "conversations.list": Method(reading.channel_list, "channels:read"),
    "conversations.members": Method(reading.channel_members, "*:read"),
    "conversations.join": Method(reading.join, "channels:join"),
    "conversations.open": Method(reading.open_direct, "im:write"),
    "reactions.add": Method(reading.react, "reactions:write"),
    "team.info": Method(reading.team_info, "team:read"),
    "usergroups.list": Method(reading.group_list, "usergroups:read"),
    "usergroups.users.list": Method(reading.group_users, "usergroups:read"),
    "users.info": Method(reading.user_info, "users:read"),
    "users.list": Method(reading.user_list, "users:read"),
    "users.lookupByEmail": Method(reading.user_by_email, "users:read.email"),
    "views.open": Method(views.open_view),
    "views.push": Method(views.push_view),
    "views.update": Method(views.update_view),
    "views.publish": Method(views.publish_view),
}
EVERY_SCOPE = frozenset(
    [method.scope for method in METHODS.values() if method.scope and "*" not in method.scope]
    + [f"{kind}:{right}" for kind in BY_TYPE.values() for right in ("history", "read")]
    + ["commands"]
)


def needed(workspace: Workspace, method: Method, args: Json) -> str:
    """The scope for this call; nothing where any token will do."""
    if "*" not in method.scope:
        return method.scope
    channel = workspace.channels.get(str(args.get("channel")))
    return method.scope.replace("*", BY_TYPE[channel.type] if channel else "channels")


def check_scope(scope: str, granted: Iterable[str]) -> None:
    """Refuses a call for which the token was not granted enough."""
    if scope and scope not in granted:
        raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(granted)))

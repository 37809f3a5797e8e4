"""Looks at Slack as amends would use it: tokens, scopes, channels, people who are named, the way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.edges.slack.bolt import Listener
from bot.edges.slack.web import Web
from bot.errors import AmendsError, Refused
from bot.settings import Settings, SlackSettings

# deploy/slack-manifest.yaml; a test keeps both equal. Channels are public or private: one of the two will do.
SCOPES = (
    "chat:write", "commands", "channels:history", "groups:history", "channels:read", "groups:read", "users:read",
    "usergroups:read",
)  # fmt: skip
_ONLY_TO_LISTEN = frozenset({"commands"})
_SCOPES_ADVICE = "Update the app from deploy/slack-manifest.yaml and install it again."
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Checked:
    """One look: `id` never changes, `advice` is what to do where it is not fine."""

    id: str
    fine: bool
    said: str
    advice: str = ""


def check_slack(settings: Settings) -> Iterator[Checked]:
    """One after the other; nothing is posted."""
    slack = settings.slack
    if slack is None or not slack.bot_token.named:
        yield Checked("slack", True, "no Slack token: alerts go to the console")
        return
    try:
        web = Web(slack.bot_token.reveal(), slack.api_url)
        who = web.ask("auth.test")
    except AmendsError as problem:
        yield _bad("slack", problem)
        return
    yield Checked("slack", True, f"connected as {who.get('user', 'a bot')} in {who.get('team', 'a workspace')}")
    yield _guarded("slack.scopes", lambda: _scopes(web, slack))
    yield from _channels(web, slack)
    yield from _people(web, slack, settings)
    yield _guarded("slack.listening", lambda: _listening(slack))


def _guarded(check_id: str, look: Callable[[], Checked]) -> Checked:
    try:
        return look()
    except AmendsError as problem:
        return _bad(check_id, problem)


def _bad(check_id: str, problem: AmendsError) -> Checked:
    head = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return Checked(check_id, False, head, problem.advice)


def _scopes(web: Web, slack: SlackSettings) -> Checked:
    granted = web.scopes()
    wanted = frozenset(SCOPES) - (frozenset() if slack.listens else _ONLY_TO_LISTEN)
    if missing := sorted(wanted - granted):
        return Checked("slack.scopes", False, f"not granted: {', '.join(missing)}", _SCOPES_ADVICE)
    return Checked("slack.scopes", True, "everything that amends needs was granted")


def _channels(web: Web, slack: SlackSettings) -> Iterator[Checked]:
    """Each channel of the config: whether amends is in it, and whether outsiders read where customers' words go."""
    inside = {slack.alert_channel: "alerts", slack.fallback_channel: "alerts that are refused elsewhere"}
    named = inside | dict.fromkeys(slack.work_channels, "colleagues")
    named |= {channel: f"of {customer}" for channel, customer in slack.customers.items()}
    for channel, use in named.items():
        if channel:
            yield _guarded(f"slack.{channel}", partial(_channel, web, channel, use, is_inside=channel in inside))


def _channel(web: Web, channel: str, use: str, *, is_inside: bool) -> Checked:
    found = web.ask("conversations.info", channel=channel)["channel"]
    name, check_id = f"#{found.get('name', channel)} ({use})", f"slack.{channel}"
    if found.get("is_archived"):
        return Checked(check_id, False, f"{name} is archived", "Name another channel in [slack].")
    if not found.get("is_member"):
        return Checked(check_id, False, f"amends is not in {name}", "Invite the app there: /invite @amends")
    if is_inside and (found.get("is_ext_shared") or found.get("is_pending_ext_shared")):
        advice = "Customers' words are posted there: name a channel that only your own people read."
        return Checked(check_id, False, f"{name} is shared with people from outside", advice)
    return Checked(check_id, True, f"amends is in {name}")


def _people(web: Web, slack: SlackSettings, settings: Settings) -> Iterator[Checked]:
    """Whoever is to be pinged, and whoever may act, must be somebody."""
    named = {"on_call": settings.on_call.on_call, "lead": settings.on_call.lead, "actors": slack.actors}
    for setting, target in named.items():
        if target:
            look = _group if target.startswith("S") else _member
            yield _guarded(f"slack.{setting}", partial(look, web, setting, target))


def _group(web: Web, setting: str, target: str) -> Checked:
    groups: list[dict[str, Any]] = web.ask("usergroups.list", include_count=True).get("usergroups", [])
    for group in groups:
        if group.get("id") == target:
            return Checked(f"slack.{setting}", True, f"{setting} is @{group.get('handle', target)}")
    return Checked(f"slack.{setting}", False, f"there is no user group {target}", f"Check [slack] {setting}.")


def _member(web: Web, setting: str, target: str) -> Checked:
    try:
        found = web.ask("users.info", user=target)["user"]
    except Refused as problem:
        if problem.code != "user_not_found":
            raise
        found = {"deleted": True}
    if found.get("deleted"):
        return Checked(f"slack.{setting}", False, f"there is no member {target}", f"Check [slack] {setting}.")
    return Checked(f"slack.{setting}", True, f"{setting} is @{found.get('name', target)}")


def _listening(slack: SlackSettings) -> Checked:
    """A socket is opened and closed at once; whatever came over it meanwhile, Slack tells again."""
    if not slack.listens:
        return Checked(
            "slack.listening", True, "no app token: amends speaks, and does not listen; cards have no buttons"
        )
    if slack.mode == "http":
        host, port = slack.listen
        slack.signing_secret.reveal()
        return Checked("slack.listening", True, f"signed requests are taken at http://{host}:{port}/slack/events")

    def unheard(_told: object) -> Any:
        raise Refused("Only the connection was tried.")

    listener = Listener(unheard, slack.bot_token.reveal(), api_url=slack.api_url, app_token=slack.app_token.reveal())
    listener.dial(lambda: None).end(0)
    return Checked("slack.listening", True, "a socket connects")

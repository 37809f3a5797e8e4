"""Looks at Slack as amends would use it: tokens, scopes, channels, people who are named, the way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.checked import Checked, failed
from bot.domain.escalation import How, Notify
from bot.domain.triage import Policy
from bot.edges.slack.bolt import Listener
from bot.edges.slack.directory import ask_ourselves, is_ours
from bot.edges.slack.web import Web
from bot.errors import AmendsError, Refused
from bot.settings import Settings, SlackSettings

# deploy/slack-manifest.yaml; a test keeps both equal. Channels are public or private: one of the two will do.
SCOPES = (
    "chat:write", "commands", "channels:history", "groups:history", "channels:read", "groups:read", "im:write",
    "im:history", "users:read", "usergroups:read",
)  # fmt: skip
_ONLY_TO_LISTEN, _ONLY_FOR_DIRECTS = frozenset({"commands"}), frozenset({"im:write", "im:history"})
_SCOPES_ADVICE = "Update the app from deploy/slack-manifest.yaml and install it again."
_PAGE = 1000


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
        yield failed("slack", problem)
        return
    yield Checked("slack", True, f"connected as {who.get('user', 'a bot')} in {who.get('team', 'a workspace')}")
    yield _guarded("slack.scopes", lambda: _scopes(web, slack, settings.policy))
    yield from _channels(web, slack, settings.health.canary_channel)
    yield from _people(web, slack, settings)
    yield _guarded("slack.listening", lambda: _listening(slack))


def _guarded(check_id: str, look: Callable[[], Checked]) -> Checked:
    try:
        return look()
    except AmendsError as problem:
        return failed(check_id, problem)


def _scopes(web: Web, slack: SlackSettings, policy: Policy) -> Checked:
    granted = web.scopes()
    wanted = frozenset(SCOPES) - (frozenset() if slack.listens else _ONLY_TO_LISTEN)
    if not any(rung.how is How.DM for ladder in policy.ladders for rung in ladder.rungs):
        wanted -= _ONLY_FOR_DIRECTS
    if missing := sorted(wanted - granted):
        return Checked("slack.scopes", False, f"not granted: {', '.join(missing)}", _SCOPES_ADVICE)
    return Checked("slack.scopes", True, "everything that amends needs was granted")


def _channels(web: Web, slack: SlackSettings, canary: str) -> Iterator[Checked]:
    """Each channel of the config: whether amends is in it, and whether outsiders read where customers' words go."""
    inside = {slack.alert_channel: "alerts", slack.fallback_channel: "alerts that are refused elsewhere"}
    named = {canary: "the canary"} | inside | dict.fromkeys(slack.work_channels, "colleagues")
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


@dataclass(frozen=True, slots=True)
class _Named:
    """A member or a user group that is named somewhere: under which id of a check, as what, and what to look at."""

    check_id: str
    target: str
    role: str
    advice: str
    directly: bool = False


def _people(web: Web, slack: SlackSettings, settings: Settings) -> Iterator[Checked]:
    """Whoever is to be pinged, and whoever may act, must be somebody."""
    fixed = {"on_call": settings.on_call.on_call, "lead": settings.on_call.lead, "actors": slack.actors}
    named = [_Named(f"slack.{setting}", target, setting, f"Check [slack] {setting}.")
             for setting, target in fixed.items() if target]  # fmt: skip
    for one in (*named, *_of_ladders(settings.policy), *_of_schedules(settings.policy)):
        yield _guarded(one.check_id, partial(_group if one.target.startswith("S") else _member, web, one))


def _of_ladders(policy: Policy) -> Iterator[_Named]:
    """Whom rungs name by their id, once a ladder."""
    for ladder in policy.ladders:
        directly: dict[str, bool] = {}
        for rung in ladder.rungs:
            if rung.notify is Notify.PERSON:
                directly[rung.who] = directly.get(rung.who, False) or rung.how is How.DM
        advice = f"Check the escalation policy {ladder.name}."
        for who, is_dm in directly.items():
            yield _Named(f"slack.policy.{ladder.name}.{who}", who, f"policy {ladder.name}", advice, is_dm)


def _of_schedules(policy: Policy) -> Iterator[_Named]:
    """Everybody who takes turns or will stand in for somebody, as far as that is known."""
    for schedule in policy.roster.schedules:
        everybody = dict.fromkeys(_on_call_by(schedule, datetime.now(UTC)))
        advice = f"Check [[oncall]] {schedule.name}."
        directly = any(
            rung.how is How.DM and schedule.name in (rung.who, rung.notify.value)
            for ladder in policy.ladders for rung in ladder.rungs
        )  # fmt: skip
        for who in filter(None, everybody):
            yield _Named(f"slack.oncall.{schedule.name}.{who}", who, f"on-call {schedule.name}", advice, directly)


def _on_call_by(schedule: Any, now: datetime) -> Iterator[str]:
    """People of a rotation, of a calendar's shifts, of overrides, whichever of these it has; and who it is now."""
    turns = getattr(schedule, "turns", schedule)
    yield from getattr(turns, "people", ())
    yield from getattr(turns, "names", {})
    dated = (*getattr(turns, "shifts", ()), *getattr(schedule, "overrides", ()))
    yield from (one.who for one in dated if one.ends_at > now)
    yield schedule.duty(now).who


def _group(web: Web, named: _Named) -> Checked:
    groups: list[dict[str, Any]] = web.ask("usergroups.list", include_count=True).get("usergroups", [])
    handle = next((str(one.get("handle", named.target)) for one in groups if one.get("id") == named.target), "")
    if not handle:
        return Checked(named.check_id, False, f"there is no user group {named.target}", named.advice)
    if named.directly:
        said = f"{named.role} is @{handle}, and a group gets no direct message: the channel is told"
        return Checked(named.check_id, False, said, f"Name a member, or leave out how. {named.advice}")
    return Checked(named.check_id, True, f"{named.role} is @{handle}")


def _member(web: Web, named: _Named) -> Checked:
    try:
        found = web.ask("users.info", user=named.target)["user"]
    except Refused as problem:
        if problem.code not in ("user_not_found", "user_not_visible"):
            raise
        return Checked(named.check_id, False, f"there is no member {named.target}", named.advice)
    name = f"@{found.get('name', named.target)}"
    if found.get("deleted"):
        said = f"{named.role} is {name}, who left the workspace"
        return Checked(named.check_id, False, said, named.advice)
    if named.directly and not is_ours(found, ask_ourselves(web)):
        said = f"{named.role} is {name}, who is none of your own people: no direct message, the channel is told"
        return Checked(named.check_id, False, said, named.advice)
    return Checked(named.check_id, True, f"{named.role} is {name}")


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

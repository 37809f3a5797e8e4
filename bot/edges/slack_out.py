"""Posts to Slack and finds its own posts again. The only file that imports slack_sdk."""

from __future__ import annotations

import http.client
import logging
import re
import socket
import ssl
import urllib.error
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.domain.alert import Alert, AlertKey, Notice
from bot.edges.blocks import message, notice
from bot.errors import AmendsError, NoLookUp, Refused, Retriable
from bot.service.ports import Ref

logging.getLogger("slack_sdk").setLevel(logging.INFO)  # at DEBUG it writes tokens and bodies

EVENT_TYPE = "amends_alert"
_TIMEOUT = 8
_PAGE = 200
# Slack's own troubles; it may have done what was asked (docs.slack.dev, errors common to all methods).
_UNKNOWN = ("internal_error", "fatal_error", "request_timeout", "service_unavailable", "team_added_to_org")
_NOT_REACHED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
# What Slack calls its errors; anything else was not said by Slack (slack_sdk puts a proxy's page here).
_CODE = re.compile(r"[a-z0-9_]+")
_SCOPES = "Add the scopes named in config.example.toml and install the app again."
_UNSEARCHABLE = ("missing_scope", "unknown_method", "not_allowed_token_type", "method_not_supported_for_channel_type")
_ADVICE = {
    "not_in_channel": "Invite the app into the channel: /invite @amends",
    "channel_not_found": "Check [slack] alert_channel, and invite the app if the channel is private.",
    "is_archived": "Name another channel in [slack] alert_channel.",
    "invalid_auth": "Check the bot token.",
    "token_revoked": "Install the app again and set the new bot token.",
    "missing_scope": _SCOPES,
}


class SlackChannel:
    """One channel of one workspace. Every post carries its key as metadata, so that it can be found again."""

    def __init__(self, token: str, channel: str, api_url: str) -> None:
        """Nothing is sent yet. Retries are the outbox's business: slack_sdk's own would post twice."""
        self._client = WebClient(token=token, base_url=api_url, timeout=_TIMEOUT, retry_handlers=[])
        self._channel = channel

    def post(self, alert: Alert | Notice, root: Ref | None) -> Ref:
        """chat.postMessage, as a reply to `root` if there is one. Raises Retriable or Refused."""
        about: dict[str, Any] = {"key": alert.key}
        reply: dict[str, Any] = {}
        if isinstance(alert, Notice):
            text, blocks = notice(alert)
        else:
            text, blocks = message(alert)
            about["case"] = int(alert.case)
            if root:
                reply = {"thread_ts": _ts(root), "reply_broadcast": bool(alert.mention)}
        done = _asked(
            "chat.postMessage", self._client.chat_postMessage,
            channel=self._channel, text=text, blocks=blocks, unfurl_links=False, unfurl_media=False,
            metadata={"event_type": EVENT_TYPE, "event_payload": about}, **reply,
        )  # fmt: skip
        return Ref(f"{done['channel']}:{done['ts']}")

    def find(self, key: AlertKey, root: Ref | None, since: datetime) -> Ref | None:
        """Our post with this key among the channel's messages since then, or among the replies to `root`."""
        for found in self._messages(root, since):
            payload = found.get("metadata", {}).get("event_payload", {})
            if payload.get("key") == key:
                return Ref(f"{self._channel}:{found['ts']}")
        return None

    def _messages(self, root: Ref | None, since: datetime) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            asked: dict[str, Any] = {
                "channel": self._channel, "oldest": f"{since.timestamp():.6f}", "limit": _PAGE,
                "include_all_metadata": True, "cursor": cursor or None,
            }  # fmt: skip
            if root:
                page = _asked("conversations.replies", self._client.conversations_replies, ts=_ts(root), **asked)
            else:
                page = _asked("conversations.history", self._client.conversations_history, **asked)
            yield from page.get("messages", [])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return

    def check(self) -> str:
        """Who we are there, and whether we are in the channel. Raises Retriable or Refused."""
        who = _asked("auth.test", self._client.auth_test)
        _asked("conversations.history", self._client.conversations_history, channel=self._channel, limit=1)
        return f"{who.get('user', 'a bot')} in {who.get('team', 'a workspace')}"


def _ts(ref: Ref) -> str:
    return ref.partition(":")[2]


def _asked(method: str, call: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return call(**arguments)
    except Exception as problem:
        raise _translated(problem, method) from problem


def _translated(problem: Exception, method: str) -> AmendsError:
    """Was it done, surely not done, or does nobody know?"""
    where = f"Slack {method}"
    if isinstance(problem, SlackApiError):
        return _refusal(problem, where)
    if isinstance(problem, urllib.error.URLError) and isinstance(problem.reason, _NOT_REACHED):
        return Retriable(f"Slack cannot be reached: {problem.reason}.", where=where)
    if isinstance(problem, OSError | http.client.HTTPException | SlackClientError | ValueError):
        return Retriable(f"No answer came: {type(problem).__name__}.", where=where, outcome_unknown=True)
    raise problem


def _refusal(problem: SlackApiError, where: str) -> AmendsError:
    response: Any = problem.response
    status = getattr(response, "status_code", 200)
    code = str(response.get("error", "")) if hasattr(response, "get") else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        headers = getattr(response, "headers", {}) or {}
        wait = float(headers.get("Retry-After") or headers.get("retry-after") or 1)
        return Retriable("Slack asks for patience.", where=where, retry_after=wait)
    if "conversations." in where and (code in _UNSEARCHABLE or status == 404):
        return NoLookUp(f"Slack does not show the channel's history: {code or status}.", where=where, advice=_SCOPES)
    if code and not _CODE.fullmatch(code):
        return Retriable(f"What answered (HTTP {status}) was not Slack.", where=where, outcome_unknown=True)
    if status >= 500 or code in _UNKNOWN:
        return Retriable(f"Slack has trouble ({code or status}).", where=where, outcome_unknown=True)
    return Refused(f"Slack refuses: {code or status}.", where=where, advice=_ADVICE.get(code, ""))

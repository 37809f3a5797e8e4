"""Slack's Web API, asked once and never again by itself. The only file that imports slack_sdk."""

from __future__ import annotations

import http.client
import logging
import re
import socket
import ssl
import urllib.error
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.errors import AmendsError, Gone, NoLookUp, Refused, Retriable, Unshowable

logging.getLogger("slack_sdk").setLevel(logging.INFO)  # at DEBUG it writes tokens and bodies

_TIMEOUT = 8
# Slack's own troubles; it may have done what was asked (docs.slack.dev, errors common to all methods).
_UNKNOWN = ("internal_error", "fatal_error", "request_timeout", "service_unavailable", "team_added_to_org")
_NOT_REACHED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
# What Slack calls its errors; anything else was not said by Slack (slack_sdk puts a proxy's page here).
_CODE = re.compile(r"[a-z0-9_]+")
_SCOPES = "Take the scopes of deploy/slack-manifest.yaml and install the app again."
_SEARCHES = ("conversations.history", "conversations.replies")
_UNSEARCHABLE = ("missing_scope", "unknown_method", "not_allowed_token_type", "method_not_supported_for_channel_type")
_GONE = ("message_not_found", "thread_not_found", "cant_update_message")
# What Slack says of the message, and would say of it in any channel (docs.slack.dev, chat.postMessage, chat.update).
_UNSHOWABLE = (
    "msg_too_long", "msg_blocks_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "invalid_arguments",
    "invalid_array_arg", "invalid_form_data", "invalid_metadata_format", "invalid_metadata_schema",
    "metadata_too_large", "markdown_text_conflict", "too_many_attachments",
)  # fmt: skip
_ADVICE = {
    "not_in_channel": "Invite the app into the channel: /invite @amends",
    "channel_not_found": "Check [slack] alert_channel, and invite the app if the channel is private.",
    "is_archived": "Name another channel in [slack] alert_channel.",
    "restricted_action": "Let the app post there, or name another channel in [slack] alert_channel.",
    "account_inactive": "Install the app again and set the new bot token.",
    "invalid_auth": "Check the bot token.",
    "token_revoked": "Install the app again and set the new bot token.",
    "missing_scope": _SCOPES,
}


class Web:
    """One workspace, as one token sees it. Retries are the outbox's business: slack_sdk's own would post twice."""

    def __init__(self, token: str, api_url: str, timeout: int = 0) -> None:
        """Nothing is sent yet. `timeout`: seconds that a call may last; 0 is as many as a lease of a row allows."""
        self._client = WebClient(token=token, base_url=api_url, timeout=timeout or _TIMEOUT, retry_handlers=[])

    def ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        """A method by its name, such as chat.postMessage; its answer. Raises Retriable, Gone, NoLookUp or Refused."""
        data = self._asked(method, arguments).data
        return data if isinstance(data, dict) else {}

    def whisper(self, response_url: str, text: str) -> None:
        """A word that only the person sees who did something (docs.slack.dev/interactivity, response_url).

        Unlike chat.postEphemeral it also reaches who looks into a channel without being in it. Raises as `ask` does.
        """
        where = "Slack response_url"
        if not self._is_slacks(response_url):
            raise Refused("That is no address of Slack's.", where=where)
        client = WebhookClient(response_url, timeout=_TIMEOUT, retry_handlers=[])
        try:
            answer = client.send(text=text, response_type="ephemeral", replace_original=False)
        except Exception as problem:
            raise _translated(problem, "response_url") from problem
        if answer.status_code != 200:
            raise Refused(f"Slack refuses: HTTP {answer.status_code}.", where=where)

    def _is_slacks(self, url: str) -> bool:
        """Over TLS at Slack, or where the Web API of the tests is."""
        asked, ours = urlsplit(url), urlsplit(self._client.base_url)
        host = asked.hostname or ""
        at_slack = asked.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))
        return at_slack or (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc)

    def scopes(self) -> frozenset[str]:
        """What the token was granted (docs.slack.dev/authentication, header X-OAuth-Scopes). Raises as `ask` does."""
        told = self._asked("auth.test", {}).headers
        granted = next((value for name, value in told.items() if name.lower() == "x-oauth-scopes"), "")
        return frozenset(scope.strip() for scope in granted.split(",") if scope.strip())

    def _asked(self, method: str, arguments: dict[str, Any]) -> Any:
        told = {name: value for name, value in arguments.items() if value is not None}
        try:
            return getattr(self._client, method.replace(".", "_"))(**told)
        except Exception as problem:
            raise _translated(problem, method) from problem


def _translated(problem: Exception, method: str) -> AmendsError:
    """Was it done, surely not done, or does nobody know?"""
    where = f"Slack {method}"
    if isinstance(problem, SlackApiError):
        return _refusal(problem, method, where)
    if isinstance(problem, urllib.error.URLError) and isinstance(problem.reason, _NOT_REACHED):
        return Retriable(f"Slack cannot be reached: {problem.reason}.", where=where)
    if isinstance(problem, OSError | http.client.HTTPException | SlackClientError | ValueError):
        return Retriable(f"No answer came: {type(problem).__name__}.", where=where, outcome_unknown=True)
    raise problem


def _refusal(problem: SlackApiError, method: str, where: str) -> AmendsError:
    response: Any = problem.response
    status = getattr(response, "status_code", 200)
    code = str(response.get("error", "")) if hasattr(response, "get") else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        headers = getattr(response, "headers", {}) or {}
        wait = float(headers.get("Retry-After") or headers.get("retry-after") or 1)
        return Retriable("Slack asks for patience.", where=where, retry_after=max(wait, 1.0))
    if method in _SEARCHES and (code in _UNSEARCHABLE or status == 404):
        return NoLookUp(f"Slack does not show the channel's history: {code or status}.", where=where, advice=_SCOPES)
    if code and not _CODE.fullmatch(code):
        return Retriable(f"What answered (HTTP {status}) was not Slack.", where=where, outcome_unknown=True)
    if status >= 500 or code in _UNKNOWN:
        return Retriable(f"Slack has trouble ({code or status}).", where=where, outcome_unknown=True)
    if code in _GONE:
        return Gone(f"Slack has no such message any more: {code}.", where=where, code=code)
    if method.startswith("chat.") and code in _UNSHOWABLE:
        return Unshowable(f"Slack refuses: {code}.", where=where, code=code)
    return Refused(f"Slack refuses: {code or status}.", where=where, advice=_ADVICE.get(code, ""), code=code)

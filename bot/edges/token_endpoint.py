"""Asks a token endpoint for an access token (RFC 6749 sections 4.4, 5 and 6). The only file that imports oauthlib."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error

from bot.edges.token_request import Answer, post
from bot.errors import Retriable

logging.getLogger("oauthlib").setLevel(logging.INFO)  # should it ever write what it handles, it would be at DEBUG

_TIMEOUT = 15.0
# Until somebody has signed in again or changed the client, asking more often changes nothing (seconds).
_PEOPLE = 600.0
# RFC 6749 appendix A.12, without spaces; control characters would part an IMAP login's fields.
_TOKEN = re.compile(r"[\x21-\x7e]+")
# Microsoft's own number of an error, for its administrators; nothing else of its words is told.
_NUMBER = re.compile(r"\bAADSTS\d{4,8}\b")
_SIGN_IN = "The refresh token is no longer valid: sign in again and put the new one into {place}."
_ADVICE = {
    "invalid_grant": _SIGN_IN,
    "interaction_required": _SIGN_IN,
    "consent_required": _SIGN_IN,
    "login_required": _SIGN_IN,
    "invalid_client": "Check client_id and the client secret, which may have expired at the provider.",
    "unauthorized_client": "Allow this client the grant {kind} where it is registered.",
    "unsupported_grant_type": "Check grant and token_url.",
    "invalid_scope": "Check scope.",
    "invalid_request": "Check token_url, scope and whether the client needs a secret.",
    "access_denied": "Allow this client to read mail where it is registered.",
}
_WAIT = "That passes without you."
_PASSING = ("server_error", "temporarily_unavailable")


class Kept(Protocol):
    """A place that outlives amends, for a refresh token that the server replaced."""

    def reveal(self) -> str:
        """The refresh token there, "" when there is none yet. Raises SettingsError."""

    def keep(self, token: str) -> None:
        """Replace it, all or nothing. Raises SettingsError."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What to ask which endpoint for. Secrets are looked up at each request and never kept.

    `mailbox` is its name, for messages; `place` says where people put a new refresh token; `timeout` in seconds.
    """

    mailbox: str
    kind: Literal["refresh_token", "client_credentials"]
    token_url: str
    client_id: str
    scope: str = ""
    client_secret: Callable[[], str] | None = field(default=None, repr=False)
    refresh_token: Callable[[], str] | None = field(default=None, repr=False)
    kept: Kept | None = field(default=None, repr=False)
    place: str = ""
    ca_file: Path | None = None
    timeout: float = _TIMEOUT

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.mailbox} ({urlsplit(self.token_url).hostname})"


class NotGranted(Retriable):
    """This refresh token is of no use; another may be."""


def usable(token: object) -> bool:
    """Whether it can be a token at all, and stand in an IMAP line."""
    return isinstance(token, str) and bool(_TOKEN.fullmatch(token))


def ask(grant: Grant, refresh_token: str = "") -> dict[str, Any]:
    """The endpoint's answer, with a usable access_token in it. Raises Retriable, NotGranted or SettingsError."""
    client = BackendApplicationClient(grant.client_id)
    told = {"scope": grant.scope or None}
    if grant.client_secret:
        told["client_secret"] = grant.client_secret()
    if grant.kind == "refresh_token":
        form = client.prepare_refresh_body(refresh_token=refresh_token, client_id=grant.client_id, **told)
    else:
        form = client.prepare_request_body(include_client_id=True, **told)
    answer = post(grant.token_url, form, where=grant.where, timeout=grant.timeout, ca_file=grant.ca_file)
    return _read(grant, client, answer)


def nothing_to_refresh(grant: Grant) -> NotGranted:
    """Nobody has signed in yet."""
    advice = f"Sign in and put the refresh token into {grant.place}."
    return NotGranted("There is no refresh token.", where=grant.where, advice=advice, retry_after=_PEOPLE)


def _read(grant: Grant, client: Any, answer: Answer) -> dict[str, Any]:
    """The token in an answer. Raises Retriable, in words of ours only: an answer may repeat what was sent."""
    status, body, wait = answer
    if status == 429:
        raise Retriable("It asks for patience.", where=grant.where, advice=_WAIT, retry_after=wait)
    if status >= 500:
        raise Retriable(f"It has trouble (HTTP {status}).", where=grant.where, advice=_WAIT, retry_after=wait)
    if 300 <= status < 400:
        what = f"It points elsewhere (HTTP {status}), and secrets are sent nowhere else."
        raise Retriable(what, where=grant.where, advice="Check token_url.", retry_after=_PEOPLE)
    try:
        found = client.parse_request_body_response(body)
    except OAuth2Error as problem:
        raise _refusal(grant, problem, answer) from None
    except Exception:  # oauthlib expects an object with the right types, and anything may stand there
        raise _no_token(grant, status) from None
    if not usable(found.get("access_token")) or str(found.get("token_type", "Bearer")).lower() != "bearer":
        raise _no_token(grant, status)
    return dict(found)


def _no_token(grant: Grant, status: int) -> Retriable:
    what = f"Its answer (HTTP {status}) holds no access token."
    return Retriable(what, where=grant.where, advice="Check token_url.")


def _refusal(grant: Grant, problem: Any, answer: Answer) -> Retriable:
    """RFC 6749 section 5.2. Words that we do not know are not repeated."""
    code = problem.error if isinstance(problem.error, str) else ""
    if code == "missing_token":
        return _no_token(grant, answer.status)
    if code in _PASSING:
        return Retriable(f"It has trouble ({code}).", where=grant.where, advice=_WAIT, retry_after=answer.retry_after)
    number = _NUMBER.search(str(problem.description))
    known = (code if code in _ADVICE else "", number[0] if number else "")
    named = ", ".join(filter(None, known)) or f"HTTP {answer.status}"
    kind = NotGranted if code == "invalid_grant" else Retriable
    advice = _ADVICE.get(code, "Check [mailbox.oauth].").format(place=grant.place, kind=grant.kind)
    if grant.kind == "client_credentials" and _ADVICE.get(code) == _SIGN_IN:
        advice = _ADVICE["invalid_client"]  # nobody signs in there
    return kind(f"It gives us no access token: {named}.", where=grant.where, advice=advice, retry_after=_PEOPLE)

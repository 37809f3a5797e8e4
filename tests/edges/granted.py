"""What tests of access tokens start from: grants at an endpoint on this machine."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from bot.edges.token_endpoint import Grant
from bot.edges.tokens import GrantedTokens
from bot.errors import Retriable
from tests.fakes.clock import SimulatedClock
from tests.fakes.token_server import HOST, TokenServer

SECRET = "s3cret-of-the-client"
LONG = 600.0
WHERE = f"support ({HOST}): "


def grant(server: TokenServer, **other: Any) -> Grant:
    """Of a person who has signed in, with a client secret; `other` names fields of Grant."""
    first = server.sign_in("mo")
    known: dict[str, Any] = {
        "mailbox": "support", "kind": "refresh_token", "token_url": server.token_url, "client_id": "amends",
        "client_secret": lambda: SECRET, "refresh_token": lambda: first, "timeout": 5.0,
        "place": "mailbox[1].oauth.refresh_token_env",
    }  # fmt: skip
    return Grant(**(known | other))


def by_itself(server: TokenServer, **other: Any) -> Grant:
    return grant(server, kind="client_credentials", refresh_token=None, **other)


def tokens(server: TokenServer, clock: SimulatedClock | None = None, **other: Any) -> GrantedTokens:
    return GrantedTokens(grant(server, **other), clock or SimulatedClock())


def told(made: GrantedTokens) -> Retriable:
    """The problem that asking for a token raises, of which every part is checked for secrets."""
    with pytest.raises(Retriable) as caught:
        made.access_token()
    problem = caught.value
    shown = f"{problem!r} {''.join(traceback.format_exception(problem))}"
    assert not any(secret in shown for secret in ("s3cret", "refresh-", "access-"))
    return problem

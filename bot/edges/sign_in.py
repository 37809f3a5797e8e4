"""How amends proves to a mail server who it is: a password, or an OAuth access token (RFC 7628, Google's XOAUTH2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

Mechanism = Literal["XOAUTH2", "OAUTHBEARER"]


class Tokens(Protocol):
    """Where access tokens come from; one object a mailbox, safe to use from any thread."""

    def access_token(self) -> str:
        """A token that should be good now, printable ASCII without spaces. Raises Retriable or SettingsError."""

    def forget(self) -> None:
        """The mail server refused the last one: the next is a new one."""


@dataclass(frozen=True, slots=True)
class Password:
    """LOGIN or AUTHENTICATE PLAIN. `reveal` is asked at every login and its answer never kept; raises SettingsError."""

    reveal: Callable[[], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """AUTHENTICATE with an access token, by the mechanism that the server speaks."""

    mechanism: Mechanism
    tokens: Tokens = field(repr=False)


SignIn = Password | Bearer

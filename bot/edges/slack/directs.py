"""Conversations with one member, in which a direct message is said: only to people of our company who are active.

Slack takes a message to somebody whose account was deactivated, and nobody reads it. So it is asked before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.edges.slack.directory import Ourselves, ask_ourselves, is_ours
from bot.edges.slack.web import Web
from bot.errors import Refused, Retriable, Unshowable
from bot.service.ports import Ref

# What Slack says of our token, and not of the member (docs.slack.dev, errors common to all methods).
_OF_THE_TOKEN = ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired")
# How long, in seconds, it is believed that somebody can be told, and that they cannot.
_FRESH, _SHUT = 30.0, 300.0
# A post has to begin within so many seconds, to end within those that a call may last.
_IN_TIME = 2.0
_ASKED = "Slack conversations.open"
_NAME_ANOTHER = "Name somebody else in the policy or the rotation."


def is_member(target: str) -> bool:
    """Whether this id is somebody's who can get a direct message: user groups (S…) get none."""
    return target.startswith(("U", "W"))


def is_direct(channel: str) -> bool:
    """Whether this id is that of a conversation with one member."""
    return channel.startswith("D")


def is_of_the_member(problem: Refused) -> bool:
    """Whether it can be said elsewhere what is refused there: the fault is neither the token's nor the message's."""
    return not isinstance(problem, Unshowable) and problem.code not in _OF_THE_TOKEN


class Directs:
    """Conversations by member, as one token sees them. `seconds` is a clock that never goes back."""

    def __init__(self, web: Web, seconds: Callable[[], float]) -> None:
        """Nothing is asked yet."""
        self._web, self._seconds = web, seconds
        self._open: dict[str, tuple[float, str]] = {}
        self._shut: dict[str, tuple[float, Refused]] = {}
        self._ourselves: Ourselves | None = None

    def to(self, member: str) -> str:
        """Where something is said to them now. Raises Retriable, or Refused for good; both mean that nothing was."""
        began = self._seconds()
        try:
            channel = self.conversation(member)
        except Refused as problem:
            if is_of_the_member(problem):
                self._in_time(began)
            raise
        self._in_time(began)
        return channel

    def conversation(self, member: str) -> str:
        """Its id (users.info, conversations.open), however long it takes. Raises Retriable or Refused."""
        began = self._seconds()
        shut_until, problem = self._shut.get(member, (began, None))
        if problem is not None and began < shut_until:
            raise problem
        open_until, channel = self._open.get(member, (began, ""))
        if began < open_until:
            return channel
        try:
            channel = self._opened(member)
        except Retriable as silence:
            raise _nothing_said(silence) from silence
        except Refused as refusal:
            self.refuses(member, refusal)
            raise
        self._open[member] = began + _FRESH, channel
        return channel

    def refuses(self, member: str, problem: Refused) -> bool:
        """Note that nothing can be said to them; whether it may be said elsewhere."""
        if not is_of_the_member(problem):
            return False
        self._shut[member] = self._seconds() + _SHUT, problem
        return True

    def link(self, ref: Ref) -> str:
        """Where people find a post (docs.slack.dev, chat.getPermalink, has the form). Raises Retriable or Refused."""
        began = self._seconds()
        try:
            home = self._we().url
        except Retriable as silence:
            raise _nothing_said(silence) from silence
        self._in_time(began)
        channel, _, ts = ref.partition(":")
        return f"{home.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"

    def _we(self) -> Ourselves:
        if self._ourselves is None:
            self._ourselves = ask_ourselves(self._web)
        return self._ourselves

    def _opened(self, member: str) -> str:
        told = _table(self._web.ask("users.info", user=member).get("user"))
        if told.get("deleted"):
            raise _refused(f"{member} left the workspace.", "user_disabled")
        if not is_ours(told, self._we()):
            raise _refused(f"{member} is a guest, an outsider or an app.", "outsider")
        channel = _table(self._web.ask("conversations.open", users=member).get("channel")).get("id")
        if not isinstance(channel, str) or not channel:
            raise Retriable("Slack did not say where direct messages go.", where=_ASKED)
        return channel

    def _in_time(self, began: float) -> None:
        if self._seconds() - began > _IN_TIME:
            raise Retriable("Slack took long to say where direct messages go.", where=_ASKED, retry_after=0.0)


def _nothing_said(silence: Retriable) -> Retriable:
    """Whatever became of the question, nothing was said yet."""
    return Retriable(silence.what, where=silence.where, retry_after=silence.retry_after)


def _refused(what: str, code: str) -> Refused:
    return Refused(what, where=_ASKED, advice=_NAME_ANOTHER, code=code)


def _table(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}

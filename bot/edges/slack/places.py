"""Where we may speak: in the team's channel, or where that refuses us, in the one to fall back on.

Customers' words go nowhere where people from outside the company read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.edges.slack.web import Web
from bot.errors import Refused, Retriable

# What Slack says of the channel, and not of the message or of our token (docs.slack.dev, chat.postMessage).
_OF_THE_CHANNEL = (
    "channel_not_found", "is_archived", "not_in_channel", "restricted_action", "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "externally_shared",
)  # fmt: skip
# How long, in seconds, it is believed who reads a channel, and that it refuses us.
_FRESH, _SHUT = 300.0, 300.0
# A post has to begin within so many seconds, to end within those that a call may last.
_IN_TIME = 2.0
_ASKED = "Slack conversations.info"
_ARCHIVED = "Name another channel in [slack] alert_channel."
_OUTSIDERS = "Name a channel of your own in [slack] alert_channel: customers' words are not for outsiders."


def is_of_the_channel(problem: Refused) -> bool:
    """Whether another channel may take what this one refuses."""
    return problem.code in _OF_THE_CHANNEL


@dataclass(frozen=True, slots=True)
class Place:
    """A channel by its id; `instead_of` says which one refused us and why, where it is the one to fall back on."""

    channel: str
    instead_of: tuple[str, str] | None = None


class Places:
    """One or two channels, and what is known about them. `seconds` is a clock that never goes back."""

    def __init__(self, web: Web, channel: str, fallback: str, seconds: Callable[[], float]) -> None:
        """Nothing is asked yet."""
        self._web, self._seconds = web, seconds
        self.all = (channel, fallback) if fallback and fallback != channel else (channel,)
        self._internal: dict[str, float] = {}  # channels that only the company reads, and until when that is believed
        self._shut: dict[str, tuple[float, Refused]] = {}

    def for_new(self) -> Place:
        """Where something is said by itself. Raises Retriable, or Refused when there is no such place."""
        problem = self._trouble_with(self.all[0])
        if problem is None:
            return Place(self.all[0])
        for other in self.all[1:]:
            if self._trouble_with(other) is None:
                return Place(other, (self.all[0], problem.code))
        raise problem

    def for_reply(self, channel: str) -> Place | None:
        """That channel, where its card stands; None: it must be said elsewhere. Raises Retriable or Refused."""
        return Place(channel) if self._trouble_with(channel) is None or self.for_new().channel == channel else None

    def other_than(self, channel: str) -> str:
        """The one to fall back on, where it is another one and takes what is said; else "". Raises as `for_new`."""
        other = self.all[-1]
        return other if other != channel and self._trouble_with(other) is None else ""

    def refuses(self, channel: str, problem: Refused) -> bool:
        """Note that it refused us; whether there may be another place."""
        if not is_of_the_channel(problem) or self.all == (channel,):
            return False
        self._shut[channel] = self._seconds() + _SHUT, problem
        return any(self._known_trouble(other) is None for other in self.all)

    def _trouble_with(self, channel: str) -> Refused | None:
        """Why nothing may be said there. Raises Retriable, or Refused for what is not the channel's fault."""
        if problem := self._known_trouble(channel):
            return problem
        try:
            self.check(channel)
        except Refused as refusal:
            if not is_of_the_channel(refusal):
                raise
            self._shut[channel] = self._seconds() + _SHUT, refusal
            return refusal
        return None

    def _known_trouble(self, channel: str) -> Refused | None:
        until, problem = self._shut.get(channel, (0.0, None))
        return problem if self._seconds() < until else None

    def check(self, channel: str) -> None:
        """conversations.info: it is in use, and only people of the company may read there. Raises Retriable or Refused.

        A channel that is shared within one Enterprise organization (`is_org_shared`) is the company's own.
        """
        began = self._seconds()
        if began < self._internal.get(channel, began):
            return
        try:
            about = self._web.ask("conversations.info", channel=channel).get("channel")
        except Retriable as problem:
            # nothing was said yet, whatever became of the question
            raise Retriable(problem.what, where=problem.where, retry_after=problem.retry_after) from problem
        if not isinstance(about, dict):
            raise Retriable("Slack did not say who reads the channel.", where=_ASKED)
        if about.get("is_archived"):
            raise Refused("Slack refuses: is_archived.", where=_ASKED, advice=_ARCHIVED, code="is_archived")
        if about.get("is_ext_shared") or about.get("is_pending_ext_shared"):
            what = f"People from outside the company read {channel}, or are invited to."
            raise Refused(what, where=_ASKED, advice=_OUTSIDERS, code="externally_shared")
        self._internal[channel] = began + _FRESH
        if self._seconds() - began > _IN_TIME:
            raise Retriable("Slack took long to say who reads the channel.", retry_after=0.0)

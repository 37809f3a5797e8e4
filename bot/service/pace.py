"""How often the channel is spoken to, so that it seldom has to ask for patience. The caller tells the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls at once (`burst`, at least 1), then one each `gap`."""

    gap: timedelta
    burst: int


# Slack bears about one post a second a channel and short bursts of them; chat.update is of tier 3, 50 a minute
# (docs.slack.dev, rate limits).
POSTS = Rate(timedelta(seconds=1), 4)
REDRAWS = Rate(timedelta(seconds=1.2), 10)


class Limiter:
    """One kind of call: in any time t at most burst + t / gap of them (the generic cell rate algorithm, ITU-T I.371).

    Where the clock goes back, what is to be waited for moves along: nothing waits for the hour that comes twice.
    """

    def __init__(self, rate: Rate) -> None:
        """Nothing was called yet."""
        self._rate = rate
        self._full_at: datetime | None = None  # from then on a whole burst may be spent
        self._held_until: datetime | None = None
        self._seen: datetime | None = None
        self._kept_waiting = False

    def wait(self, now: datetime) -> timedelta:
        """How long until a call that somebody wants to make may be made; nothing: it may be made now."""
        left = self._left(now)
        self._kept_waiting = left > _NONE
        return left

    def pause(self, now: datetime) -> timedelta | None:
        """How long until whoever was kept waiting need wait no more; None: nobody was."""
        return self._left(now) if self._kept_waiting else None

    def _left(self, now: datetime) -> timedelta:
        self._follow(now)
        moments = [now]
        if self._full_at is not None:
            moments.append(self._full_at - self._rate.gap * (self._rate.burst - 1))
        if self._held_until is not None:
            moments.append(self._held_until)
        return max(moments) - now

    def spend(self, now: datetime) -> None:
        """A call is made now."""
        self._follow(now)
        self._full_at = max(self._full_at or now, now) + self._rate.gap

    def hold(self, now: datetime, length: timedelta) -> None:
        """The channel asked for so much patience; afterwards there is no burst, but one call each gap."""
        self._follow(now)
        until = now + length
        self._held_until = max(self._held_until or until, until)
        slowly = until + self._rate.gap * (self._rate.burst - 1)
        self._full_at = max(self._full_at or slowly, slowly)

    def _follow(self, now: datetime) -> None:
        if self._seen is not None and now < self._seen:
            back = self._seen - now
            self._full_at = self._full_at - back if self._full_at else None
            self._held_until = self._held_until - back if self._held_until else None
        self._seen = now


@dataclass(frozen=True, slots=True)
class Pace:
    """Posts and redraws, each at its own rate: patience for the one is none for the other."""

    posts: Limiter = field(default_factory=lambda: Limiter(POSTS))
    redraws: Limiter = field(default_factory=lambda: Limiter(REDRAWS))

    def pause(self, now: datetime) -> timedelta | None:
        """How long until some of what was kept waiting may be done; None: nothing was."""
        pauses = (self.posts.pause(now), self.redraws.pause(now))
        return min((pause for pause in pauses if pause is not None), default=None)

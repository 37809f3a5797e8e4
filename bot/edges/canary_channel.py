"""The channels of an amends with a canary: the team's, and that in which the canary must arrive."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.domain.alert import Alert, AlertKey, Notice
from bot.service.canary import PREFIX
from bot.service.ports import Channel, Ref


class SlackChannelWithCanary:
    """Canaries go to a channel of their own, everything else to the team's; both are the same workspace's."""

    def __init__(self, team: Channel, canary: Channel) -> None:
        """Nothing is said yet."""
        self._team, self._canary = team, canary

    def post(self, alert: Alert | Notice, root: Ref | None, *, plainly: bool = False) -> Ref:
        """As the channel does."""
        return self._of(alert.key).post(alert, root, plainly=plainly)

    def find(self, key: AlertKey, root: Ref | None, since: datetime, **more: Any) -> list[Ref]:
        """As the channel does."""
        return self._of(key).find(key, root, since, **more)

    def redraw(self, ref: Ref, alert: Alert, *, plainly: bool = False) -> None:
        """A canary is never redrawn."""
        self._team.redraw(ref, alert, plainly=plainly)

    def delete(self, ref: Ref) -> None:
        """A reference says in which channel it stands."""
        self._team.delete(ref)

    def _of(self, key: AlertKey) -> Channel:
        return self._canary if key.startswith(PREFIX) else self._team

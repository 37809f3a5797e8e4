"""The Home tab: drawn anew whenever its owner looks at it, or presses something there."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.edges.slack.directory import Directory
from bot.edges.slack.home import Desk, home, stranger
from bot.edges.slack.pieces import Json
from bot.edges.slack.web import Web
from bot.errors import AmendsError
from bot.service.ports import Clock, Store, Transaction

log = logging.getLogger(__name__)
_MOST, _WEEK = 20, timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HomeTab:
    """One for each person, drawn from what the database holds."""

    store: Store
    web: Web
    directory: Directory
    clock: Clock

    def show(self, user: str) -> None:
        """views.publish. What Slack refuses is noted, and drawn when it is looked at the next time."""
        try:
            view = self._view(user) if self.directory.may_act(user) else stranger()
            self.web.ask("views.publish", user_id=user, view=view)
        except AmendsError as problem:
            log.warning("a Home tab could not be drawn: %s", problem)

    def _view(self, user: str) -> Json:
        now = self.clock.now()

        def look(tx: Transaction) -> Desk:
            mine, overdue = tx.open_cases(_MOST, by=user), tx.open_cases(_MOST, overdue_at=now)
            own = {case["id"] for case in mine}
            team = [case for case in tx.open_cases(_MOST + len(own)) if case["id"] not in own]
            totals = {"overdue": tx.count_open(overdue_at=now), "mine": tx.count_open(by=user)}
            totals["team"] = tx.count_open() - totals["mine"]
            return Desk(overdue, mine, team, tx.reviews(), tx.week(now - _WEEK), totals)

        return home(self.store.transact(look), now)

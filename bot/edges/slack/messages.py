"""Works off the events that Slack told: what people write goes the way of mail, a look at the Home tab draws it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.chat import Member, Places, Said, message_of, place_of
from bot.domain.message import Arrival
from bot.edges.slack.directory import Directory
from bot.edges.slack.forms import Treated
from bot.edges.slack.presses import user_of
from bot.edges.slack.reading import read
from bot.service.chat import Chat
from bot.service.ports import InboundRow, Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Messages:
    """Used by one thread. `look` draws somebody's Home tab, `missed` has what was said meanwhile read from history."""

    store: Store
    chat: Chat
    directory: Directory
    look: Callable[[str], None]
    missed: Callable[[], None]

    def heard(self, row: InboundRow) -> None:
        """One event. A message is known by its place, so to take it twice, after a crash just here, does no harm."""
        event = row.payload.get("event")
        event = event if isinstance(event, dict) else {}
        if row.payload.get("type") == "app_rate_limited":
            log.warning("Slack holds events back: too many come. What was missed is read from history.")
            self.missed()
        elif event.get("type") == "app_home_opened" and event.get("tab") == "home":
            self.look(user_of(event))
        elif event.get("type") == "message":
            self._take(event)
        self.store.transact(lambda tx: tx.worked_off(row.id))

    def _take(self, event: dict[str, object]) -> None:
        words = read(event, self._places(), self.directory.names)
        if words is not None:
            self.chat.take([words])

    def _places(self) -> Places:
        return replace(self.chat.places, bot_user=self.directory.ourselves().bot_user)

    def pointed_at(self, form: Treated) -> Arrival:
        """A message that somebody calls a complaint, wherever it stands, as if it had been read there."""
        source = form.source
        said = Said(source.channel, source.ts, source.user, source.words, source.thread_ts)
        author = self.directory.who(source.user) if source.user else Member("", "Somebody", is_ours=False)
        places = self.chat.places
        if places.medium(source.channel) is None:
            places = replace(places, work=places.work | {source.channel})
        return Arrival(message_of(said, author, places), place_of(source.channel, source.ts), moves_cursor=False)

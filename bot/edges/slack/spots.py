"""Where an alert is said: as a card, as a reply to it, as a direct message, or in the channel to fall back on."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.alert import Alert, Notice, Reason
from bot.domain.escalation import How
from bot.edges.slack.directs import Directs, is_direct, is_member, is_of_the_member
from bot.edges.slack.places import Place, Places
from bot.errors import Gone, Refused
from bot.service.ports import Ref


@dataclass(frozen=True, slots=True)
class Spot:
    """A channel or conversation by its id, and how something is said there.

    `card`: that it replies to, seen by the whole channel where it is `broadcast`. `link`: to the card, where it is said
    away from it. `member`: whom a direct message is for. `why` it stands there and not where one would look for it.
    """

    channel: str
    card: Ref | None = None
    broadcast: bool = False
    link: str = ""
    member: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Spots:
    """Finds them. Nobody is left untold: what cannot be a direct message is a reply that the channel sees."""

    places: Places
    directs: Directs

    def of(self, alert: Alert | Notice, root: Ref | None) -> Spot:
        """For an alert whose case has this card, if any. Raises Retriable, Gone (the card's channel) or Refused."""
        if isinstance(alert, Notice) or root is None:
            place = self.places.for_new()
            return Spot(place.channel, why=_instead(place))
        channel = root.partition(":")[0]
        if is_direct(channel):
            raise Gone("A direct message is no card.")
        if alert.how is How.DM and is_member(alert.mention):
            return self._direct(alert, root)
        if alert.reason is Reason.NOBODY_TO_TELL and (other := self.places.other_than(channel)):
            return Spot(other, link=self.directs.link(root))
        return self._below(alert, root)

    def refuses(self, spot: Spot, problem: Refused) -> bool:
        """Note that it was refused there; whether there may be another spot."""
        if spot.member:
            return self.directs.refuses(spot.member, problem)
        return self.places.refuses(spot.channel, problem)

    def _direct(self, alert: Alert, root: Ref) -> Spot:
        try:
            conversation = self.directs.to(alert.mention)
        except Refused as problem:
            if not is_of_the_member(problem):
                raise
            why = f"This stands here because a direct message to <@{alert.mention}> is not possible: {problem.code}."
            return self._below(alert, root, why)
        return Spot(conversation, link=self.directs.link(root), member=alert.mention)

    def _below(self, alert: Alert, root: Ref, why: str = "") -> Spot:
        """A reply; as a direct message could not be said, the channel sees it."""
        channel = root.partition(":")[0]
        place = self.places.for_reply(channel)
        if place is None:
            raise Gone(f"Nothing can be said in {channel} any more.")
        is_seen = alert.how is not How.THREAD or alert.reason.opens
        return Spot(place.channel, root, broadcast=is_seen, why=why)


def _instead(place: Place) -> str:
    if not place.instead_of:
        return ""
    channel, code = place.instead_of
    return f"This stands here because <#{channel}> does not take it: {code}."

"""The channel in which the team reads alerts: what is said there carries its key, and is found again by it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.alert import Alert, AlertKey, Notice
from bot.edges import wording
from bot.edges.slack.away import away
from bot.edges.slack.cards import card, reply
from bot.edges.slack.directs import Directs, is_direct, is_member
from bot.edges.slack.notices import notice
from bot.edges.slack.places import Places, is_of_the_channel
from bot.edges.slack.spots import Spot, Spots
from bot.edges.slack.web import Web
from bot.errors import Gone, NoLookUp, Refused, Retriable
from bot.service.ports import Ref

EVENT_TYPE = "amends_alert"
_PAGE = 200
_PLAIN = 2000


class SlackChannel:
    """A channel of one workspace, another to fall back on where it refuses us, and direct messages to single members.

    Every post carries its key as metadata, so that it can be found again. A Ref is "channel:ts". Used by one thread.
    """

    def __init__(
        self, web: Web, channel: str, fallback: str = "", seconds: Callable[[], float] = time.monotonic, *,
        buttons: bool = True,
    ) -> None:  # fmt: skip
        """Nothing is sent yet. `seconds`: a clock that never goes back. `buttons`: somebody hears what is pressed."""
        self._web, self._buttons = web, buttons
        self._places, self._directs = Places(web, channel, fallback, seconds), Directs(web, seconds)
        self._spots = Spots(self._places, self._directs)

    def post(self, alert: Alert | Notice, root: Ref | None, *, plainly: bool = False) -> Ref:
        """chat.postMessage, where and how the alert asks for it. Raises Retriable, Gone, Unshowable or Refused.

        Nothing was said where Retriable has no `outcome_unknown`; with `retry_after` 0 there is another place to say
        it in. Gone: nothing can be said under that `root` any more, but something elsewhere.
        """
        spot = self._spots.of(alert, root)
        about = {"key": alert.key} if isinstance(alert, Notice) else {"key": alert.key, "case": int(alert.case)}
        thread: dict[str, Any] = {}
        if spot.card:
            thread = {"thread_ts": _ts(spot.card), "reply_broadcast": spot.broadcast}
        drawn = _drawn(alert, spot, plainly=plainly, pressable=self._buttons)
        try:
            done = self._web.ask(
                "chat.postMessage", channel=spot.channel, **drawn, **thread,
                unfurl_links=False, unfurl_media=False, metadata={"event_type": EVENT_TYPE, "event_payload": about},
            )  # fmt: skip
        except Refused as problem:
            if self._spots.refuses(spot, problem):
                raise Retriable(f"{problem} It is said elsewhere.", retry_after=0.0) from problem
            raise
        return Ref(f"{done['channel']}:{done['ts']}")

    def redraw(self, ref: Ref, alert: Alert, *, plainly: bool = False) -> None:
        """chat.update. Its metadata stays as it was. Raises Retriable, Gone, Unshowable or Refused."""
        if is_direct(_channel(ref)):
            raise Gone("A direct message is no card.")
        self._places.check(_channel(ref))
        drawn = _drawn(alert, Spot(_channel(ref)), plainly=plainly, pressable=self._buttons)
        self._web.ask("chat.update", channel=_channel(ref), ts=_ts(ref), **drawn)

    def delete(self, ref: Ref) -> None:
        """chat.delete; what is gone already is fine. Raises Retriable or Refused."""
        with contextlib.suppress(Gone):
            self._web.ask("chat.delete", channel=_channel(ref), ts=_ts(ref))

    def find(self, key: AlertKey, root: Ref | None, since: datetime, *, to: str = "") -> list[Ref]:
        """Our posts with this key among the messages of our channels since then, or among the replies to `root`.

        Without `root` also among the direct messages to the member `to`. Raises Retriable or Refused; NoLookUp where
        one of the channels does not let us look, and nothing was found.
        """
        if root:
            with contextlib.suppress(Gone):
                return self._found(key, _channel(root), root, since)
            return []
        found, closed = list[Ref](), list[NoLookUp]()
        for channel in (*self._places.all, *self._conversation(to)):
            try:
                found += self._found(key, channel, None, since)
            except NoLookUp as problem:
                closed.append(problem)
        if closed and not found:
            raise closed[0]
        return sorted(found, key=_ts)

    def _conversation(self, member: str) -> list[str]:
        """Where direct messages to them stand; nowhere for somebody who gets none: nobody reads what stood there."""
        with contextlib.suppress(Refused):
            return [self._directs.conversation(member)] if is_member(member) else []
        return []

    def _found(self, key: AlertKey, channel: str, root: Ref | None, since: datetime) -> list[Ref]:
        try:
            found = {
                one["ts"] for one in self._messages(channel, root, since)
                if one.get("metadata", {}).get("event_payload", {}).get("key") == key
            }  # fmt: skip
        except Refused as problem:
            if not is_of_the_channel(problem):
                raise
            # whoever reads it still, we do not: nothing that we wait for changes that
            raise NoLookUp(problem.what, where=problem.where, advice=problem.advice) from problem
        return [Ref(f"{channel}:{ts}") for ts in sorted(found)]

    def _messages(self, channel: str, root: Ref | None, since: datetime) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            asked: dict[str, Any] = {
                "channel": channel, "oldest": f"{since.timestamp():.6f}", "limit": _PAGE,
                "include_all_metadata": True, "cursor": cursor or None,
            }  # fmt: skip
            if root:
                page = self._web.ask("conversations.replies", ts=_ts(root), **asked)
            else:
                page = self._web.ask("conversations.history", **asked)
            yield from page.get("messages", [])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return


def _drawn(alert: Alert | Notice, spot: Spot, *, plainly: bool, pressable: bool) -> dict[str, Any]:
    """Text and blocks, with a word about why it stands there; `plainly` without blocks."""
    text, blocks = _shown(alert, spot, pressable=pressable)
    if plainly:
        hint = "amends cases" if isinstance(alert, Notice) else f"amends show {alert.case}"
        lines = (text[:_PLAIN], f"It cannot be shown in full: `{hint}`", spot.link, spot.why)
        return {"text": "\n".join(line for line in lines if line), "blocks": []}
    said_why = {"type": "context", "elements": [{"type": "mrkdwn", "text": spot.why, "verbatim": True}]}
    return {"text": text, "blocks": [*blocks, said_why] if spot.why else blocks}


def _shown(alert: Alert | Notice, spot: Spot, *, pressable: bool) -> tuple[str, list[dict[str, Any]]]:
    if isinstance(alert, Notice):
        return notice(alert if pressable else replace(alert, numbers=()))
    if spot.link:
        # whoever reads a direct message is not pinged by it a second time
        reader = replace(alert, mention="") if spot.member else alert
        return away(reader, spot.link, wording.turn(alert), pressable=pressable)
    return (reply if spot.card else card)(alert, pressable=pressable)


def _channel(ref: Ref) -> str:
    return ref.partition(":")[0]


def _ts(ref: Ref) -> str:
    return ref.partition(":")[2]

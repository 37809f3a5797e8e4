"""The channel in which the team reads alerts: what is said there carries its key, and is found again by it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.alert import Alert, AlertKey, Notice
from bot.edges.slack.cards import card, reply
from bot.edges.slack.notices import notice
from bot.edges.slack.places import Place, Places, is_of_the_channel
from bot.edges.slack.web import Web
from bot.errors import Gone, NoLookUp, Refused, Retriable
from bot.service.ports import Ref

EVENT_TYPE = "amends_alert"
_PAGE = 200
_PLAIN = 2000


class SlackChannel:
    """A channel of one workspace, and another to fall back on where it refuses us.

    Every post carries its key as metadata, so that it can be found again. A Ref is "channel:ts". Used by one thread.
    """

    def __init__(
        self, web: Web, channel: str, fallback: str = "", seconds: Callable[[], float] = time.monotonic, *,
        buttons: bool = True,
    ) -> None:  # fmt: skip
        """Nothing is sent yet. `seconds`: a clock that never goes back. `buttons`: somebody hears what is pressed."""
        self._web, self._buttons = web, buttons
        self._places = Places(web, channel, fallback, seconds)

    def post(self, alert: Alert | Notice, root: Ref | None, *, plainly: bool = False) -> Ref:
        """chat.postMessage, as a reply to `root` if there is one. Raises Retriable, Gone, Unshowable or Refused.

        Nothing was said where Retriable has no `outcome_unknown`; with `retry_after` 0 there is another channel to say
        it in. Gone: nothing can be said under that `root` any more, but something elsewhere.
        """
        if isinstance(alert, Notice):
            root = None
        place = self._place(root)
        about = {"key": alert.key} if isinstance(alert, Notice) else {"key": alert.key, "case": int(alert.case)}
        thread: dict[str, Any] = {}
        if root and not isinstance(alert, Notice):
            thread = {"thread_ts": _ts(root), "reply_broadcast": bool(alert.mention) or alert.reason.opens}
        drawn = _drawn(alert, root, place, plainly=plainly, pressable=self._buttons)
        try:
            done = self._web.ask(
                "chat.postMessage", channel=place.channel, **drawn, **thread,
                unfurl_links=False, unfurl_media=False, metadata={"event_type": EVENT_TYPE, "event_payload": about},
            )  # fmt: skip
        except Refused as problem:
            if self._places.refuses(place.channel, problem):
                raise Retriable(f"{problem} It is said in another channel.", retry_after=0.0) from problem
            raise
        return Ref(f"{done['channel']}:{done['ts']}")

    def _place(self, root: Ref | None) -> Place:
        if root is None:
            return self._places.for_new()
        place = self._places.for_reply(_channel(root))
        if place is None:
            raise Gone(f"Nothing can be said in {_channel(root)} any more.")
        return place

    def redraw(self, ref: Ref, alert: Alert, *, plainly: bool = False) -> None:
        """chat.update. Its metadata stays as it was. Raises Retriable, Gone, Unshowable or Refused."""
        self._places.check(_channel(ref))
        drawn = _drawn(alert, None, Place(_channel(ref)), plainly=plainly, pressable=self._buttons)
        self._web.ask("chat.update", channel=_channel(ref), ts=_ts(ref), **drawn)

    def delete(self, ref: Ref) -> None:
        """chat.delete; what is gone already is fine. Raises Retriable or Refused."""
        with contextlib.suppress(Gone):
            self._web.ask("chat.delete", channel=_channel(ref), ts=_ts(ref))

    def find(self, key: AlertKey, root: Ref | None, since: datetime) -> list[Ref]:
        """Our posts with this key among the messages of our channels since then, or among the replies to `root`.

        Raises Retriable or Refused; NoLookUp where one of the channels does not let us look, and nothing was found.
        """
        if root:
            with contextlib.suppress(Gone):
                return self._found(key, _channel(root), root, since)
            return []
        found, closed = list[Ref](), list[NoLookUp]()
        for channel in self._places.all:
            try:
                found += self._found(key, channel, None, since)
            except NoLookUp as problem:
                closed.append(problem)
        if closed and not found:
            raise closed[0]
        return sorted(found, key=_ts)

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


def _drawn(alert: Alert | Notice, root: Ref | None, place: Place, *, plainly: bool, pressable: bool) -> dict[str, Any]:
    """Text and blocks, with a word about why it stands in this channel; `plainly` without blocks."""
    if isinstance(alert, Notice):
        text, blocks = notice(alert if pressable else replace(alert, numbers=()))
        hint = "amends cases"
    else:
        text, blocks = reply(alert, pressable=pressable) if root else card(alert, pressable=pressable)
        hint = f"amends show {alert.case}"
    why = ""
    if place.instead_of:
        channel, code = place.instead_of
        why = f"This stands here because <#{channel}> does not take it: {code}."
    if plainly:
        lines = (text[:_PLAIN], f"It cannot be shown in full: `{hint}`", why)
        return {"text": "\n".join(line for line in lines if line), "blocks": []}
    said_why = {"type": "context", "elements": [{"type": "mrkdwn", "text": why, "verbatim": True}]}
    return {"text": text, "blocks": [*blocks, said_why] if why else blocks}


def _channel(ref: Ref) -> str:
    return ref.partition(":")[0]


def _ts(ref: Ref) -> str:
    return ref.partition(":")[2]

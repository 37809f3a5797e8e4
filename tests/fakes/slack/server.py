"""The fake Slack as a test has it in hand: the workspace, its people, what they see, and the port.

Tests wait for what happened (wait_for, answer, release) and move the clock themselves (advance); nothing in here
waits for time to pass.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Self

from .answers import Json
from .identity import TEAM_ID
from .people import Person, Seen
from .serving import APP_TOKEN, SIGNING_SECRET, TOKEN, Call, Serving
from .web_server import HOST, WebServer
from .workspace import Channel


class FakeSlack(Serving):
    """The server, what it was asked, and the faults still to come. Safe to use from any thread."""

    token, app_token, signing_secret = TOKEN, APP_TOKEN, SIGNING_SECRET

    def __init__(
        self,
        channels: Iterable[str] = ("C1",),
        users: Iterable[str] = ("U1",),
        epoch: int = 1_700_000_000,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`epoch` is the second all ts begin with; give today's to a program that asks for recent history.

        Time stands still until advance(), unless `clock` says the seconds since 1970; then call tick() now and then.
        """
        super().__init__(epoch, clock)
        self.choices: dict[tuple[str, str, str], Json] = {}
        self._server: WebServer | None = None
        for channel in channels:
            self.add_channel(channel)
        for user in users:
            self.add_user(user)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """The WebClient's base_url, known once started."""
        return f"http://{HOST}:{self._port}/api/"

    def start(self) -> Self:
        """After a stop it comes back at the same address, with all its messages: an outage."""
        self._server = WebServer(self._port, self)
        self._port = self._server.server_address[1]
        self._server.start()
        return self

    def stop(self) -> None:
        """From here on connections are refused; sockets end, calls held back go through."""
        self.release()
        for connection in self.connections:
            connection.fin()
        if self._http is not None:
            self._http.close()
            self._http = None
        if self._server is not None:
            self._server.stop()
            self._server = None

    # What is there

    def add_channel(
        self,
        id: str,
        name: str | None = None,
        archived: bool = False,
        *,
        members: Iterable[str] | None = None,
        **more: Any,
    ) -> None:
        """`more` are fields of Channel: private, shared, joined, restricted. Without `members`, everybody is in it."""
        known = None if members is None else set(members)
        with self.changed:
            self.workspace.channels[id] = Channel(id, name or id.lower(), archived, members=known, **more)

    def archive(self, channel: str) -> None:
        """From here on it can be read, not written."""
        with self.changed:
            self.workspace.channels[channel].archived = True

    def add_user(self, id: str, name: str | None = None, **more: Any) -> None:
        """`more` replaces or adds fields of users.info, e.g. deleted=True."""
        name = name or id.lower()
        profile = {"real_name": name, "display_name": name, "email": f"{name}@example.com"}
        user = {"id": id, "team_id": TEAM_ID, "name": name, "deleted": False, "is_bot": False, "tz": "Etc/UTC"}
        with self.changed:
            self.workspace.users[id] = {**user, "profile": profile, **more}

    def add_group(self, id: str, handle: str, users: Iterable[str] = ()) -> None:
        group = {"id": id, "handle": handle, "name": handle, "date_delete": 0, "users": list(users)}
        with self.changed:
            self.workspace.groups.append(group)

    def person(self, name: str, id: str = "", **more: Any) -> Person:
        """Somebody to write, press and look; added to the workspace unless there. The id is made of the name."""
        id = id or f"U{name.upper()}"
        if id not in self.workspace.users:
            self.add_user(id, name, **more)
        return Person(self, id)

    def say(self, channel: str, text: str, user: str = "U1", thread_ts: str | None = None) -> str:
        """A person writes; returns the ts."""
        return Person(self, user).says(channel, text, thread_ts)

    def bot_says(self, channel: str, text: str, bot: str = "BOTHER", **more: Any) -> str:
        """Another app writes."""
        content = {"subtype": "bot_message", "bot_id": bot, "username": bot.lower(), "text": text, **more}
        with self.changed:
            return str(self.workspace.store(self.workspace.channels[channel], content)["ts"])

    # What can be seen

    def messages(self, channel: str) -> list[Json]:
        """All that can be seen there now, replies and metadata included, in order of posting."""
        with self.changed:
            return copy.deepcopy(list(self.workspace.channels[channel].messages.values()))

    def ephemerals(self, channel: str) -> list[Json]:
        """What only one person saw."""
        with self.changed:
            return copy.deepcopy(self.workspace.channels[channel].ephemerals)

    def channel_view(self, channel: str, person: str = "") -> list[Seen]:
        """From top to bottom, threads unfolded; with what only this person sees."""
        with self.changed:
            place = self.workspace.channels[channel]
            whispers = [one for one in place.ephemerals if one["to"] == person]
            together = sorted([*place.messages.values(), *whispers], key=lambda one: float(one["ts"]))
            roots = [
                one for one in together if one.get("thread_ts", one["ts"]) not in place.messages.keys() - {one["ts"]}
            ]
            return [_seen(one, together) for one in roots]

    def shown_to(self, place: Channel, ts: str, person: str) -> tuple[Json, bool]:
        """The message as payloads carry it, and whether only this person sees it."""
        for whisper in place.ephemerals:
            if whisper["ts"] == ts and whisper["to"] == person:
                return place.shown(whisper), True
        return place.shown(place.messages[ts]), False

    def visible(self, field: str = "key") -> Counter[str]:
        """How many messages that can be seen now carry each key in their metadata's payload."""
        with self.changed:
            return self.workspace.visible(field)

    def twins(self) -> dict[str, int]:
        """Keys that more than one message showed at the same time, be it for a moment; and how many."""
        with self.changed:
            return self.workspace.twins()

    def check_limits(self) -> None:
        """Fails if anything was sent that Slack would not take; for the end of a test."""
        assert not self.violations, "\n".join(
            f"{method}: {code}; {'; '.join(map(str, problems))}" for method, code, problems in self.violations
        )

    @property
    def posts(self) -> list[Call]:
        """Every call that arrived, in order, the failed ones included."""
        with self.changed:
            return list(self._calls)

    def calls(self, method: str) -> list[Call]:
        """Those of `posts` that went to one method."""
        return [call for call in self.posts if call.method == method]


def _seen(message: Json, together: list[Json]) -> Seen:
    ts = message["ts"]
    replies = [_seen(one, []) for one in together if one.get("thread_ts") == ts and one["ts"] != ts]
    by = message.get("bot_id") or message["user"]
    return Seen(ts, by, message["text"], message.get("blocks", []), replies, "to" in message)

"""What the fake Slack knows: people, channels, messages and their history, apart from HTTP, faults and threads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .answers import Json, Refusal
from .identity import BOT, TEAM_ID, TOMBSTONE, with_ids
from .modals import Views
from .triggers import Triggers


@dataclass
class Channel:
    """A conversation; its messages by ts, in the order they were posted."""

    id: str
    name: str
    archived: bool = False
    private: bool = False
    shared: bool = False  # with people of another company: Slack Connect
    pending_shared: bool = False  # they are invited
    org_shared: bool = False  # with other workspaces of the same company
    im: bool = False
    joined: bool = True  # by our app
    restricted: bool = False  # only admins may post
    members: set[str] | None = None  # None is everybody
    messages: dict[str, Json] = field(default_factory=dict)
    ephemerals: list[Json] = field(default_factory=list)
    threads: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def type(self) -> str:
        """As events name it (`channel_type`)."""
        return "im" if self.im else "group" if self.private else "channel"

    def replies_to(self, ts: str) -> list[Json]:
        return [self.messages[reply] for reply in self.threads.get(ts, ())]

    def shown(self, message: Json, metadata: bool = False) -> Json:
        """As Slack returns it: parents carry the sum of their thread, and every block has an id."""
        answer = {key: value for key, value in message.items() if metadata or key != "metadata"}
        if "blocks" in answer:
            answer["blocks"] = with_ids(answer["blocks"])
        if replies := self.replies_to(message["ts"]):
            answer["thread_ts"] = message["ts"]
            writers = list(dict.fromkeys(reply.get("user", "") for reply in replies))
            answer |= {"reply_count": len(replies), "latest_reply": replies[-1]["ts"], "reply_users": writers}
        return answer


class Happening(NamedTuple):
    """One line of the chronicle; `key` is what the message's metadata said."""

    kind: Literal["posted", "updated", "deleted"]
    channel: str
    ts: str
    key: str | None


class Workspace:
    """The state, and what changes it. The caller sees to locking."""

    def __init__(self, epoch: int, now: Callable[[], float]) -> None:
        """`announce` is told every event that the app would hear of; `now` is in seconds since 1970."""
        self.now = now
        self.announce: Callable[[Json], object] = lambda event: None
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, Json] = {}
        self.groups: list[Json] = []
        self.triggers = Triggers(now)
        self.views = Views()
        self.chronicle: list[Happening] = []
        self.reactions: list[Json] = []
        self.messages_tab = True  # people can be told something alone: features.app_home of the manifest
        self._micros = epoch * 1_000_000

    def next_ts(self) -> str:
        """Unique, and later than all before."""
        self._micros = max(self._micros + 1, int(self.now() * 1_000_000))
        seconds, micros = divmod(self._micros, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def store(self, channel: Channel, content: Json) -> Json:
        """Every message, a person's or the bot's, gets its ts here."""
        ts = self.next_ts()
        message = {"type": "message", "ts": ts, **content}
        channel.messages[ts] = message
        if thread := message.get("thread_ts"):
            channel.threads[thread].append(ts)
        self._note("posted", channel, message)
        self._tell(channel, {**channel.shown(message, metadata=True), "event_ts": ts})
        return message

    def change(self, channel: Channel, ts: str, content: Json, by: str) -> Json:
        """The message with these fields instead; None takes a field away."""
        before = channel.messages[ts]
        after = {key: value for key, value in {**before, **content}.items() if value is not None}
        after["edited"] = {"user": by, "ts": self.next_ts()}
        channel.messages[ts] = after
        self._note("updated", channel, after)
        self._changed(channel, before, after)
        return after

    def remove(self, channel: Channel, ts: str) -> None:
        """Gone; of one with replies a gravestone stays, as in Slack."""
        before = channel.messages[ts]
        self._note("deleted", channel, before)
        if channel.threads.get(ts):
            grave = {"type": "message", "ts": ts, "thread_ts": ts, **TOMBSTONE}
            channel.messages[ts] = grave
            self._changed(channel, before, grave)
            return
        del channel.messages[ts]
        if siblings := channel.threads.get(before.get("thread_ts", "")):
            siblings.remove(ts)
        was = channel.shown(before, metadata=True)
        self._hidden(channel, {"subtype": "message_deleted", "previous_message": was, "deleted_ts": ts})

    def whisper(self, channel: Channel, user: str, content: Json) -> Json:
        """What only one person sees; it is in no history and the app hears nothing of it."""
        message = {"type": "message", "ts": self.next_ts(), "is_ephemeral": True, "to": user, "user": user, **content}
        channel.ephemerals.append(message)
        return message

    def join(self, channel: Channel, user: str) -> None:
        """A person, or our own bot."""
        if user == BOT["user_id"]:
            channel.joined = True
        elif channel.members is not None:
            channel.members.add(user)
        event = {"type": "member_joined_channel", "user": user, "channel": channel.id, "team": TEAM_ID}
        self.announce({**event, "channel_type": channel.type[0].upper(), "event_ts": self.next_ts()})

    def members_of(self, channel: Channel) -> list[str]:
        """Ids of people, and of our bot if it is in."""
        people = self.users if channel.members is None else channel.members
        return sorted(people) + ([BOT["user_id"]] if channel.joined else [])

    def direct(self, user: str) -> Channel:
        """The conversation between a person and our app."""
        if user not in self.users:
            raise Refusal("user_not_found")
        return self.channels.setdefault(f"D{user}", Channel(f"D{user}", "", im=True, members={user}))

    def channel(self, args: Json, name: str = "channel") -> Channel:
        """The one that the arguments name, or a refusal. A private one is not there for who is not in it."""
        found = self.channels.get(str(args.get(name)))
        if found is None or (found.private and not found.joined):
            raise Refusal("channel_not_found")
        return found

    def visible(self, field: str = "key") -> Counter[str]:
        """How many messages that can be seen now carry each key."""
        messages = (message for channel in self.channels.values() for message in channel.messages.values())
        return Counter(key for message in messages if (key := key_of(message, field)) is not None)

    def twins(self) -> dict[str, int]:
        """Keys of which more than one message was visible at some moment, and how many at most."""
        now: Counter[str] = Counter()
        most: Counter[str] = Counter()
        for happening in self.chronicle:
            if happening.key is not None:
                now[happening.key] += {"posted": 1, "updated": 0, "deleted": -1}[happening.kind]
                most[happening.key] = max(most[happening.key], now[happening.key])
        return {key: count for key, count in most.items() if count > 1}

    def _note(self, kind: Literal["posted", "updated", "deleted"], channel: Channel, message: Json) -> None:
        self.chronicle.append(Happening(kind, channel.id, message["ts"], key_of(message)))

    def _tell(self, channel: Channel, event: Json) -> None:
        if channel.joined:
            self.announce({**event, "channel": channel.id, "channel_type": channel.type})

    def _hidden(self, channel: Channel, event: Json) -> None:
        ts = self.next_ts()
        self._tell(channel, {"type": "message", **event, "hidden": True, "ts": ts, "event_ts": ts})

    def _changed(self, channel: Channel, before: Json, after: Json) -> None:
        seen = [channel.shown(message, metadata=True) for message in (after, before)]
        self._hidden(channel, {"subtype": "message_changed", "message": seen[0], "previous_message": seen[1]})


def key_of(message: Json, field: str = "key") -> str | None:
    """What the metadata calls the message; nothing for those of people and other apps."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return payload.get(field)

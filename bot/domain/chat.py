"""What people write in Slack: who said, changed or took back what, where, and the message that amends sees in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.domain.message import Attachment, Direction, Medium, Message, Person, Place

ACCOUNT = "slack"
"""Under which the places of its messages and the cursors of its channels are kept."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote. `ts` names a message within its channel: seconds since 1970 with six decimals (docs.slack.dev).

    `thread_ts`: of the message that it replies to; "" where it stands in the channel itself. `edited_ts`: when it got
    the words that it has, if not at first.
    """

    channel: str
    ts: str
    author: str
    text: str
    thread_ts: str = ""
    files: tuple[Attachment, ...] = ()
    edited_ts: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody changed what they wrote; `said` is how it reads now."""

    said: Said


@dataclass(frozen=True, slots=True)
class Deleted:
    """Somebody took words back, or an admin did."""

    channel: str
    ts: str
    author: str = ""
    thread_ts: str = ""


Words = Said | Edited | Deleted


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody at Slack. `is_ours`: of our own company and no guest."""

    id: str
    name: str
    is_ours: bool

    @property
    def signature(self) -> str:
        """As the log names somebody: by a name, which may change, and an id, which does not."""
        return f"{self.name or 'Somebody'} ({self.id})"


@dataclass(frozen=True, slots=True)
class Places:
    """Where amends listens, by channel id: work channels, and customers' channels with the customer's name.

    `bot_user`: the member id under which amends itself writes, if it is known.
    """

    work: frozenset[str] = frozenset()
    customers: Mapping[str, str] = field(default_factory=dict)
    bot_user: str = ""

    @property
    def all(self) -> list[str]:
        """Every channel, in an order that stays."""
        return sorted({*self.work, *self.customers})

    def medium(self, channel: str) -> Medium | None:
        """What kind of place a channel is; None: amends does not listen there."""
        if channel in self.customers:
            return Medium.CUSTOMER_CHANNEL
        return Medium.WORK_CHANNEL if channel in self.work else None


def micros(ts: str) -> int:
    """A ts as whole microseconds since 1970. Raises ValueError for anything else."""
    seconds, _, rest = ts.partition(".")
    return int(seconds) * _MICROS + int(rest.ljust(6, "0")[:6] or 0)


def ts_of(number: int) -> str:
    """The ts of that many microseconds since 1970."""
    return f"{number // _MICROS}.{number % _MICROS:06d}"


def moment(ts: str) -> datetime:
    """When that was, UTC."""
    return _EPOCH + timedelta(microseconds=micros(ts))


def micros_at(when: datetime) -> int:
    """A moment as whole microseconds since 1970."""
    return (when - _EPOCH) // timedelta(microseconds=1)


def place_of(channel: str, ts: str) -> Place:
    """Where a message stands: its channel is the folder, its ts the UID."""
    return Place(ACCOUNT, channel, 1, micros(ts))


def name_of(channel: str, ts: str) -> str:
    """What stands in for a Message-ID; no mail has one like it, for it has neither @ nor brackets."""
    return f"slack:{channel}:{ts}"


def place_named(name: str) -> Place:
    """The place of the message with this name. Raises ValueError where it is not one of Slack's."""
    _, channel, ts = name.split(":")
    return place_of(channel, ts)


def message_of(said: Said, author: Member, places: Places) -> Message:
    """The message as everything else in amends sees it; its channel must be one of the places."""
    medium = places.medium(said.channel)
    assert medium is not None  # whoever reads an event passes over channels that are not listed
    customer = places.customers.get(said.channel, "") if not author.is_ours else ""
    name = author.name or author.id
    is_ours = author.is_ours and medium is Medium.CUSTOMER_CHANNEL
    return Message(
        sender=Person(author.id, f"{name} ({customer})" if customer else name),
        direction=Direction.FROM_US if is_ours else Direction.FROM_CUSTOMER,
        subject="", new_text=said.text, received_at=moment(said.ts), rfc_id=name_of(said.channel, said.ts),
        references=(name_of(said.channel, said.thread_ts),) if said.thread_ts else (),
        medium=medium, attachments=said.files,
    )  # fmt: skip

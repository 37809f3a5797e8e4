"""The tables of amends' own workings: who does what, how it goes, who is on call. `tables` hands them on."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Table, Text, text

from bot.store.columns import Utc, metadata, numbered

# who watches a mailbox: one process at a time, for as long as it says so again and again
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Utc, nullable=False),
    # grows with each change of holder: whoever writes under an older one has lost it
    Column("fence", Integer, nullable=False, server_default=text("0")),
)

# when each working part of amends last did its work, and how: health is read from here
pulse = Table(
    "pulse",
    metadata,
    Column("name", Text, primary_key=True),
    Column("begun_at", Utc, nullable=False),
    Column("good_at", Utc),
    Column("error", Text, nullable=False),
    Column("detail", JSON(none_as_null=True)),
)

# the planned moment of the next ping to somebody: what is to be said until then is said together
ping = Table(
    "ping",
    metadata,
    Column("address", Text, primary_key=True),
    Column("planned_at", Utc, nullable=False),
)

# who is on call, as calendars say
shift = Table(
    "shift",
    metadata,
    numbered(),
    Column("schedule", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Index("ix_shift_schedule", "schedule", "ends_at"),
)

# how reading those calendars goes; `told_at`: since when the channel knows that one cannot be read
calendar = Table(
    "calendar",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("read_at", Utc),
    Column("tried_at", Utc),
    Column("error", Text, nullable=False),
    Column("told_at", Utc),
)

# how each watched folder does
watch = Table(
    "watch",
    metadata,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("begun_at", Utc, nullable=False),
    Column("good_at", Utc),
    Column("error", Text, nullable=False),
    # since when the channel knows that nobody watches it
    Column("told_at", Utc),
)

# mails that were being read when a process ended without a word: one of them may be what ended it
attempt = Table(
    "attempt",
    metadata,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("tries", Integer, nullable=False),
)

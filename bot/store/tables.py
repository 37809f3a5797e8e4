"""The tables. Moments are UTC; the database itself forbids what must never be (an unresolved case without deadline)."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.store.columns import Utc as Utc
from bot.store.columns import metadata as metadata
from bot.store.columns import numbered
from bot.store.workings import attempt as attempt
from bot.store.workings import calendar as calendar
from bot.store.workings import lease as lease
from bot.store.workings import ping as ping
from bot.store.workings import pulse as pulse
from bot.store.workings import shift as shift
from bot.store.workings import watch as watch

thread = Table(
    "thread",
    metadata,
    numbered(),
    Column("customer_address", Text, nullable=False),
    Column("customer_name", Text, nullable=False),
    Column("subject_key", Text, nullable=False),
    Column("last_message_at", Utc, nullable=False),
    Column("waiting_since", Utc),
    Column("waiting_count", Integer, nullable=False, default=0),
    Column("answer_due_at", Utc),
    # from when the first response counts: when amends first saw that message; for history, when it came
    Column("waiting_clock", Utc),
    Index("ix_thread_answer_due_at", "answer_due_at", "id"),
    Index("ix_thread_subject", "customer_address", "subject_key", "last_message_at"),
)

message = Table(
    "message",
    metadata,
    numbered(),
    Column("identity", String(64), nullable=False, unique=True),
    Column("rfc_id", Text, nullable=False),
    Column("thread_id", ForeignKey("thread.id"), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("medium", String(16), nullable=False),
    Column("sender_address", Text, nullable=False),
    Column("sender_name", Text, nullable=False),
    Column("recipients", JSON, nullable=False),
    Column("subject", Text, nullable=False),
    Column("new_text", Text, nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("sent_at", Utc),
    Column("received_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("verdict", JSON),
    # of the verdict, for counting: alert, unsure or quiet, and the share of words that the model never saw
    Column("stratum", String(8)),
    Column("unseen", Float),
    # the account whose folders must all have caught up before anything is decided about it; NULL: that was done
    Column("held_for", Text),
    Column("is_history", Boolean, nullable=False, server_default=text("FALSE")),
    # when its writer took it back (a chat lets people do that); its words are gone then
    Column("retracted_at", Utc),
    # when it got the words that it has, if they are not its first
    Column("edited_at", Utc),
    Index(
        "ix_message_held",
        "held_for",
        "thread_id",
        sqlite_where=text("held_for IS NOT NULL"),
        postgresql_where=text("held_for IS NOT NULL"),
    ),
    Index("ix_message_rfc_id", "rfc_id"),
    Index("ix_message_seen_at", "seen_at"),
    Index("ix_message_thread", "thread_id", "direction", "received_at"),
)

reference = Table(
    "reference",
    metadata,
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    Column("rfc_id", Text, primary_key=True),
    Index("ix_reference_rfc_id", "rfc_id"),
)

place = Table(
    "place",
    metadata,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("message_id", ForeignKey("message.id"), nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    # what lay there at first, up to this UID, is history, and read only from this day on
    Column("since", Date, nullable=False),
    Column("history_until", BigInteger, nullable=False),
    Column("moved_at", Utc, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    numbered(),
    Column("account", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("proven_ours", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    # set when the server is to be asked for it again
    Column("fetch_again", Boolean, nullable=False),
    # how it ended: read after all, or released by a person who looked after it
    Column("ended_at", Utc),
    Column("ended_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_quarantine_ended_at", "ended_at"),
    UniqueConstraint("account", "folder", "uidvalidity", "uid", name="uq_quarantine_place"),
)

case = Table(
    "case_",
    metadata,
    numbered(),
    Column("thread_id", ForeignKey("thread.id"), nullable=False, unique=True),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(24), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("customer_address", Text, nullable=False),
    Column("customer_name", Text, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("waiting_since", Utc, nullable=False),
    Column("clock_start", Utc, nullable=False),
    Column("ladder", JSON, nullable=False),
    # the earlier of the two that follow: the only deadline that is searched for
    Column("next_due_at", Utc),
    Column("step_due_at", Utc),
    # until when we promised ourselves a first response; it is stopped by an answer alone
    Column("answer_due_at", Utc),
    Column("rung", Integer, nullable=False),
    Column("loop", Integer, nullable=False),
    Column("exhausted", Boolean, nullable=False),
    Column("snoozed", Boolean, nullable=False),
    Column("claimed_by", Text, nullable=False),
    Column("answered_at", Utc),
    Column("generation", Integer, nullable=False),
    CheckConstraint("(state IN ('closed', 'dismissed')) = (next_due_at IS NULL)", name="nothing_forgotten"),
    Index("ix_case_next_due_at", "next_due_at", "id"),
    # counted at each scrape
    Index("ix_case_state", "state", "exhausted"),
)

event = Table(
    "event",
    metadata,
    numbered(),
    Column("case_id", ForeignKey("case_.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("whence", String(16), nullable=False),
    Column("what", String(24), nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16), nullable=False),
    Column("note", Text, nullable=False),
    # where the case stood on its ladder afterwards, and what was due then
    Column("after", JSON(none_as_null=True)),
    Index("ix_event_case", "case_id", "id"),
)

_TWINS, _SAID = text("twins_due_at IS NOT NULL"), text("ref IS NOT NULL")

outbox = Table(
    "outbox",
    metadata,
    numbered(),
    Column("key", Text, nullable=False, unique=True),
    # exactly one of the two: what it is about, or what it says by itself
    Column("case_id", ForeignKey("case_.id")),
    Column("notice", JSON(none_as_null=True)),
    Column("reason", String(24), nullable=False),
    Column("opens", Boolean, nullable=False),
    Column("notify", String(16), nullable=False),
    Column("loop", Integer, nullable=False),
    Column("rung", Integer, nullable=False),
    Column("late_seconds", Float),
    # looked up when the rung fired: whom to ping, in what way, and until when the ping waits for others or for daylight
    Column("who", Text, nullable=False, server_default=text("''")),
    Column("mention", Text, nullable=False, server_default=text("''")),
    Column("how", String(8), nullable=False, server_default=text("'thread'")),
    Column("deferred_until", Utc),
    Column("state", String(12), nullable=False),
    Column("queued_at", Utc, nullable=False),
    Column("not_before", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Utc),
    Column("look_up_at", Utc),
    Column("sent_at", Utc),
    Column("ref", Text),
    Column("error", Text, nullable=False),
    # the digest that says it, together with many others
    Column("carried_by", ForeignKey("outbox.id")),
    # said again because nobody could find it: when it is looked for once more, and how often it was
    Column("twins_due_at", Utc),
    Column("twin_looks", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("(case_id IS NULL) = (notice IS NOT NULL)", name="subject"),
    CheckConstraint("state IN ('pending', 'carried', 'sending', 'unknown', 'sent', 'withdrawn', 'dead')", name="state"),
    Index("ix_outbox_pending", "state", "not_before"),
    Index("ix_outbox_case", "case_id", "id"),
    # of those that have one: each index more that a new row stands in makes a tick slower
    Index("ix_outbox_twins_due_at", "twins_due_at", sqlite_where=_TWINS, postgresql_where=_TWINS),
    Index("ix_outbox_ref", "ref", sqlite_where=_SAID, postgresql_where=_SAID),
)

# the one message in which a case is shown, redrawn as the case changes: `wanted` and `drawn` are generations of it
card = Table(
    "card",
    metadata,
    Column("case_id", ForeignKey("case_.id"), primary_key=True),
    Column("ref", Text, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("not_before", Utc, nullable=False),
    Column("lease_until", Utc),
    Column("attempts", Integer, nullable=False),
    Index("ix_card_stale", "not_before", sqlite_where=text("wanted > drawn"), postgresql_where=text("wanted > drawn")),
)

_WAITING = "payload IS NOT NULL AND failed_at IS NULL"

# what Slack told us, once each; the words are kept only until it was worked off, the key for days
inbound = Table(
    "inbound",
    metadata,
    numbered(),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("payload", JSON(none_as_null=True)),
    Column("at", Utc, nullable=False),
    Column("not_before", Utc, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    # since when it is tried no more; its words stay, for whoever looks after it
    Column("failed_at", Utc),
    Index("ix_inbound_at", "at"),
    Index("ix_inbound_waiting", "id", sqlite_where=text(_WAITING), postgresql_where=text(_WAITING)),
)

trusted_model = Table(
    "trusted_model",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("card", JSON, nullable=False),
    Column("trained_at", Utc, nullable=False),
)

# who was champion when; without a model it is the shipped one, and what was rolled back stays as a record
reign = Table(
    "reign",
    metadata,
    numbered(),
    Column("model_id", ForeignKey("trusted_model.id")),
    Column("at", Utc, nullable=False),
    Column("undone", Boolean, nullable=False),
)

correction = Table(
    "correction",
    metadata,
    numbered(),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

review = Table(
    "review",
    metadata,
    numbered(),
    Column("message_id", ForeignKey("message.id"), nullable=False, unique=True),
    Column("stratum", String(8), nullable=False),
    Column("listed_at", Utc, nullable=False),
    Column("answered_at", Utc),
    Index("ix_review_answered_at", "answered_at"),
)

# what is done again and again, and when it is due next
chore = Table(
    "chore",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("due_at", Utc, nullable=False),
)

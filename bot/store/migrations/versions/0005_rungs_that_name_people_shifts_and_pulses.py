"""Rungs that name people, first responses with their own deadline, shifts, planned pings, fences and pulses"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# not in batches: SQLite would make new tables, and others refer to the old ones
_ADDED: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("thread", sa.Column("waiting_clock", Utc(), nullable=True)),
    ("case_", sa.Column("step_due_at", Utc(), nullable=True)),
    ("case_", sa.Column("answer_due_at", Utc(), nullable=True)),
    ("event", sa.Column("after", sa.JSON(none_as_null=True), nullable=True)),
    ("outbox", sa.Column("who", sa.Text(), nullable=False, server_default=sa.text("''"))),
    ("outbox", sa.Column("mention", sa.Text(), nullable=False, server_default=sa.text("''"))),
    ("outbox", sa.Column("how", sa.String(8), nullable=False, server_default=sa.text("'thread'"))),
    ("outbox", sa.Column("deferred_until", Utc(), nullable=True)),
    ("lease", sa.Column("fence", sa.Integer(), nullable=False, server_default=sa.text("0"))),
)


_PARTIAL = (
    ("ix_outbox_twins_due_at", "twins_due_at", sa.text("twins_due_at IS NOT NULL")),
    ("ix_outbox_ref", "ref", sa.text("ref IS NOT NULL")),
)
# of many that are due at the same moment too, PostgreSQL finds the first few without sorting all
_IN_ORDER = (("ix_case_next_due_at", "case_", "next_due_at"), ("ix_thread_answer_due_at", "thread", "answer_due_at"))


def upgrade() -> None:
    for name, indexed, where in _PARTIAL:
        op.drop_index(name, "outbox")
        op.create_index(name, "outbox", [indexed], sqlite_where=where, postgresql_where=where)
    for name, table, indexed in _IN_ORDER:
        op.drop_index(name, table)
        op.create_index(name, table, [indexed, "id"])
    for table, column in _ADDED:
        op.add_column(table, column)
    op.create_index("ix_case_state", "case_", ["state", "exhausted"])
    # whom these ping was looked up when they were said; `amends run` puts addresses in the place of the roles
    op.execute(
        "UPDATE outbox SET mention = notify, how = 'channel' WHERE notify IN ('on_call', 'lead')"
        " AND case_id IS NOT NULL AND state IN ('pending', 'carried', 'sending', 'unknown')"
    )
    op.execute("UPDATE case_ SET step_due_at = next_due_at")
    op.execute("UPDATE thread SET waiting_clock = waiting_since")
    _make_watching()
    _make_on_call()
    if op.get_bind().dialect.name == "postgresql":  # which empties tables without deleting a row
        op.execute(
            "CREATE TRIGGER event_refuses_truncate BEFORE TRUNCATE ON event "
            "FOR EACH STATEMENT EXECUTE FUNCTION event_refuses()"
        )


def downgrade() -> None:
    op.drop_index("ix_case_state", "case_")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER event_refuses_truncate ON event")
    for name, indexed, _where in _PARTIAL:
        op.drop_index(name, "outbox")
        op.create_index(name, "outbox", [indexed])
    for name, indexed_table, indexed in _IN_ORDER:
        op.drop_index(name, indexed_table)
        op.create_index(name, indexed_table, [indexed])
    for table in ("calendar", "shift", "ping", "pulse"):
        op.drop_table(table)
    # an older amends could not read these, and would say nothing after them
    op.execute(
        "UPDATE outbox SET state = 'withdrawn' WHERE state IN ('pending', 'carried', 'sending', 'unknown')"
        " AND (notify IN ('schedule', 'person') OR reason IN"
        " ('first_response_overdue', 'nobody_to_tell', 'canary', 'on_call', 'health'))"
    )
    # a deadline of the first response alone is none that it knows
    op.execute("UPDATE case_ SET next_due_at = step_due_at WHERE step_due_at IS NOT NULL")
    for table, column in reversed(_ADDED):
        op.drop_column(table, column.name)


def _make_watching() -> None:
    op.create_table(
        "pulse",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begun_at", Utc(), nullable=False),
        sa.Column("good_at", Utc(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pulse")),
    )


def _make_on_call() -> None:
    op.create_table(
        "ping",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("planned_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_ping")),
    )
    op.create_table(
        "shift",
        sa.Column("id", _ID, nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("starts_at", Utc(), nullable=False),
        sa.Column("ends_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_index("ix_shift_schedule", "shift", ["schedule", "ends_at"])
    op.create_table(
        "calendar",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("read_at", Utc(), nullable=True),
        sa.Column("tried_at", Utc(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("told_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("schedule", name=op.f("pk_calendar")),
    )

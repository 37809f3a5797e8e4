"""Mail that waits until its mailbox has caught up, folders whose watch is watched, quarantine that ends, digests"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HELD = sa.text("held_for IS NOT NULL")
_STATES = "state IN ('pending', {}'sending', 'unknown', 'sent', 'withdrawn', 'dead')"
_NO = sa.text("FALSE")


def _make_lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )


def _make_watch() -> None:
    op.create_table(
        "watch",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("begun_at", Utc(), nullable=False),
        sa.Column("good_at", Utc(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("told_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("account", "folder", name=op.f("pk_watch")),
    )


def _make_attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "folder", "uidvalidity", "uid", name=op.f("pk_attempt")),
    )


def _extend_quarantine() -> None:
    with op.batch_alter_table("quarantine") as table:
        table.add_column(sa.Column("proven_ours", sa.Boolean(), nullable=False, server_default=_NO))
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("fetch_again", sa.Boolean(), nullable=False, server_default=_NO))
        table.add_column(sa.Column("ended_at", Utc(), nullable=True))
        table.add_column(sa.Column("ended_by", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
        table.create_index("ix_quarantine_ended_at", ["ended_at"])
    flags = (("proven_ours", sa.Boolean()), ("fetch_again", sa.Boolean()))
    _drop_defaults("quarantine", *flags, ("tries", sa.Integer()), ("ended_by", sa.Text()), ("note", sa.Text()))


def _drop_defaults(name: str, *columns: tuple[str, sa.types.TypeEngine[Any]]) -> None:
    """They were there for the rows that there were; new rows say what they are."""
    with op.batch_alter_table(name) as table:
        for column, kind in columns:
            table.alter_column(column, existing_type=kind, existing_nullable=False, server_default=None)


def upgrade() -> None:
    _make_lease()
    _make_watch()
    _make_attempt()
    _extend_quarantine()
    # not in a batch: SQLite would make a new table of all mail, and others refer to the old one
    op.add_column("message", sa.Column("held_for", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("is_history", sa.Boolean(), nullable=False, server_default=_NO))
    op.create_index("ix_message_held", "message", ["held_for", "thread_id"], sqlite_where=_HELD, postgresql_where=_HELD)
    with op.batch_alter_table("cursor") as table:
        # folders that were read before are read on where they were
        table.add_column(sa.Column("since", sa.Date(), nullable=False, server_default="1970-01-01"))
        table.add_column(sa.Column("history_until", sa.BigInteger(), nullable=False, server_default="0"))
    _drop_defaults("cursor", ("since", sa.Date()), ("history_until", sa.BigInteger()))
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("carried_by", _ID, nullable=True))
        table.create_foreign_key(op.f("fk_outbox_carried_by"), "outbox", ["carried_by"], ["id"])
        table.drop_constraint(op.f("ck_outbox_state"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_state"), _STATES.format("'carried', "))


def _say_by_themselves() -> None:
    """Of what an older amends does not know only what waits to be said would be in its way."""
    op.execute("UPDATE outbox SET state = 'pending' WHERE state = 'carried'")
    op.execute("UPDATE outbox SET carried_by = NULL")
    op.execute(
        "DELETE FROM outbox WHERE notice IS NOT NULL AND reason IN ('watch', 'quarantine', 'digest')"
        " AND state IN ('pending', 'sending', 'unknown')"
    )


# An older amends decides about mail as it comes and never later: whoever is still unanswered is so at once.
_WAIT_FOR_WHAT_IS_HELD = """
UPDATE thread SET
  waiting_since = (SELECT MIN(received_at) FROM message
                   WHERE thread_id = thread.id AND held_for IS NOT NULL AND direction = 'from_customer'),
  answer_due_at = (SELECT MIN(received_at) FROM message
                   WHERE thread_id = thread.id AND held_for IS NOT NULL AND direction = 'from_customer'),
  waiting_count = (SELECT COUNT(*) FROM message
                   WHERE thread_id = thread.id AND held_for IS NOT NULL AND direction = 'from_customer')
WHERE waiting_since IS NULL
  AND NOT EXISTS (SELECT 1 FROM case_ WHERE case_.thread_id = thread.id)
  AND EXISTS (SELECT 1 FROM message AS theirs
              WHERE theirs.thread_id = thread.id AND theirs.held_for IS NOT NULL
                AND theirs.direction = 'from_customer'
                AND NOT EXISTS (SELECT 1 FROM message AS ours
                                WHERE ours.thread_id = thread.id AND ours.direction = 'from_us'
                                  AND ours.received_at > theirs.received_at))
"""


def downgrade() -> None:
    _say_by_themselves()
    op.execute(_WAIT_FOR_WHAT_IS_HELD)
    with op.batch_alter_table("outbox") as table:
        table.drop_constraint(op.f("ck_outbox_state"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_state"), _STATES.format(""))
        table.drop_constraint(op.f("fk_outbox_carried_by"), type_="foreignkey")
        table.drop_column("carried_by")
    with op.batch_alter_table("cursor") as table:
        table.drop_column("history_until")
        table.drop_column("since")
    op.drop_index("ix_message_held", "message")
    op.drop_column("message", "is_history")
    op.drop_column("message", "held_for")
    op.drop_index("ix_quarantine_ended_at", "quarantine")
    with op.batch_alter_table("quarantine") as table:
        for name in ("note", "ended_by", "ended_at", "fetch_again", "tries", "proven_ours"):
            table.drop_column(name)
    for name in ("attempt", "watch", "lease"):
        op.drop_table(name)

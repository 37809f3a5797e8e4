"""Cards that are redrawn in place, what Slack tells us, messages taken back, twins looked for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STALE, _WAITING = sa.text("wanted > drawn"), sa.text("payload IS NOT NULL AND failed_at IS NULL")


def upgrade() -> None:
    _make_card()
    _make_inbound()
    # not in a batch: SQLite would make a new table of all mail, and others refer to the old one
    op.add_column("message", sa.Column("retracted_at", Utc(), nullable=True))
    op.add_column("message", sa.Column("edited_at", Utc(), nullable=True))
    op.add_column("outbox", sa.Column("twins_due_at", Utc(), nullable=True))
    op.add_column("outbox", sa.Column("twin_looks", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_index("ix_outbox_twins_due_at", "outbox", ["twins_due_at"])
    op.create_index("ix_outbox_ref", "outbox", ["ref"])
    op.execute(_CARDS)


def downgrade() -> None:
    op.execute("UPDATE message SET medium = 'mail' WHERE medium = 'customer_channel'")
    # an older amends could not read these, and would say nothing after them
    op.execute(
        "UPDATE outbox SET state = 'withdrawn' WHERE reason IN ('inbound', 'delivery')"
        " AND state IN ('pending', 'sending', 'unknown')"
    )
    for index in ("ix_outbox_ref", "ix_outbox_twins_due_at"):
        op.drop_index(index, "outbox")
    for table, column in (("outbox", "twin_looks"), ("outbox", "twins_due_at")):
        op.drop_column(table, column)
    for column in ("edited_at", "retracted_at"):
        op.drop_column("message", column)
    op.drop_table("inbound")
    op.drop_table("card")


def _make_card() -> None:
    op.create_table(
        "card",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("not_before", Utc(), nullable=False),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_card")),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_card_case_id")),
    )
    op.create_index("ix_card_stale", "card", ["not_before"], sqlite_where=_STALE, postgresql_where=_STALE)


def _make_inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("not_before", Utc(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("failed_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
        sa.UniqueConstraint("key", name=op.f("uq_inbound_key")),
    )
    op.create_index("ix_inbound_at", "inbound", ["at"])
    op.create_index("ix_inbound_waiting", "inbound", ["id"], sqlite_where=_WAITING, postgresql_where=_WAITING)


# Cards of open cases that were posted before are redrawn once, with buttons; what went out in a digest has no card, and
# what was printed on a console is none.
_CARDS = """
INSERT INTO card (case_id, ref, wanted, drawn, not_before, attempts)
SELECT o.case_id, o.ref, c.generation, CASE WHEN c.next_due_at IS NULL THEN c.generation ELSE -1 END, o.queued_at, 0
FROM outbox AS o JOIN case_ AS c ON c.id = o.case_id
WHERE o.state = 'sent' AND o.carried_by IS NULL AND substr(o.ref, 1, 8) <> 'console:' AND o.id = (
    SELECT max(newest.id) FROM outbox AS newest
    WHERE newest.case_id = o.case_id AND newest.opens AND newest.state = 'sent' AND newest.carried_by IS NULL
)
"""

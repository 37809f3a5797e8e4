"""What people review day by day, notices that belong to no case, and which model reigned when"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SUBJECT = "(case_id IS NULL) = (notice IS NOT NULL)"


def _make_reign() -> None:
    op.create_table(
        "reign",
        sa.Column("id", _ID, nullable=False),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["trusted_model.id"], name=op.f("fk_reign_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reign")),
    )
    op.execute(
        "INSERT INTO reign (model_id, at, undone) SELECT id, trained_at, FALSE FROM trusted_model WHERE champion"
    )
    op.drop_column("trusted_model", "champion")


def _make_review() -> None:
    op.create_table(
        "review",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("stratum", sa.String(length=8), nullable=False),
        sa.Column("listed_at", Utc(), nullable=False),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_review_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("message_id", name=op.f("uq_review_message_id")),
    )
    op.create_index("ix_review_answered_at", "review", ["answered_at"])


def _make_chore() -> None:
    op.create_table(
        "chore",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chore")),
    )


def upgrade() -> None:
    _make_reign()
    _make_review()
    _make_chore()
    with op.batch_alter_table("message") as table:
        table.add_column(sa.Column("stratum", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("unseen", sa.Float(), nullable=True))
        table.create_index("ix_message_seen_at", ["seen_at"])
    with op.batch_alter_table("outbox") as table:
        table.alter_column("case_id", existing_type=_ID, nullable=True)
        table.add_column(sa.Column("notice", sa.JSON(), nullable=True))
        table.create_check_constraint(op.f("ck_outbox_subject"), _SUBJECT)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE case_id IS NULL")
    with op.batch_alter_table("outbox") as table:
        table.drop_constraint(op.f("ck_outbox_subject"), type_="check")
        table.drop_column("notice")
        table.alter_column("case_id", existing_type=_ID, nullable=False)
    op.drop_index("ix_message_seen_at", "message")
    op.drop_column("message", "unseen")
    op.drop_column("message", "stratum")
    op.add_column("trusted_model", sa.Column("champion", sa.Boolean(), nullable=False, server_default=sa.text("FALSE")))
    op.execute(
        "UPDATE trusted_model SET champion = TRUE WHERE id = "
        "(SELECT model_id FROM reign WHERE NOT undone ORDER BY id DESC LIMIT 1)"
    )
    for name in ("chore", "review", "reign"):
        op.drop_table(name)

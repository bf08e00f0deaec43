"""Failover drills, and the provider that the mail of one treats as down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies this change."""
    op.add_column("messages", sa.Column("down_provider_id", ROW_ID, nullable=True))
    op.create_table(
        "drills",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("message_id", sa.String(26), nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("stream", sa.String(32), nullable=False),
        sa.Column("partner_id", ROW_ID, nullable=True),
        sa.Column("from_email", sa.String(320), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("down_provider_id", ROW_ID, nullable=False),
        sa.Column("down_name", sa.String(100), nullable=False),
        sa.Column("stand_in_provider_id", ROW_ID, nullable=False),
        sa.Column("stand_in_name", sa.String(100), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(254), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(32), nullable=True),
        sa.Column("taken_by_provider_id", ROW_ID, nullable=True),
        sa.Column("taken_by_name", sa.String(100), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("said", sa.String(2100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drills")),
    )
    is_going = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_drills_going", "drills", ["id"], sqlite_where=is_going, postgresql_where=is_going
    )
    op.create_index("ix_drills_stand_in", "drills", ["stand_in_provider_id", "id"])
    op.create_index("ix_drills_taken_by", "drills", ["taken_by_provider_id", "id"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("drills")
    op.drop_column("messages", "down_provider_id")

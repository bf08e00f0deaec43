"""The move that can be undone, what providers carried minute by minute, and scheduled re-tests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEW_COLUMNS = {
    "provider_lists": (
        sa.Column("ordered_at", sa.BigInteger(), nullable=True),
        sa.Column("ordered_by", sa.String(254), server_default="", nullable=False),
        sa.Column("ordered_version", sa.Integer(), nullable=True),
        sa.Column("former_order", sa.JSON(), server_default="[]", nullable=False),
    ),
    "provider_health": (
        sa.Column("certificate_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("certificate_of", sa.String(260), server_default="", nullable=False),
        sa.Column("retest_at", sa.BigInteger(), nullable=True),
        sa.Column("retested_at", sa.BigInteger(), nullable=True),
        sa.Column("retest_rule", sa.String(64), server_default="", nullable=False),
        sa.Column("retest_said", sa.String(2000), server_default="", nullable=False),
    ),
}


def upgrade() -> None:
    """Applies this change."""
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "provider_minutes",
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("minute_at", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("sending_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_minutes_provider_id")
        ),
        sa.PrimaryKeyConstraint("provider_id", "minute_at", name=op.f("pk_provider_minutes")),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("provider_minutes")
    for table, columns in NEW_COLUMNS.items():
        for column in reversed(columns):
            op.drop_column(table, column.name)

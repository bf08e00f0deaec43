"""Sums by the quarter of an hour, readings of the queue, and deliveries that failed by their end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FAILED = sa.text("state IN ('expired', 'failed')")
TAKE_OVER = """
    INSERT INTO provider_quarters (quarter_at, provider_id, sent, refused, failed, sending_ms)
    SELECT minute_at - minute_at % 900000000, provider_id,
        sum(sent), sum(refused), sum(failed), sum(sending_ms)
    FROM provider_minutes GROUP BY 1, 2
"""
"""900 seconds in microseconds."""


def upgrade() -> None:
    """Applies this change; what the minutes know is taken over."""
    op.create_table(
        "provider_quarters",
        sa.Column("quarter_at", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("sending_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name="fk_provider_quarters_provider_id"
        ),
        sa.PrimaryKeyConstraint("quarter_at", "provider_id", name="pk_provider_quarters"),
    )
    op.execute(TAKE_OVER)
    op.create_table(
        "queue_readings",
        sa.Column("minute_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("unconfirmed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute_at", name="pk_queue_readings"),
    )
    op.create_index(
        "ix_deliveries_failed",
        "deliveries",
        ["ended_at"],
        sqlite_where=FAILED,
        postgresql_where=FAILED,
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_deliveries_failed", table_name="deliveries")
    op.drop_table("queue_readings")
    op.drop_table("provider_quarters")

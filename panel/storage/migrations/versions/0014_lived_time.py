"""Keep how much time workers have seen pass, so that a wrong clock ends and removes nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies this change."""
    op.create_table(
        "running_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("lived_us", sa.BigInteger(), nullable=False),
        sa.Column("gap_us", sa.BigInteger(), nullable=False),
        sa.Column("gap_until_id", sa.BigInteger(), nullable=False),
        sa.Column("gap_lived_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_running_clock")),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("running_clock")

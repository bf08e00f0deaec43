"""Jumps of the clock that waiting mail follows in portions, and the mail that was there at a time.

What waits already counts as there when the clock was last noted.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies this change."""
    op.create_table(
        "clock_jumps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("jump_us", sa.BigInteger(), nullable=False),
        sa.Column("border_at", sa.BigInteger(), nullable=False),
        sa.Column("done_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_jumps")),
    )
    op.add_column(
        "running_clock",
        sa.Column("newest_id", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.execute("UPDATE running_clock SET newest_id = (SELECT coalesce(max(id), 0) FROM deliveries)")


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("running_clock", "newest_id")
    op.drop_table("clock_jumps")

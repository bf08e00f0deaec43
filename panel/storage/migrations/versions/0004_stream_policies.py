"""Stream policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies this change."""
    op.create_table(
        "stream_policies",
        sa.Column("stream", sa.String(length=32), nullable=False),
        sa.Column("unconfirmed", sa.String(length=32), nullable=True),
        sa.Column("unconfirmed_delay_s", sa.Integer(), nullable=True),
        sa.Column("expires_after_s", sa.Integer(), nullable=True),
        sa.Column("schedule_s", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_stream_policies")),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("stream_policies")

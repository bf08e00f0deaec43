"""The size limit that a provider announced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies this change."""
    op.add_column("provider_health", sa.Column("largest_size", sa.BigInteger(), nullable=True))
    op.add_column("provider_health", sa.Column("size_seen_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("provider_health", "size_seen_at")
    op.drop_column("provider_health", "largest_size")

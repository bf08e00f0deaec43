"""When a provider came back, and whose probe mail is on its way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies this change."""
    op.add_column("provider_health", sa.Column("recovered_at", sa.BigInteger(), nullable=True))
    op.add_column("provider_health", sa.Column("probe_worker_id", sa.String(32), nullable=True))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("provider_health", "probe_worker_id")
    op.drop_column("provider_health", "recovered_at")

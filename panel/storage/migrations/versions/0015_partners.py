"""Partners and users that were deleted, and still stand beside their mail and in the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("partners", "users")


def upgrade() -> None:
    """Applies this change."""
    for table in TABLES:
        op.add_column(table, sa.Column("deleted_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Takes it back."""
    for table in reversed(TABLES):
        op.drop_column(table, "deleted_at")

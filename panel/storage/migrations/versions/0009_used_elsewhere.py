"""How much of a provider's allowance other systems use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WINDOWS = ("second", "minute", "hour", "day")


def upgrade() -> None:
    """Applies this change."""
    for window in WINDOWS:
        name = f"elsewhere_per_{window}"
        column = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("providers", column)


def downgrade() -> None:
    """Takes it back."""
    for window in reversed(WINDOWS):
        op.drop_column("providers", f"elsewhere_per_{window}")

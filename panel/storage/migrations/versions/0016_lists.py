"""Let people find mail by its address and its state without looking at other mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

IS_WAITING = "state IN ('deferred', 'held', 'queued', 'sending', 'unconfirmed')"


def upgrade() -> None:
    """Applies this change."""
    op.create_index(
        "ix_deliveries_state",
        "deliveries",
        ["state", "id"],
        sqlite_where=sa.text(IS_WAITING),
        postgresql_where=sa.text(IS_WAITING),
    )
    op.create_index(
        "ix_deliveries_recipient",
        "deliveries",
        [sa.func.lower(sa.text("recipient")).label("address")],
        postgresql_ops={"address": "text_pattern_ops"},
    )


def downgrade() -> None:
    """Takes it back."""
    for name in ("ix_deliveries_recipient", "ix_deliveries_state"):
        op.drop_index(name, table_name="deliveries")

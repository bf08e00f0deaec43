"""Queue by flow, one stream of one partner, instead of by lane."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IS_DUE = "state IN ('deferred', 'held', 'queued')"
IS_CLAIMABLE = f"{IS_DUE} AND next_attempt_at IS NOT NULL"
IS_HELD = "state = 'held'"


def upgrade() -> None:
    """Applies this change."""
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    # The lane becomes the flow: of the house's mail they are the same number.
    op.execute("ALTER TABLE deliveries RENAME COLUMN lane TO flow")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE deliveries ALTER COLUMN flow TYPE BIGINT")
    op.execute("UPDATE deliveries SET flow = partner_id * 8 + flow WHERE partner_id IS NOT NULL")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["flow", "next_attempt_at", "id", "expires_at"],
        unique=False,
        sqlite_where=sa.text(IS_CLAIMABLE),
        postgresql_where=sa.text(IS_CLAIMABLE),
    )
    op.create_index(
        "ix_deliveries_held",
        "deliveries",
        ["rule", "id"],
        unique=False,
        sqlite_where=sa.text(IS_HELD),
        postgresql_where=sa.text(IS_HELD),
    )


def downgrade() -> None:
    """Takes this change back."""
    op.drop_index("ix_deliveries_held", table_name="deliveries")
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    op.execute("UPDATE deliveries SET flow = flow - partner_id * 8 WHERE partner_id IS NOT NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE deliveries ALTER COLUMN flow TYPE INTEGER")
    op.execute("ALTER TABLE deliveries RENAME COLUMN flow TO lane")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["lane", "next_attempt_at", "id"],
        unique=False,
        sqlite_where=sa.text(IS_DUE),
        postgresql_where=sa.text(IS_DUE),
    )

"""How much a partner may hand in, and what it has handed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

QUOTAS = ("hourly_quota", "daily_quota")


def upgrade() -> None:
    """Applies this change."""
    for name in QUOTAS:
        op.add_column("partners", sa.Column(name, sa.Integer(), nullable=True))
    op.create_table(
        "partner_hours",
        sa.Column("partner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("hour_at", sa.BigInteger(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_partner_hours_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "hour_at", name=op.f("pk_partner_hours")),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("partner_hours")
    for name in reversed(QUOTAS):
        op.drop_column("partners", name)

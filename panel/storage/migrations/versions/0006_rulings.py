"""Rulings, and what finds second copies whose provider is gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_BOUND_COPY = sa.text(
    "state IN ('deferred', 'held', 'queued') AND copies > 0 AND sticky_provider_id IS NOT NULL"
)


def upgrade() -> None:
    """Applies this change."""
    op.create_table(
        "rulings",
        sa.Column("id", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("actor_partner_id", BIG, nullable=True),
        sa.Column("choice", sa.String(length=32), nullable=False),
        sa.Column("state_before", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_rulings_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulings")),
    )
    op.create_index("ix_rulings_delivery", "rulings", ["delivery_id", "id"], unique=False)
    op.create_index(
        "ix_deliveries_bound",
        "deliveries",
        ["sticky_provider_id"],
        unique=False,
        sqlite_where=IS_BOUND_COPY,
        postgresql_where=IS_BOUND_COPY,
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_deliveries_bound", table_name="deliveries")
    op.drop_index("ix_rulings_delivery", table_name="rulings")
    op.drop_table("rulings")

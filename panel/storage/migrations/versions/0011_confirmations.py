"""Test mails with a code, and what their confirmation tells of a provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = {
    "confirmed_identity": sa.String(64),
    "confirmed_at": sa.BigInteger(),
    "confirmed_by": sa.String(254),
    "confirmed_to": sa.String(320),
    "confirmed_after_s": sa.Integer(),
}


def upgrade() -> None:
    """Applies this change."""
    for name, kind in COLUMNS.items():
        op.add_column("providers", sa.Column(name, kind, nullable=True))
    op.create_table(
        "confirmations",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("provider_id", ROW_ID, nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_confirmations_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
    )
    op.create_index("ix_confirmations_provider", "confirmations", ["provider_id", "id"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("confirmations")
    for name in reversed(COLUMNS):
        op.drop_column("providers", name)

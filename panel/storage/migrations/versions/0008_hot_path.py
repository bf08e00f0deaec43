"""Let what is written with every mail touch fewer index entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IS_SENDING = "state = 'sending'"

# Room on each page for the next version of a row, which then needs no new index entries; and the
# entries of drained mail, which a claim has to pass, are cleared away before they are very many.
STORAGE = {
    "deliveries": "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05",
    "attempts": "fillfactor = 70",
}


def upgrade() -> None:
    """Applies this change."""
    op.drop_index("ix_attempts_provider", table_name="attempts")
    op.create_index("ix_attempts_provider", "attempts", ["provider_id", "id"], unique=False)
    op.drop_index("ix_deliveries_sending", table_name="deliveries")
    _create_sending(["worker_id", "claim_token"])
    if op.get_bind().dialect.name == "postgresql":
        for table, parameters in STORAGE.items():
            op.execute(f"ALTER TABLE {table} SET ({parameters})")


def downgrade() -> None:
    """Takes this change back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE attempts RESET (fillfactor)")
        op.execute("ALTER TABLE deliveries RESET (fillfactor, autovacuum_vacuum_scale_factor)")
    op.drop_index("ix_deliveries_sending", table_name="deliveries")
    _create_sending(["worker_id"])
    op.drop_index("ix_attempts_provider", table_name="attempts")
    op.create_index("ix_attempts_provider", "attempts", ["provider_id", "started_at"], unique=False)


def _create_sending(columns: list[str]) -> None:
    op.create_index(
        "ix_deliveries_sending",
        "deliveries",
        columns,
        unique=False,
        sqlite_where=sa.text(IS_SENDING),
        postgresql_where=sa.text(IS_SENDING),
    )

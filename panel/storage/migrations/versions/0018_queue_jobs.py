"""Work on many deliveries of the queue that a worker does in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("changed", "left_sending", "left_undecided", "left_unfit", "left_ended")


def upgrade() -> None:
    """Applies this change."""
    op.create_table(
        "queue_jobs",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("partner_id", ROW_ID, nullable=True),
        sa.Column("newest_id", ROW_ID, nullable=False),
        sa.Column("newest_at", sa.BigInteger(), nullable=False),
        sa.Column("after_id", ROW_ID, nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(300), nullable=False),
        sa.Column("worker_id", sa.String(32), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=True),
        sa.Column("worked_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(254), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_jobs")),
    )
    is_open = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_queue_jobs_open",
        "queue_jobs",
        ["worked_at"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_queue_jobs_partner", "queue_jobs", ["partner_id", "id"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("queue_jobs")

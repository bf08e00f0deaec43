"""How long mail is kept, and what the removal of mail looks for.

Two indexes: the ends of deliveries in their order, and the mails that still need a content, which
is asked for with every content that is removed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_deliveries_ended": ("deliveries", ["stream", "ended_at"], "ended_at IS NOT NULL"),
    "ix_messages_content": ("messages", ["content_digest"], "content_digest IS NOT NULL"),
}


def upgrade() -> None:
    """Applies this change. No row of it stands for nothing to be removed, as before."""
    op.create_table(
        "stream_retentions",
        sa.Column("stream", sa.String(32), nullable=False),
        sa.Column("bodies_days", sa.Integer(), nullable=True),
        sa.Column("mails_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_stream_retentions")),
    )
    op.add_column("messages", sa.Column("body_removed_at", sa.BigInteger(), nullable=True))
    for column in ("extra_us", "extra_lived_us"):
        op.add_column(
            "running_clock", sa.Column(column, sa.BigInteger(), server_default="0", nullable=False)
        )
    op.execute("UPDATE running_clock SET extra_us = gap_us, extra_lived_us = gap_lived_us")
    for name, (table, columns, condition) in INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Takes it back."""
    for name, (table, _columns, _condition) in INDEXES.items():
        op.drop_index(name, table_name=table)
    for column in ("extra_us", "extra_lived_us"):
        op.drop_column("running_clock", column)
    op.drop_column("messages", "body_removed_at")
    op.drop_table("stream_retentions")

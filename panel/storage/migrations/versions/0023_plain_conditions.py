"""Indexes over some states compare one state after the other.

SQLite builds a table for `IN` with more than two values each time a row of the index changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

DUE = "state IN ('deferred', 'held', 'queued')"
WAITING = "state IN ('deferred', 'held', 'queued', 'sending', 'unconfirmed')"
FAILED = "state IN ('expired', 'failed')"
PLAIN = {
    DUE: "(state = 'deferred' OR state = 'held' OR state = 'queued')",
    WAITING: "(state <> 'cancelled' AND state <> 'expired' AND state <> 'failed'"
    " AND state <> 'sent')",
    FAILED: "(state = 'expired' OR state = 'failed')",
}
INDEXES = (
    (
        "due",
        ["flow", "next_attempt_at", "id", "expires_at"],
        DUE,
        " AND next_attempt_at IS NOT NULL",
    ),
    ("expiring", ["expires_at"], DUE, ""),
    ("waiting", ["id"], WAITING, ""),
    ("partner_waiting", ["partner_id", "id"], WAITING, ""),
    ("state", ["state", "id"], WAITING, ""),
    ("failed", ["ended_at"], FAILED, ""),
    ("bound", ["sticky_provider_id"], DUE, " AND copies > 0 AND sticky_provider_id IS NOT NULL"),
)


def upgrade() -> None:
    """Applies this change."""
    for name, columns, states, more in INDEXES:
        _replace(name, columns, PLAIN[states] + more)


def downgrade() -> None:
    """Takes it back."""
    for name, columns, states, more in INDEXES:
        _replace(name, columns, states + more)


def _replace(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    index = f"ix_deliveries_{name}"
    op.drop_index(index, table_name="deliveries")
    op.create_index(index, "deliveries", columns, sqlite_where=where, postgresql_where=where)

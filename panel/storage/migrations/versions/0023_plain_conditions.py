"""Indexes over some states compare one state after the other.

SQLite builds a table for `IN` with more than two values each time a row of the index changes.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

DUE = "state IN ('deferred', 'held', 'queued')"
WAITING = "state IN ('deferred', 'held', 'queued', 'sending', 'unconfirmed')"
INDEXES = {
    "ix_deliveries_due": (
        ["flow", "next_attempt_at", "id", "expires_at"],
        f"{DUE} AND next_attempt_at IS NOT NULL",
    ),
    "ix_deliveries_expiring": (["expires_at"], DUE),
    "ix_deliveries_waiting": (["id"], WAITING),
    "ix_deliveries_partner_waiting": (["partner_id", "id"], WAITING),
    "ix_deliveries_state": (["state", "id"], WAITING),
    "ix_deliveries_failed": (["ended_at"], "state IN ('expired', 'failed')"),
    "ix_deliveries_bound": (
        ["sticky_provider_id"],
        f"{DUE} AND copies > 0 AND sticky_provider_id IS NOT NULL",
    ),
}


def upgrade() -> None:
    """Applies this change."""
    for name, (columns, condition) in INDEXES.items():
        _replace(name, columns, re.sub(r"state IN \(([^)]*)\)", _one_by_one, condition))


def downgrade() -> None:
    """Takes it back."""
    for name, (columns, condition) in INDEXES.items():
        _replace(name, columns, condition)


def _replace(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.drop_index(name, table_name="deliveries")
    op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)


def _one_by_one(found: re.Match[str]) -> str:
    equal = [f"state = {value}" for value in found[1].split(", ")]
    return f"({' OR '.join(equal)})"

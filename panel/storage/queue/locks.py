"""The order in which deliveries are locked: by id, everywhere, so that nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Iterable

from panel.storage.database import Session
from panel.storage.queue.statement import Statement, is_sqlite

# Sorted first, locked then, in one statement. Only on PostgreSQL: SQLite has one writer anyway.
_LOCK = Statement(
    """
    SELECT count(*) FROM (
        SELECT id FROM deliveries WHERE id = ANY (CAST(:ids AS bigint[]))
        ORDER BY id FOR NO KEY UPDATE
    ) AS locked
    """
)


def lock_deliveries(session: Session, ids: Iterable[int]) -> None:
    """Locks the rows until the transaction ends; whoever has them already is waited for."""
    if is_sqlite(session):
        return
    locked = sorted(set(ids))
    if locked:
        _LOCK.rows(session, ids=locked)

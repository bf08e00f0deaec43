"""The order in which deliveries are locked: by id, everywhere, so that nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Iterable

from panel.storage.queue.statement import RowsStatement
from panel.storage.queue.turn import PostgresTurn, Turn

# Sorted first, locked then, and counted so that nothing has to be read.
_LOCK = RowsStatement(
    """
    SELECT count(*) FROM (
        SELECT id FROM deliveries WHERE id IN (SELECT mark.id FROM MARK)
        ORDER BY id FOR NO KEY UPDATE
    ) AS locked
    """,
    columns={"id": "bigint"},
)


def lock_deliveries(turn: Turn, ids: Iterable[int]) -> None:
    """Locks the rows until the transaction ends; whoever has them already is waited for.

    Only on PostgreSQL: on SQLite a writer is alone.
    """
    if isinstance(turn, PostgresTurn):
        turn.run(_LOCK, [(identifier,) for identifier in {*ids}])

"""A worker's turn at the database: several writes that go together, without a wait in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from panel.storage.queue.sqlite_turn import SqliteTurn
from panel.storage.queue.statement import RowsStatement

Cursor = Any
"""A cursor of psycopg: `fetchall`."""


class PostgresTurn:
    """Statements are sent together: several waits for an answer are one, and so are the changes
    of hands between the two processes, and between the threads of this one.
    """

    def __init__(self, driver: Any) -> None:
        """Whose pipeline is open."""
        self._driver = driver

    def run(self, statement: RowsStatement, rows: Iterable[Sequence[Any]]) -> Cursor:
        """Sends it; the answer can be read when the turn is over."""
        return self._driver.execute(*statement.on_postgresql([*rows]))


Turn = PostgresTurn | SqliteTurn
"""Takes what is to be written; what came of it is known when the turn is over."""

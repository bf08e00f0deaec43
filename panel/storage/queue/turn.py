"""A worker's turn at the database: several writes that go together, without a wait in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from panel.storage.queue.statement import RowsStatement

Cursor = Any
"""A cursor of psycopg: `fetchall`."""


class Turn(Protocol):
    """Takes what is to be written; what came of it is known when the turn is over."""

    is_sqlite: bool

    def run(self, statement: RowsStatement, rows: Iterable[Sequence[Any]]) -> Cursor:
        """Its answer: a cursor on PostgreSQL; on SQLite none, see `lost`."""

    def lost(self) -> list[tuple[int, str]]:
        """Only on SQLite: what statements added to the table `lost`."""


class PostgresTurn:
    """Statements are sent together: several waits for an answer are one, and so are the changes
    of hands between the two processes, and between the threads of this one.
    """

    is_sqlite = False

    def __init__(self, driver: Any) -> None:
        """Whose pipeline is open."""
        self._driver = driver

    def run(self, statement: RowsStatement, rows: Iterable[Sequence[Any]]) -> Cursor:
        """Sends it."""
        return self._driver.execute(*statement.on_postgresql([*rows]))

    def lost(self) -> list[tuple[int, str]]:
        """Cursors tell it here."""
        raise NotImplementedError

"""A worker's turn at the database: its writes one after the other, on PostgreSQL all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import Connection

from panel.storage.database import Session
from panel.storage.queue.driver import driver_on
from panel.storage.queue.statement import RowsStatement

Cursor = Any
"""A cursor of either driver: `rowcount`, `fetchall`."""


class Turn:
    """Runs statements by the driver itself; what they answered is known after the turn.

    On PostgreSQL they are sent together: several waits for an answer are one, and so are the
    changes of hands between the two processes, and between the threads of this one.
    """

    def __init__(self, driver: Any, *, is_sqlite: bool) -> None:
        self._driver = driver
        self.is_sqlite = is_sqlite

    def run(self, statement: RowsStatement, rows: Sequence[Sequence[Any]]) -> Cursor:
        """On SQLite its answer is known at once."""
        given = statement.on_sqlite(rows) if self.is_sqlite else statement.on_postgresql(rows)
        return self._driver.execute(*given)


@contextmanager
def turn(session: Session) -> Iterator[Turn]:
    """A turn in the session's transaction; raises the errors that SQLAlchemy would raise."""
    with turn_on(session.connection()) as own:
        yield own


@contextmanager
def turn_on(connection: Connection) -> Iterator[Turn]:
    """The same over a connection of SQLAlchemy."""
    is_sqlite = connection.dialect.name == "sqlite"
    with driver_on(connection) as driver, ExitStack() as stack:
        if not is_sqlite:
            stack.enter_context(driver.pipeline())
        yield Turn(driver, is_sqlite=is_sqlite)

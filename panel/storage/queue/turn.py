"""A worker's turn at the database: its writes one after the other, on PostgreSQL all at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from panel.storage.database import Session
from panel.storage.queue.statement import RowsStatement, is_sqlite

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
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    try:
        with ExitStack() as stack:
            if not is_sqlite(session):
                stack.enter_context(driver.pipeline())
            yield Turn(driver, is_sqlite=is_sqlite(session))
    except (sqlite3.Error, psycopg.Error) as error:
        raise _translated(error, connection) from error


def _translated(error: Any, connection: Connection) -> Exception:
    """As SQLAlchemy does it; a connection that is lost goes back to no pool."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if is_lost:
        connection.invalidate(error)
    translated: Exception = DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    return translated

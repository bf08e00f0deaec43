"""A worker's own connection for its marks: one transaction a batch, and nothing else in the way.

Nearly every commit of a busy worker holds marks only. A session and a connection of the pool for
each would take Python longer than the database takes to write them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from panel.storage.database import Engine, own_connection, patience_of, when_free
from panel.storage.queue.batch import Batch, write_marks
from panel.storage.queue.driver import driver_on
from panel.storage.queue.progress import Held
from panel.storage.queue.sqlite_turn import Effects, SqliteTurn
from panel.storage.queue.turn import PostgresTurn, Turn

T = TypeVar("T")


class Writer:
    """To be used by one thread."""

    def __init__(self, engine: Engine) -> None:
        """Connects with the first batch."""
        self._engine = engine
        self._connection: Connection | None = None
        self._effects: Effects | None = None
        """Only on SQLite."""

    def write(self, batch: Batch) -> Held:
        """Writes and commits all marks; which of those that got further the worker still holds.

        Repeating the same batch changes nothing more, so it may be written again after a commit
        whose answer was lost. Raises the errors that SQLAlchemy would raise; what was to be
        written is then not there, or nobody knows.
        """
        if batch.is_empty:
            return frozenset()
        return self.turn(lambda own: write_marks(own, batch))

    def turn(self, act: Callable[[Turn], Callable[[], T]]) -> T:
        """Writes and commits what `act` does in its turn; what it returned tells what came of it.

        Raises like `write`.
        """
        connection = self._connection or self._connect()
        try:
            with driver_on(connection):
                if self._effects is not None:
                    return _on_sqlite(self._effects, act, patience_of(connection))
                return _on_postgresql(connection, act)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives the connection up, as its state may be unknown; the next batch gets another one."""
        connection, self._connection = self._connection, None
        self._effects = None
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()

    def _connect(self) -> Connection:
        connection = self._connection = own_connection(self._engine)
        if connection.dialect.name == "sqlite":
            with driver_on(connection) as driver:
                self._effects = Effects(driver)
        return connection


def _on_sqlite(effects: Effects, act: Callable[[Turn], Callable[[], T]], patience_s: float) -> T:
    own = SqliteTurn(effects)
    answer = act(own)
    when_free(own.write, patience_s)
    return answer()


def _on_postgresql(connection: Connection, act: Callable[[Turn], Callable[[], T]]) -> T:
    with driver_on(connection) as driver:
        with driver.pipeline():
            transaction = connection.begin()
            answer = act(PostgresTurn(driver))
            # It goes out with the statements: one wait for all of them.
            transaction.commit()
        return answer()

"""A worker's own connection for its marks: one transaction a batch, and nothing else in the way.

Nearly every commit of a busy worker holds marks only. A session and a connection of the pool for
each would take Python longer than the database takes to write them.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from panel.storage.database import Engine, own_connection
from panel.storage.queue.batch import Batch, write_marks
from panel.storage.queue.progress import Held
from panel.storage.queue.turn import turn_on


class Writer:
    """To be used by one thread."""

    def __init__(self, engine: Engine) -> None:
        """Connects with the first batch."""
        self._engine = engine
        self._connection: Connection | None = None

    def write(self, batch: Batch) -> Held:
        """Writes and commits all marks; which of those that got further the worker still holds.

        Raises the errors that SQLAlchemy would raise; what was to be written is then not there, or
        nobody knows: it may be written again.
        """
        connection = self._connection or self._connect()
        try:
            with turn_on(connection) as own:
                transaction = connection.begin()
                held = write_marks(own, batch)
                # On PostgreSQL it goes out with the statements: one wait for all of them.
                transaction.commit()
            return held()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives the connection up, as its state may be unknown; the next batch gets another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()

    def _connect(self) -> Connection:
        self._connection = own_connection(self._engine)
        return self._connection

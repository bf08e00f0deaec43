"""A connection that stays with its writer from one transaction to the next.

Taking one from the pool and giving it back takes longer than a small transaction's statements, and
on PostgreSQL the pool asks each time whether the connection still lives.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from panel.storage.database import Connection, Engine, patient

IDLE_S = 1.0
"""After which the pool is asked again: the database may have been restarted meanwhile."""


class KeptConnection:
    """To be used by one thread at a time; it ends with its engine."""

    def __init__(self, engine: Engine, patience_s: float) -> None:
        """Connects with the first use; waits no longer for others' transactions to end."""
        self._engine = patient(engine, patience_s)
        self._connection: Connection | None = None
        self._used_s = 0.0
        event.listen(engine, "engine_disposed", self._end)

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """The connection, with no transaction open; one on which something failed is not kept."""
        connection = self._connect()
        try:
            yield connection
        except BaseException:
            self._give_back()
            raise
        self._used_s = time.monotonic()

    def _connect(self) -> Connection:
        if time.monotonic() > self._used_s + IDLE_S:
            self._give_back()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _end(self, _engine: Engine) -> None:
        """The pool that it came from is gone, and takes nothing back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()

"""How a waiting worker learns at once that something may be due."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

import psycopg
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from panel.storage.database import Session

_CHANNEL = "postroom_queue"
_LOOK_S = 0.01
"""Seconds between two looks at SQLite's change counter; a look takes some microseconds."""


def notify(session: Session) -> None:
    """Wakes the workers once the caller's transaction has committed.

    On SQLite the commit itself is the signal.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(f"NOTIFY {_CHANNEL}")


class Bell(threading.Thread):
    """Calls `ring` whenever another connection has changed the database; ends by `stop`."""

    def __init__(self, engine: Engine, ring: Callable[[], object]) -> None:
        super().__init__(name="bell", daemon=True)
        self._engine = engine
        self._ring = ring
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ends the thread and waits for it."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """Listens until it is stopped; a lost connection is made again."""
        listen = self._look if self._engine.dialect.name == "sqlite" else self._listen
        while not self._stopping.is_set():
            try:
                listen(self._engine.url)
            except (sqlite3.Error, psycopg.Error):
                self._ring()
                self._stopping.wait(1)

    def _look(self, url: URL) -> None:
        connection = sqlite3.connect(url.database or "", isolation_level=None)
        try:
            seen = None
            while not self._stopping.wait(_LOOK_S):
                version = connection.execute("PRAGMA data_version").fetchone()
                if version != seen:
                    seen = version
                    self._ring()
        finally:
            connection.close()

    def _listen(self, url: URL) -> None:
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"LISTEN {_CHANNEL}")
            self._ring()
            while not self._stopping.is_set():
                for _ in connection.notifies(timeout=0.5, stop_after=1):
                    self._ring()

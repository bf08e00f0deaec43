"""How a waiting worker learns at once that something may be due."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing

import psycopg
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from panel.storage.database import CONNECT_S, SILENCE_S, Session
from panel.storage.queue.log_watch import LogWatch

_CHANNEL = "postroom_queue"
WAKING = f"pg_notify('{_CHANNEL}', '')"
"""What `notify` does, as a value in another statement for PostgreSQL: that saves a way there."""
_SOON_S, _LOOK_S = 0.001, 0.01
"""Seconds between two looks at SQLite's change counter: at first after a write, and at most."""
_LOOKS = 10
"""Looks without a change after a write: its commit counts some time after it was told."""
_UNTOLD_S = 0.1
"""Seconds after which it looks all the same, should the system have told nothing."""
_STOP_S = 2.0
"""Seconds that the thread gets to end."""
_UNTIL_PROBED_S = 10
"""After which a silent connection is probed, so that a PostgreSQL that is gone is noticed."""


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
        """Ends the thread; one that waits for the database is not waited for any longer."""
        self._stopping.set()
        self.join(_STOP_S)

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
        database = url.database or ""
        with (
            closing(sqlite3.connect(database, isolation_level=None)) as connection,
            closing(LogWatch(database)) as watch,
        ):
            seen, left, pause_s = None, 0, _LOOK_S
            look = connection.cursor().execute
            while not self._stopping.is_set():
                version = look("PRAGMA data_version").fetchone()
                if version != seen:
                    seen, left, pause_s = version, _LOOKS, _LOOK_S
                    self._ring()
                if left:
                    left -= 1
                    time.sleep(pause_s)
                    pause_s = min(2 * pause_s, _LOOK_S)
                elif watch.wait(_UNTOLD_S):
                    left, pause_s = _LOOKS, _SOON_S

    def _listen(self, url: URL) -> None:
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(
            dsn,
            autocommit=True,
            connect_timeout=CONNECT_S,
            tcp_user_timeout=SILENCE_S * 1000,
            keepalives_idle=_UNTIL_PROBED_S,
        ) as connection:
            connection.execute(f"LISTEN {_CHANNEL}")
            self._ring()
            while not self._stopping.is_set():
                for _ in connection.notifies(timeout=0.5, stop_after=1):
                    self._ring()

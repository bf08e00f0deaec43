"""A program that stands still, as one that the machine has put to sleep."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine

from tests.kit.patience import until


@contextmanager
def standing_still(engine: Engine, pid: int) -> Iterator[None]:
    """Stops a program at a moment when nobody is writing: on SQLite all would wait for it."""
    os.kill(pid, signal.SIGSTOP)
    try:
        while not can_write(engine):
            os.kill(pid, signal.SIGCONT)
            until(lambda: can_write(engine))
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def can_write(engine: Engine) -> bool:
    """Whether nobody holds SQLite's lock; PostgreSQL has none."""
    if engine.dialect.name != "sqlite":
        return True
    path = engine.url.database or ""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0.1)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
    return True

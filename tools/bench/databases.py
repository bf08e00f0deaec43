"""Fresh databases for a row: an SQLite file, or a database on a durable PostgreSQL."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from panel.storage.database import make_engine
from tests.kit.postgres import connect
from tools.bench.processes import finished

START_S = 120.0
SQLITE = "SQLite FULL"
POSTGRES = "PostgreSQL"
KINDS = (SQLITE, POSTGRES)


class Databases:
    """Makes databases below one folder; the PostgreSQL starts when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        """`folder` must be open to other accounts: PostgreSQL refuses to run as root."""
        self._folder = folder
        self._server: Path | None = None
        self._users: int | None = None
        self.postgres_version = ""
        """Empty until it was needed."""

    @contextmanager
    def fresh(self, kind: str) -> Iterator[str]:
        """The SQLAlchemy URL of an empty database, removed afterwards."""
        name = f"bench_{uuid.uuid4().hex[:10]}"
        if kind == SQLITE:
            place = self._folder / name
            place.mkdir()
            try:
                yield f"sqlite:///{place}/postroom.db"
            finally:
                for file in place.iterdir():
                    file.unlink()
                place.rmdir()
            return
        server = self._start()
        self._command(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield f"postgresql+psycopg://postgres@/{name}?host={server}"
        finally:
            self._command(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Lets go of the PostgreSQL, which then stops and removes itself."""
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _start(self) -> Path:
        if self._server is None:
            server = self._folder / "pg"
            server.mkdir(mode=0o755)
            keeper = [sys.executable, "-m", "tools.bench.durable_postgres", str(server)]
            finished(keeper, timeout_s=START_S)
            self._users = os.open(server / "users", os.O_WRONLY | os.O_NONBLOCK)
            os.set_inheritable(self._users, False)
            self._server = server
            with connect(server) as connection:
                self.postgres_version = connection.info.parameter_status("server_version") or ""
        return self._server

    def _command(self, words: str) -> None:
        with connect(self._start()) as connection:
            connection.execute(words)  # the name is our own


def settle(url: str) -> None:
    """Puts a database that was just filled into the state of one that has been there for long."""
    engine = make_engine(url)
    raw = engine.raw_connection()
    try:
        connection = cast(Any, raw.driver_connection)
        if engine.dialect.name == "sqlite":
            words = ["ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"]
        else:
            words = ["VACUUM ANALYZE", "CHECKPOINT"]
            connection.autocommit = True
        for word in words:
            connection.execute(word)
    finally:
        raw.close()
        engine.dispose()
    os.sync()

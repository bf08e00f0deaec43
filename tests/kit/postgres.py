"""A real PostgreSQL: one server for a test run and all its workers, and fresh databases on it."""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests.kit.postgres_keeper import locked

ROOT = Path(__file__).resolve().parents[2]
MIGRATED = "migrated"
MEMORY = Path("/dev/shm")
ENOUGH = 2 * 1024**3
"""Bytes; a run of all tests takes a third of it."""


def create_database(*, migrated: bool = False) -> str:
    """The SQLAlchemy URL of a fresh database: empty, or with all migrations applied."""
    if migrated:
        _ensure_migrated()
    name = f"test_{uuid.uuid4().hex[:12]}"
    _create(name, template=MIGRATED if migrated else "template0")
    return _url(name)


def drop_database(url: str) -> None:
    """Remove a database of `create_database`, whoever is still connected to it."""
    name = make_url(url).database or ""
    _command("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of an empty database for one test."""
    url = create_database()
    yield url
    drop_database(url)


@cache
def server_folder() -> Path:
    """Start the run's server or join it; it stops by itself when its last user has gone.

    The folder holds the server's socket. All workers of one pytest-xdist run get the same one.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"process-{os.getpid()}")
    folder = _home() / f"postroom-pg-{run[:20]}"
    with locked():
        if not folder.exists():
            folder.mkdir(mode=0o755)
            keeper = [sys.executable, "-m", "tests.kit.postgres_keeper", str(folder)]
            subprocess.run(keeper, check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
        # Never closed: the keeper sees the end of this process by it.
        os.open(folder / "users", os.O_WRONLY | os.O_NONBLOCK)
    return folder


def connect(folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    """An administrator's connection to the server whose socket lies in `folder`."""
    return psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True)


def _home() -> Path:
    """Where the servers of test runs live: in memory where there is room, else among the files.

    A fresh database is some three hundred new files; in memory they cost a fifth.
    """
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    if has_room and shutil.disk_usage(MEMORY).free >= ENOUGH:
        return MEMORY
    return Path(tempfile.gettempdir()).resolve()


@cache
def _ensure_migrated() -> None:
    """Make the database that migrated ones are copied from, once for all workers."""
    from panel.storage.database import make_engine
    from panel.storage.schema import migrate

    server_folder()
    with locked():
        if _exists(MIGRATED):
            return
        draft = f"draft_{uuid.uuid4().hex[:12]}"
        _create(draft, template="template0")
        engine = make_engine(_url(draft))
        migrate(engine)
        engine.dispose()
        _command("ALTER DATABASE {} RENAME TO {}", draft, MIGRATED)


def _create(name: str, *, template: str) -> None:
    _command("CREATE DATABASE {} TEMPLATE {}", name, template)


def _command(text: str, *names: str) -> None:
    command = sql.SQL(text).format(*(sql.Identifier(name) for name in names))
    with connect(server_folder()) as connection:
        connection.execute(command)


def _exists(name: str) -> bool:
    with connect(server_folder()) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def _url(name: str) -> str:
    return f"postgresql+psycopg://postgres@/{name}?host={server_folder()}"

"""A PostgreSQL server of one's own, for trials that the shared one must not see."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg

from panel.storage.database import make_engine
from panel.storage.schema import migrate
from tests.kit import postgres_keeper
from tests.kit.patience import until
from tests.kit.postgres import ROOT, connect

_DATABASE = "postroom"


@dataclass(frozen=True)
class OwnPostgres:
    """A server with one migrated database."""

    folder: Path

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL."""
        return f"postgresql+psycopg://postgres@/{_DATABASE}?host={self.folder}"

    @classmethod
    def furnished(cls, folder: Path) -> Self:
        """That whose socket lies in `folder`; its database is made now."""
        server = cls(folder)
        with server.administrator() as connection:
            connection.execute(f"CREATE DATABASE {_DATABASE} TEMPLATE template0")
        engine = make_engine(server.url)
        migrate(engine)
        engine.dispose()
        return server

    def restart(self, mode: str) -> None:
        """`fast` ends all sessions in order, `immediate` is a crash; returns when it is back."""
        state, log = str(self.folder / "state"), str(self.folder / "log")
        options = ["-D", state, "-l", log, "-w", "-t", "90", "-m", mode]
        postgres_keeper.run("pg_ctl", *options, "restart")

    def administrator(self) -> psycopg.Connection[tuple[object, ...]]:
        """A session that may end others."""
        return connect(self.folder)


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Starts one and removes it again, also when this process is killed."""
    folder = Path(tempfile.mkdtemp(prefix="postroom-own-")).resolve()
    try:
        keeper = [sys.executable, "-m", "tests.kit.postgres_keeper", str(folder)]
        subprocess.run(keeper, check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
    except BaseException:
        shutil.rmtree(folder)
        raise
    users = os.open(folder / "users", os.O_WRONLY | os.O_NONBLOCK)
    try:
        yield OwnPostgres.furnished(folder)
    finally:
        os.close(users)  # the keeper sees it
        until(lambda: not folder.exists(), timeout_s=30)

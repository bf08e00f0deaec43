"""Tests of tools.bench.databases."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from panel.storage.database import make_engine
from tests.kit.patience import until
from tools.bench.databases import POSTGRES, SQLITE, Databases, settle


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other accounts can enter, as PostgreSQL needs it."""
    made = Path(tempfile.mkdtemp(prefix="postroom-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def asked(url: str, question: str) -> str:
    """The one value that a database answers with."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return str(connection.execute(text(question)).scalar_one())
    finally:
        engine.dispose()


def test_sqlite_is_durable_and_leaves_no_file(folder: Path):
    databases = Databases(folder)

    with databases.fresh(SQLITE) as url:
        settle(url)
        durability = asked(url, "PRAGMA synchronous")

    assert durability == "2", "2 is FULL"
    assert list(folder.iterdir()) == []


def test_postgres_is_durable_and_goes_when_the_run_ends(folder: Path):
    databases = Databases(folder)

    with databases.fresh(POSTGRES) as url:
        settle(url)
        durability = [
            asked(url, f"SHOW {name}")
            for name in ("fsync", "full_page_writes", "synchronous_commit")
        ]
    databases.close()

    assert durability == ["on", "on", "on"]
    assert databases.postgres_version
    until(lambda: not list(folder.iterdir()), timeout_s=30)

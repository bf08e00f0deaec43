"""Migrations bring an empty database to what the models need, whoever else tries the same."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from panel.storage.database import Base, make_engine
from panel.storage.schema import (
    differences,
    is_current,
    migrate,
    newest_version,
    present_version,
)
from tests.kit.postgres import create_database, drop_database

ROOT = Path(__file__).resolve().parents[2]
MIGRATE = """
import sys
from panel.storage.database import make_engine
from panel.storage.schema import migrate
import panel.storage.models
sys.stdin.readline()
migrate(make_engine(sys.argv[1]))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    url = create_database()
    yield url
    drop_database(url)


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[Engine]:
    """An engine on it."""
    engine = make_engine(empty_url)
    yield engine
    engine.dispose()


def test_an_empty_database_has_no_version(empty_engine):
    with empty_engine.connect() as connection:
        assert present_version(connection) is None
    assert not is_current(empty_engine)


def test_migrations_lead_from_nothing_to_the_newest_version(empty_engine):
    migrate(empty_engine)

    assert is_current(empty_engine)
    with empty_engine.connect() as connection:
        assert present_version(connection) == newest_version()


def test_a_migrated_database_is_exactly_what_the_models_describe(empty_engine):
    migrate(empty_engine)

    assert differences(empty_engine) == []
    assert set(inspect(empty_engine).get_table_names()) == {
        *Base.metadata.tables,
        "alembic_version",
    }


def test_migrating_twice_changes_nothing(empty_engine):
    migrate(empty_engine)
    migrate(empty_engine)

    assert differences(empty_engine) == []


def test_a_missing_table_is_noticed(empty_engine):
    migrate(empty_engine)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE throttles")

    assert differences(empty_engine) != []


def test_several_processes_may_migrate_at_once(empty_url, empty_engine):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, empty_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"now\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert is_current(empty_engine)
    assert differences(empty_engine) == []

"""The kit's PostgreSQL: fresh for each test, shared by processes, gone after the last user."""

import select
import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.kit.postgres import ROOT, connect, create_database, drop_database, server_folder
from tests.kit.postgres_keeper import locked

USE_A_SERVER_OF_ITS_OWN = """
import os, sys
os.environ["PYTEST_XDIST_TESTRUNUID"] = sys.argv[1]
from tests.kit.postgres import create_database, server_folder
create_database()
print(server_folder(), flush=True)
sys.stdin.read()
"""


def answer(url: str, query: str) -> object:
    """The first value, if any, that a command gives on the database at this URL."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        result = connection.execute(text(query))
        return result.scalar() if result.returns_rows else None


def a_user(run: str) -> subprocess.Popen[str]:
    """Another process that uses the server of the given run until its input closes."""
    command = [sys.executable, "-c", USE_A_SERVER_OF_ITS_OWN, run]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_database_is_a_postgresql_of_this_decade(postgres_url: str):
    assert int(str(answer(postgres_url, "SHOW server_version_num"))) >= 150000


def test_databases_are_fresh_and_apart(postgres_url: str):
    other = create_database()
    answer(postgres_url, "CREATE TABLE mine AS SELECT 1")

    assert answer(postgres_url, "SELECT to_regclass('mine')::text") == "mine"
    assert answer(other, "SELECT to_regclass('mine')::text") is None
    drop_database(other)


def test_dropped_database_is_gone(postgres_url: str):
    other = create_database()
    drop_database(other)

    names = f"SELECT count(*) FROM pg_database WHERE datname = '{make_url(other).database}'"
    assert answer(postgres_url, names) == 0


def test_migrated_database_has_the_tables():
    url = create_database(migrated=True)

    assert answer(url, "SELECT to_regclass('alembic_version')::text") == "alembic_version"
    drop_database(url)


def test_server_serves_all_processes_of_a_run_until_the_last_one_dies():
    run = f"{server_folder().name[-8:]}-shared"
    with a_user(run) as first, a_user(run) as second:
        folder = folder_of(first)
        assert folder_of(second) == folder
        first.kill()
        first.wait()
        with connect(folder) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            second.kill()
            server_has_gone = select.select([connection.fileno()], [], [], 30)[0]

    assert server_has_gone
    with locked():
        assert not folder.exists()


def folder_of(process: subprocess.Popen[str]) -> Path:
    """The folder that a process of `a_user` names when its server is there."""
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())

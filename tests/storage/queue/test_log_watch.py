"""A write to an SQLite database is told by the system, and nothing else is taken for one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from panel.storage.queue.log_watch import LogWatch

LONG_S = 10.0
SHORT_S = 0.02


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mail.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE rows (id integer)")
        yield connection


@pytest.fixture
def watch(path: Path, connection: sqlite3.Connection) -> Iterator[LogWatch]:
    """Begun when the database was there already."""
    with closing(LogWatch(str(path))) as watch:
        yield watch


def write(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO rows VALUES (1)")


def test_a_write_is_told_once(watch, connection):
    write(connection)

    assert watch.wait(LONG_S)
    assert not watch.wait(SHORT_S)


def test_other_files_of_the_folder_do_not_count(watch, path):
    path.with_name("postroom.log").write_text("a line", "utf-8")

    assert not watch.wait(SHORT_S)


def test_reading_is_no_write(watch, connection):
    connection.execute("SELECT * FROM rows").fetchall()

    assert not watch.wait(SHORT_S)


def test_a_log_that_comes_into_being_is_told(path, request):
    with closing(LogWatch(str(path))) as watch:
        request.getfixturevalue("connection")

        assert watch.wait(LONG_S)


def test_the_database_may_be_a_link(path, connection, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(path)
    with closing(LogWatch(str(link))) as watch:
        write(connection)

        assert watch.wait(LONG_S)

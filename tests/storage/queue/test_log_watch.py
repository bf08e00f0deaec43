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
def database(tmp_path: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    path = tmp_path / "mail.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE rows (id integer)")
        yield path, connection


def write(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO rows VALUES (1)")


def test_a_write_is_told(database):
    path, connection = database
    with closing(LogWatch(str(path))) as watch:
        write(connection)

        assert watch.wait(LONG_S)


def test_what_was_told_is_not_told_again(database):
    path, connection = database
    with closing(LogWatch(str(path))) as watch:
        write(connection)
        assert watch.wait(LONG_S)

        assert not watch.wait(SHORT_S)


def test_other_files_of_the_folder_do_not_count(database):
    path, _ = database
    with closing(LogWatch(str(path))) as watch:
        path.with_name("postroom.log").write_text("a line", "utf-8")

        assert not watch.wait(SHORT_S)


def test_a_log_that_comes_into_being_is_told(tmp_path):
    path = tmp_path / "mail.db"
    with (
        closing(LogWatch(str(path))) as watch,
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE rows (id integer)")

        assert watch.wait(LONG_S)


def test_the_database_may_be_a_link(database, tmp_path):
    path, connection = database
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(path)
    with closing(LogWatch(str(link))) as watch:
        write(connection)

        assert watch.wait(LONG_S)


def test_reading_is_no_write(database):
    path, connection = database
    with closing(LogWatch(str(path))) as watch:
        connection.execute("SELECT * FROM rows").fetchall()

        assert not watch.wait(SHORT_S)

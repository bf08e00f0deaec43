"""Engines: SQLite is durable and lets writers wait their turn; passing faults are told apart."""

import socket
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from panel.storage.database import (
    Session,
    is_passing,
    make_engine,
    names_database,
    patient,
    session_for,
    tune,
)
from panel.storage.models import Throttle
from tests.factories.moments import NOON


@pytest.fixture
def sqlite_engine(tmp_path):
    """An engine on an empty SQLite file."""
    engine = make_engine(f"sqlite:///{tmp_path / 'postroom.db'}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)],
)
def test_sqlite_keeps_what_was_committed_through_a_power_cut(sqlite_engine, pragma, value):
    with sqlite_engine.connect() as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar_one() == value


def test_an_engine_is_tuned_once(sqlite_engine):
    tune(sqlite_engine)

    with sqlite_engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_two_who_read_and_then_write_do_so_one_after_the_other(engine):
    with session_for(engine) as session:
        session.add(Throttle(key="count", started_at=NOON, count=0))
        session.commit()
    barrier = threading.Barrier(4)
    errors: list[Exception] = []

    def count() -> None:
        try:
            barrier.wait()
            for _ in range(10):
                with session_for(engine) as session:
                    row = session.get_one(Throttle, "count", with_for_update=True)
                    row.count += 1
                    session.commit()
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    with session_for(engine) as session:
        assert session.get_one(Throttle, "count").count == 40


def test_a_reader_keeps_nobody_from_writing(engine):
    with Session(engine) as reader:
        reader.execute(text("SELECT count(*) FROM throttles"))
        with session_for(engine) as writer:
            writer.add(Throttle(key="new", started_at=NOON, count=1))
            writer.commit()

        seen = reader.execute(text("SELECT count(*) FROM throttles")).scalar_one()

    assert seen in {0, 1}


@pytest.mark.parametrize(
    ("url", "is_named"),
    [
        ("sqlite:////var/lib/postroom/postroom.db", True),
        ("postgresql+psycopg://post@db.house.test/postroom", True),
        ("sqlite://", False),
        ("postgresql+psycopg://db.house.test", False),
        ("postgresql://db.house.test/postroom", False),
        ("mysql://db.house.test/postroom", False),
        ("not a url", False),
        ("", False),
    ],
)
def test_a_url_names_one_of_the_two_databases_or_is_refused(url, is_named):
    assert names_database(url) == is_named


def test_a_lock_passes(tmp_path):
    path = f"sqlite:///{tmp_path / 'postroom.db'}?timeout=0"
    engine = make_engine(path)
    with session_for(engine) as holder:
        holder.execute(text("CREATE TABLE held (id INTEGER)"))
        other = make_engine(path)
        with other.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            with pytest.raises(OperationalError) as caught:
                connection.exec_driver_sql("CREATE TABLE other (id INTEGER)")
        other.dispose()
    engine.dispose()

    assert is_passing(caught.value)


def test_a_broken_rule_does_not_pass(session):
    session.add(Throttle(key="same", started_at=NOON, count=1))
    session.commit()
    session.expunge_all()
    session.add(Throttle(key="same", started_at=NOON, count=1))

    with pytest.raises(IntegrityError) as caught:
        session.flush()

    assert not is_passing(caught.value)


def test_an_unreachable_database_passes():
    engine = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")

    with pytest.raises(OperationalError) as caught:
        engine.connect()
    engine.dispose()

    assert is_passing(caught.value)


def test_a_statement_that_the_database_does_not_understand_does_not_pass(engine):
    with engine.connect() as connection, pytest.raises(Exception, match="nowhere") as caught:
        connection.execute(text("SELECT 1 FROM nowhere"))

    assert not is_passing(caught.value)


def test_a_database_that_takes_the_call_and_says_nothing_passes(monkeypatch):
    monkeypatch.setattr("panel.storage.database.CONNECT_S", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = make_engine(f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/x")
        with pytest.raises(OperationalError) as caught:
            engine.connect()
        engine.dispose()

    assert is_passing(caught.value)


def test_what_a_failed_statement_was_about_stays_out_of_its_message(engine):
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT :address FROM nowhere"), {"address": "kim@contoso.test"})

    assert "kim@contoso.test" not in str(caught.value)


def test_a_writer_on_sqlite_has_its_turn_as_soon_as_the_other_one_ends(sqlite_engine):
    wrote = threading.Event()

    def write() -> None:
        with session_for(sqlite_engine) as session:
            session.execute(text("CREATE TABLE second (x INTEGER)"))
            session.commit()
        wrote.set()

    with session_for(sqlite_engine) as first:
        first.execute(text("CREATE TABLE first (x INTEGER)"))
        thread = threading.Thread(target=write)
        thread.start()
        assert not wrote.wait(0.2)
        first.commit()

        assert wrote.wait(10)
    thread.join()


def test_patience_with_another_writer_ends(engine):
    with session_for(engine) as first:
        first.add(Throttle(key="count", started_at=NOON, count=0))
        first.flush()
        with Session(patient(engine, 0.1)) as second:
            second.add(Throttle(key="count", started_at=NOON, count=1))
            with pytest.raises(OperationalError) as refused:
                second.flush()

    assert is_passing(refused.value)


def test_other_waits_on_sqlite_stay_as_long_as_they_were(sqlite_engine):
    with session_for(sqlite_engine) as session:
        limit = text("PRAGMA busy_timeout")

        assert session.execute(limit).scalar_one() == 30_000

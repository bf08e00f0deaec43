"""One connection for many transactions, and another one whenever it may have been lost."""

from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from panel.storage import kept_connection
from panel.storage.kept_connection import KeptConnection


@pytest.fixture
def kept(engine) -> KeptConnection:
    """The connection of somebody who writes."""
    return KeptConnection(engine, 10)


def used(kept: KeptConnection) -> Any:
    """Runs a transaction; the driver's connection in which it ran."""
    with kept.use() as connection, connection.begin():
        connection.execute(text("SELECT 1"))
        return connection.connection.driver_connection


@pytest.fixture
def taken(engine) -> list[object]:
    """What has been taken out of the pool."""
    taken: list[object] = []
    event.listen(engine, "checkout", lambda connection, *_: taken.append(connection))
    return taken


def test_next_transaction_asks_no_pool(kept, taken):
    assert used(kept) is used(kept)
    assert len(taken) == 1


def test_pool_is_asked_again_after_a_pause(kept, taken, monkeypatch):
    monkeypatch.setattr(kept_connection, "IDLE_S", -1)

    used(kept)
    used(kept)
    assert len(taken) == 2


def test_one_on_which_something_failed_is_not_kept(engine, kept):
    first = used(kept)
    with pytest.raises(DBAPIError), kept.use() as connection, connection.begin():
        connection.execute(text("SELECT nothing"))

    with engine.connect() as other:
        assert other.connection.driver_connection is first
        assert used(kept) is not first


def test_it_ends_with_the_engine(engine, kept):
    first = used(kept)
    engine.dispose()

    assert used(kept) is not first


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_one_that_the_server_ended_in_a_pause_troubles_nobody(engine, kept, monkeypatch):
    first = used(kept)
    with engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first.info.backend_pid})
    monkeypatch.setattr(kept_connection, "IDLE_S", -1)

    assert used(kept) is not first

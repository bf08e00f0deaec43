"""What the drivers say on the hot path is heard as if SQLAlchemy had asked them."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from panel.storage.database import is_passing, session_for
from panel.storage.models import Throttle
from panel.storage.queue.statement import RowsStatement
from panel.storage.queue.turn import turn
from tests.factories.moments import NOON

ADD = RowsStatement(
    "INSERT INTO throttles (key, started_at, count) SELECT mark.key, 0, mark.times FROM MARK"
    " WHERE mark.key IS NOT NULL",
    columns={"key": "text", "times": "integer"},
)
WRONG = RowsStatement("SELECT nothing FROM MARK", columns={"key": "text"})


def counts(session) -> dict[str, int]:
    return {row.key: row.count for row in session.query(Throttle)}


def add_apart(session, *keys: str) -> None:
    """Adds each by a statement of its own."""
    with turn(session) as own:
        for key in keys:
            own.run(ADD, [(key, 1)])


@pytest.mark.parametrize("size", [1, 2, 3, 16, 17, 200])
def test_any_number_of_rows_goes_by_one_statement(session, size):
    with turn(session) as own:
        added = own.run(ADD, [(f"key {number}", number) for number in range(size)])

    assert added.rowcount == size
    assert counts(session) == {f"key {number}": number for number in range(size)}


def test_what_a_turn_wrote_is_undone_with_its_transaction(session):
    with turn(session) as own:
        own.run(ADD, [("one", 1)])
    session.rollback()

    assert counts(session) == {}


def test_words_arrive_as_they_are(session):
    words = ["100 % \\d :name %s", "'; --", "Ünlü \N{SNOWMAN}", "[1, 2]", "{}", "null", "1", ""]

    with turn(session) as own:
        own.run(ADD, [(word, 1) for word in words])

    assert set(counts(session)) == set(words)


def test_a_conflict_is_the_one_that_is_known_from_elsewhere(session):
    session.add(Throttle(key="one", started_at=NOON, count=1))
    session.commit()

    with pytest.raises(IntegrityError):
        add_apart(session, "two", "one", "three")

    session.rollback()
    assert counts(session) == {"one": 1}


def test_a_wrong_statement_is_not_taken_for_a_passing_fault(session):
    with pytest.raises(DBAPIError) as caught, turn(session) as own:
        own.run(WRONG, [("one",)])

    session.rollback()
    assert not is_passing(caught.value)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost_is_a_passing_fault_and_goes_back_to_no_pool(engine):
    end_all = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with session_for(engine) as session:
        session.connection()
        with session_for(engine) as killer:
            killer.execute(end_all)
        with pytest.raises(DBAPIError) as caught, turn(session) as own:
            own.run(ADD, [("one", 1)])
    assert is_passing(caught.value)
    assert caught.value.connection_invalidated

    with session_for(engine) as session, turn(session) as own:
        own.run(ADD, [("one", 1)])

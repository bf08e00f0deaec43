"""What the drivers say on the hot path is heard as if SQLAlchemy had asked them."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from panel.storage.database import is_passing, session_for
from panel.storage.models import Throttle
from panel.storage.queue.statement import RowsStatement
from panel.storage.queue.turn import Turn
from panel.storage.queue.writer import Writer
from tests.factories.moments import NOON

ADD = RowsStatement(
    "INSERT INTO throttles (key, started_at, count) SELECT mark.key, 0, mark.times FROM MARK"
    " WHERE mark.key IS NOT NULL",
    columns={"key": "text", "times": "integer"},
)
WRONG = RowsStatement("SELECT nothing FROM MARK", columns={"key": "text"})


def counts(session) -> dict[str, int]:
    found = {row.key: row.count for row in session.query(Throttle)}
    session.rollback()
    return found


@pytest.fixture
def writer(engine):
    made = Writer(engine)
    yield made
    made.close()


def add(writer: Writer, *groups: list[tuple[str, int]]) -> None:
    """In one turn, each group by a statement of its own."""

    def act(own: Turn) -> Callable[[], None]:
        for rows in groups:
            own.run(ADD, rows)
        return lambda: None

    writer.turn(act)


@pytest.mark.parametrize("size", [1, 2, 3, 16, 17, 200, 1024, 1025])
def test_any_number_of_rows_goes_at_once(writer, session, size):
    add(writer, [(f"key {number}", number) for number in range(size)])

    assert counts(session) == {f"key {number}": number for number in range(size)}


def test_words_arrive_as_they_are(writer, session):
    words = ["100 % \\d :name %s", "'; --", "Ünlü \N{SNOWMAN}", "[1, 2]", "{}", "null", "1", ""]

    add(writer, [(word, 1) for word in words])

    assert set(counts(session)) == set(words)


def test_a_conflict_is_the_one_that_is_known_from_elsewhere_and_leaves_nothing(writer, session):
    session.add(Throttle(key="one", started_at=NOON, count=1))
    session.commit()

    with pytest.raises(IntegrityError):
        add(writer, [("two", 1)], [("one", 1)], [("three", 1)])

    assert counts(session) == {"one": 1}


def test_a_wrong_statement_is_not_taken_for_a_passing_fault_and_harms_no_other(writer, session):
    with pytest.raises(DBAPIError) as caught:
        writer.turn(lambda own: own.run(WRONG, [("one",)]))
    assert not is_passing(caught.value)

    add(writer, [("one", 1)])
    assert counts(session) == {"one": 1}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost_is_a_passing_fault_and_the_next_turn_has_another(
    writer, session, engine
):
    end_all = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    add(writer, [("one", 1)])
    with session_for(engine) as killer:
        killer.execute(end_all)
    with pytest.raises(DBAPIError) as caught:
        add(writer, [("two", 1)])
    assert is_passing(caught.value)
    assert caught.value.connection_invalidated

    add(writer, [("three", 1)])
    assert set(counts(session)) == {"one", "three"}
